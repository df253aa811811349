import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {record} from '../../src/cli/recording.ts';
import type {RecordingRequest} from '../../src/cli/recording.ts';

const FIRST_ANSWER_MS = 400;
const LIMIT_MS = 100;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sm-record-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

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
