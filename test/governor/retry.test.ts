/** When shards are looked at again, and what a look at the schedule costs. */
import {describe, expect, it} from 'vitest';
import {RetrySchedule} from '../../src/governor/retry.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';

const failed = (failures: number): OwnershipRecord =>
  ({state: 'free', failures}) as OwnershipRecord;

/** An instant that counts how often it is compared. */
function counted(atMs: number): {readonly nowMs: number; readonly count: () => number} {
  let count = 0;
  const instant = {
    valueOf: () => {
      count += 1;
      return atMs;
    },
  };
  return {nowMs: instant as unknown as number, count: () => count};
}

it('a turn costs the same with ten thousand failed shards as with one', () => {
  const costOf = (shards: number): number => {
    const retries = new RetrySchedule();
    for (let at = 0; at < shards; at += 1) retries.noteFailures(`s${at}`, failed(9), at);
    const now = counted(59_000);
    expect(retries.due(now.nowMs)).toEqual([]);
    return now.count();
  };
  expect(costOf(10_000)).toBeLessThanOrEqual(2 * costOf(1));
});

describe('a shard', () => {
  it('is due when its back-off ends, once', () => {
    const retries = new RetrySchedule();
    retries.noteFailures('later', failed(2), 0);
    retries.noteFailures('soon', failed(1), 0);
    expect(retries.wakeAtMs()).toBe(1_000);
    expect(retries.mustWait('soon', 999)).toBe(true);
    expect(retries.due(999)).toEqual([]);
    expect(retries.due(1_000)).toEqual(['soon']);
    expect(retries.due(1_000)).toEqual([]);
    expect(retries.wakeAtMs()).toBe(2_000);
    expect(retries.due(5_000)).toEqual(['later']);
    expect(retries.wakeAtMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('that is paused is due at the end of the last pause, and not before its back-off ends', () => {
    const retries = new RetrySchedule();
    retries.pause('paused', 500);
    retries.pause('paused', 900);
    retries.noteFailures('failed', failed(1), 0);
    retries.pause('failed', 300);
    expect(retries.wakeAtMs()).toBe(900);
    expect(retries.due(899)).toEqual([]);
    expect(retries.paused('paused', 899)).toBe(true);
    expect(retries.due(900)).toEqual(['paused']);
    expect(retries.paused('paused', 0)).toBe(false);
    expect(retries.due(999)).toEqual([]);
    expect(retries.due(1_000)).toEqual(['failed']);
  });

  it('that is paused for less than before is due at the earlier end', () => {
    const retries = new RetrySchedule();
    retries.pause('s', 900);
    retries.pause('s', 500);
    expect(retries.wakeAtMs()).toBe(500);
    expect(retries.due(500)).toEqual(['s']);
    expect(retries.due(900)).toEqual([]);
    expect(retries.wakeAtMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
