/** One owner a data directory: across PID namespaces, kernels, pauses, kills, copies. */
import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, describe, expect, it} from 'vitest';
import type {EndpointClient} from '../../src/etcd/connection.ts';
import {ownFolder} from '../support/own-folder.ts';
import {suspend} from '../support/suspend.ts';
import {pause} from '../support/until.ts';
import {endNamespaces, hasNamespaces, otherBoot, startInNamespaces} from './namespaces.ts';
import type {NamespaceOptions, Started} from './namespaces.ts';

const folder = ownFolder('lock');
afterEach(endNamespaces);

/** Longer than a holder's silence may be, with what a loaded machine adds. */
const LONG_PAUSE_MS = 7_000;
let count = 0;

function newPath(): string {
  count += 1;
  return join(folder, `data-${count}`);
}

async function started(options: NamespaceOptions): Promise<Started> {
  const one = await startInNamespaces(options);
  if ('refusal' in one) throw new Error(`refused: ${one.refusal}`);
  return one;
}

/** Which file its log is. Who has waited until the owner was silent for long writes on a copy, for that owner may wake up. */
function logFile(dataDir: string): number {
  const [log = ''] = readdirSync(dataDir).filter((name) => /^log-\d+$/.test(name));
  return statSync(join(dataDir, log)).ino;
}

async function refusal(options: NamespaceOptions): Promise<string> {
  const one = await startInNamespaces(options);
  if ('refusal' in one) return one.refusal;
  one.kill('SIGKILL');
  throw new Error('the directory has two owners');
}

async function put({kv}: EndpointClient, key: string): Promise<number> {
  const {header} = await kv.put({key: Buffer.from(key), value: Buffer.from('v')});
  return Number(header.revision);
}

async function keys({kv}: EndpointClient): Promise<string[]> {
  const {kvs} = await kv.range({key: Buffer.from([0]), range_end: Buffer.from([0])});
  return kvs.map(({key}) => key.toString());
}

describe.skipIf(!hasNamespaces)('stores of two PID namespaces with one host name', () => {
  it('do not share a data directory, not even while the owner is paused for long', async () => {
    const dataDir = newPath();
    const first = await started({dataDir});
    expect(await refusal({dataDir})).toContain('in use by process');
    await suspend(first.pid);
    await pause(LONG_PAUSE_MS);
    expect(await refusal({dataDir})).toContain('in use by process');
    first.kill('SIGCONT');
    await put(first.client, 'after the pause');
    first.kill('SIGKILL');
    await first.exited;
  });

  it('follow each other at once after kill -9, in a directory of a long name too', async () => {
    const dataDir = join(newPath(), 'n'.repeat(120));
    mkdirSync(dataDir, {recursive: true});
    const first = await started({dataDir});
    await put(first.client, 'kept');
    expect(await refusal({dataDir})).toContain('in use by process');
    const log = logFile(dataDir);
    first.kill('SIGKILL');
    await first.exited;
    const second = await started({dataDir});
    expect(logFile(dataDir)).toBe(log);
    expect(await keys(second.client)).toEqual(['kept']);
  });

  it('take a copy of a directory for one that nobody has', async () => {
    const dataDir = newPath();
    const first = await started({dataDir});
    await put(first.client, 'kept');
    const copy = newPath();
    expect(spawnSync('cp', ['-a', dataDir, copy]).status).toBe(0);
    const log = logFile(copy);
    const second = await started({dataDir: copy});
    expect(logFile(copy)).toBe(log);
    expect(await keys(second.client)).toEqual(['kept']);
    const withoutSocket = newPath();
    cpSync(dataDir, withoutSocket, {
      recursive: true,
      filter: (source) => !source.endsWith('/socket'),
    });
    expect(await keys((await started({dataDir: withoutSocket})).client)).toEqual(['kept']);
    await put(first.client, 'undisturbed');
  });
});

describe.skipIf(!hasNamespaces)('stores of two kernels', () => {
  it('do not share a directory while its owner lives, and take it over after a reboot', async () => {
    const dataDir = newPath();
    const first = await started({dataDir});
    await put(first.client, 'kept');
    const bootFile = otherBoot(folder, 'b');
    expect(await refusal({dataDir, bootFile})).toContain('in use by process');
    first.kill('SIGKILL');
    await first.exited;
    const log = logFile(dataDir);
    const second = await started({dataDir, bootFile});
    expect(logFile(dataDir)).not.toBe(log);
    expect(await keys(second.client)).toEqual(['kept']);
  });

  it('never both answer: an owner that wakes up after it was replaced writes nothing, answers nothing and ends', async () => {
    const dataDir = newPath();
    const first = await started({dataDir});
    const before = await put(first.client, 'before');
    // Under way when it stops, and after: none of these may be answered as good.
    const underway = put(first.client, 'underway').catch((error: unknown) => String(error));
    await suspend(first.pid);
    const second = await started({dataDir, bootFile: otherBoot(folder, 'c')});
    const had = await keys(second.client);
    expect(had).toContain('before');
    const after = await put(second.client, 'of the second');
    expect(after).toBeGreaterThan(before);
    const late = [put(first.client, 'late'), keys(first.client)].map((call) =>
      call.then(
        (answer) => ({answer}),
        (error: unknown) => ({error: String(error)}),
      ),
    );
    first.kill('SIGCONT');
    for (const outcome of await Promise.all(late))
      expect(outcome).toEqual({error: expect.any(String) as string});
    expect(await first.exited).toBe(4);
    expect(first.output()).toContain('no longer owns the data directory');
    // What was answered before the pause is in the history; what was not may be, in its place.
    if (typeof (await underway) === 'number') expect(had).toContain('underway');
    await put(second.client, 'more');
    const now = await keys(second.client);
    second.kill('SIGKILL');
    await second.exited;
    const third = await started({dataDir, bootFile: otherBoot(folder, 'c')});
    expect(await keys(third.client)).toEqual(now);
    expect(now).not.toContain('late');
  });
});
