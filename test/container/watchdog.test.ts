/** The watchdog kills a process whose loop stands still past its deadline, and no other. */
import {fork} from 'node:child_process';
import type {ForkOptions} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import {bundled} from '../support/bundle.ts';
import {ownFolder} from '../support/own-folder.ts';

const CHILD = join(import.meta.dirname, 'watchdog-child.ts');
/** As an instrumentation that does not bear threads. */
const PRELOAD = join(ownFolder('watchdog'), 'preload.cjs');

beforeAll(() =>
  writeFileSync(
    PRELOAD,
    "if (!require('node:worker_threads').isMainThread) throw new Error('no threads');",
  ),
);

interface Outcome {
  /** Its signal, else its exit code. */
  readonly how: string | number | null;
  readonly stderr: string;
}

/** How the child ended. */
function ended(manner: 'healthy' | 'blocked', options: ForkOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = fork(bundled(CHILD), [manner], {...options, silent: true});
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({how: signal ?? code, stderr}));
  });
}

async function outcome(...args: Parameters<typeof ended>): Promise<string | number | null> {
  return (await ended(...args)).how;
}

describe('the watchdog', () => {
  it('spares a healthy loop whose right to act runs out', async () => {
    expect(await outcome('healthy')).toBe(0);
  });

  it('kills a loop that stands still past its deadline', async () => {
    expect(await outcome('blocked')).toBe('SIGKILL');
  });

  it('says on stderr why: an exit by SIGKILL looks as if memory had run out', async () => {
    const {stderr} = await ended('blocked');
    expect(stderr).toMatch(
      /^\S+Z sm ERROR the watchdog kills this process: its event loop has stood still for \d+ ms, and its right to act is over pid=\d+ fix=".+"\n$/,
    );
    expect((await ended('healthy')).stderr).not.toContain('watchdog');
  });

  it.each([
    ['by --require', {execArgv: ['--require', PRELOAD]}],
    ['by NODE_OPTIONS', {env: {...process.env, NODE_OPTIONS: `--require ${PRELOAD}`}}],
  ])('has no part in what the application loads before its program %s', async (_how, options) => {
    expect(await outcome('blocked', options)).toBe('SIGKILL');
    expect(await outcome('healthy', options)).toBe(0);
  });
});
