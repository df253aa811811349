import {existsSync, readFileSync} from 'node:fs';
import type * as Fs from 'node:fs';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {record} from '../../src/cli/recording.ts';
import type {RecordingRequest} from '../../src/cli/recording.ts';
import {ownFolder} from '../support/own-folder.ts';

const FIRST_ANSWER_MS = 400;
const LIMIT_MS = 100;

/** Bytes that the disk still takes. */
const disk = vi.hoisted(() => ({roomBytes: Number.POSITIVE_INFINITY}));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const writeSync = (file: number, bytes: Buffer, from = 0): number => {
    const taken = Math.min(bytes.length - from, disk.roomBytes);
    if (taken === 0) throw Object.assign(new Error('no space left'), {code: 'ENOSPC'});
    disk.roomBytes -= taken;
    return fs.writeSync(file, bytes, from, taken);
  };
  return {...fs, writeSync};
});

let folder: string;
beforeEach(() => {
  folder = ownFolder('record');
});
afterEach(() => {
  disk.roomBytes = Number.POSITIVE_INFINITY;
});

/** A daemon whose first answer comes late, and that knows of nothing. */
function lateClient(): RecordingRequest['client'] {
  let calls = 0;
  const call = async (_operation: string, _input: object, signal?: AbortSignal) => {
    calls += 1;
    if (calls === 1) await setTimeout(FIRST_ANSWER_MS, undefined, {signal});
    return {containers: [], shards: [], cursor: ''};
  };
  return {call: call as RecordingRequest['client']['call']};
}

it('records for as long as asked from the first answer on, however late that comes', async () => {
  const file = join(folder, 'trace.jsonl');
  const {ended, durationMs} = await record({
    ...{client: lateClient(), app: 'orders', file, limitMs: LIMIT_MS},
    startedAt: '2026-01-01T00:00:00Z',
    signal: new AbortController().signal,
    say: () => undefined,
    onProgress: () => undefined,
  });
  expect(ended).toBe('asked');
  expect(durationMs).toBeGreaterThanOrEqual(LIMIT_MS - 2);
  expect(readFileSync(file, 'utf8').trim().split('\n').at(-1)).toContain('"end"');
});

describe('a disk that gets full', () => {
  const shard = {id: 's1', container: '', state: 'unplaced', load: {}};
  const call = async (operation: string) =>
    Promise.resolve({containers: [], shards: operation === 'getShards' ? [shard] : [], cursor: ''});
  const into = (file: string) =>
    record({
      ...{
        client: {call: call as unknown as RecordingRequest['client']['call']},
        app: 'orders',
        file,
      },
      ...{limitMs: LIMIT_MS, startedAt: '2026-01-01T00:00:00Z'},
      signal: new AbortController().signal,
      say: () => undefined,
      onProgress: () => undefined,
    });

  it.each([0, 7])('leaves no file behind that would stop the next try: %d bytes', async (bytes) => {
    const file = join(folder, 'trace.jsonl');
    disk.roomBytes = bytes;
    await expect(into(file)).rejects.toMatchObject({
      message: `${file} cannot be written: ENOSPC`,
      hint: expect.stringContaining('make room') as string,
    });
    expect(existsSync(file)).toBe(false);
    disk.roomBytes = Number.POSITIVE_INFINITY;
    expect(await into(file)).toMatchObject({ended: 'asked'});
  });

  it('leaves whole lines of what was recorded before', async () => {
    const whole = join(folder, 'whole.jsonl');
    await into(whole);
    const text = readFileSync(whole, 'utf8');
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    const file = join(folder, 'trace.jsonl');
    disk.roomBytes = text.length - 3;
    await expect(into(file)).rejects.toThrow(/ENOSPC; it has the trace of 1 event until then/);
    expect(readFileSync(file, 'utf8')).toBe(`${lines.slice(0, -1).join('\n')}\n`);
  });
});
