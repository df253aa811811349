import {beforeEach, describe, expect, it} from 'vitest';
import {BulkWork} from '../../src/runtime/bulk-work.ts';
import {
  BULK_ALONE_MS,
  BULK_GAP_MS,
  BULK_REST_SHARE,
  BULK_WAIT_MAX_MS,
} from '../../src/runtime/limits.ts';

let idle: number;
let active: number;
let looks: (() => void)[];
let begun: string[];
let bulk: BulkWork;
beforeEach(() => {
  [idle, active, looks, begun] = [0, 0, [], []];
  bulk = new BulkWork({
    used: () => ({idle, active}),
    nowMs: () => idle + active,
    after: (_, look) => looks.push(look),
  });
});

/** The loop works, then rests, ms; then whoever waits looks again. */
async function pass(workedMs: number, restedMs: number): Promise<void> {
  active += workedMs;
  idle += restedMs;
  for (const look of looks.splice(0)) look();
  await Promise.resolve();
}

async function ask(name: string, app = 'crowd'): Promise<void> {
  void bulk.turn(app).then(() => begun.push(name));
  await Promise.resolve();
}

describe('bulk work of an app that is alone', () => {
  it('begins at once', async () => {
    bulk.noteUse('crowd');
    for (const name of ['a', 'b', 'c']) await ask(name);
    expect(begun).toEqual(['a', 'b', 'c']);
    expect(bulk.tryBegin('crowd')).toBe(true);
  });

  it('is alone again when no other has asked for anything for a while', async () => {
    bulk.noteUse('other');
    bulk.noteUse('crowd');
    await pass(BULK_ALONE_MS / 2, 0);
    bulk.noteUse('crowd');
    await pass(BULK_WAIT_MAX_MS / 2, 0);
    expect(bulk.tryBegin('crowd')).toBe(true);
    expect(bulk.tryBegin('crowd')).toBe(false);
    await pass(BULK_ALONE_MS / 2 - BULK_WAIT_MAX_MS / 2, 0);
    expect(bulk.tryBegin('crowd')).toBe(true);
    expect(bulk.tryBegin('crowd')).toBe(true);
  });
});

describe('bulk work while another app is used', () => {
  beforeEach(() => bulk.noteUse('other'));

  it('begins when the loop has rested for its share of the work since the last piece', async () => {
    await ask('a');
    expect(begun).toEqual([]);
    await pass(40, 40 * BULK_REST_SHARE - 1);
    expect(begun).toEqual([]);
    await pass(0, 1);
    expect(begun).toEqual(['a']);
    await ask('b');
    await pass(0, BULK_GAP_MS - 1);
    expect(begun).toEqual(['a']);
    await pass(0, 1);
    expect(begun).toEqual(['a', 'b']);
  });

  it('begins one piece after the other, in the order in which they were asked for', async () => {
    for (const name of ['a', 'b', 'c']) await ask(name, name === 'b' ? 'throng' : 'crowd');
    await pass(0, BULK_GAP_MS);
    expect(begun).toEqual(['a']);
    expect(bulk.tryBegin('crowd')).toBe(false);
    await pass(0, BULK_GAP_MS);
    await pass(0, BULK_GAP_MS);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('begins after a while where the loop never rests, one piece at a time', async () => {
    bulk.noteUse('crowd');
    await ask('a');
    await ask('b');
    await pass(BULK_WAIT_MAX_MS - 1, 0);
    expect(begun).toEqual([]);
    await pass(1, 0);
    expect(begun).toEqual(['a']);
    await pass(BULK_WAIT_MAX_MS, 0);
    expect(begun).toEqual(['a', 'b']);
  });
});
