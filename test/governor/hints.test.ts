import {describe, expect, it} from 'vitest';
import {HintSchedule} from '../../src/governor/hints.ts';

const ADD = {shard: 's', op: 'add', revision: 7} as const;

/** When the hint is sent within so many ms; `meanwhile` is called every 50 ms. */
function sentAt(schedule: HintSchedule, untilMs: number, meanwhile?: (nowMs: number) => unknown) {
  const sent: number[] = [];
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 50) {
    if (schedule.due(nowMs).size > 0) sent.push(nowMs);
    meanwhile?.(nowMs);
  }
  return sent;
}

describe('a hint', () => {
  it('is sent at once, then again with back-off until it is done', () => {
    const schedule = new HintSchedule(new Map());
    schedule.want('i1', ADD, 0);
    const sent = sentAt(schedule, 20_000);
    expect(sent).toEqual([0, 500, 1_500, 3_500, 7_500, 12_500, 17_500]);
    schedule.done('s');
    expect(schedule.due(60_000).size).toBe(0);
  });

  it('to claim is not repeated to a container that claims others, but for 5 s: it may have been lost', () => {
    const claimedAtMs = new Map<string, number>();
    const schedule = new HintSchedule(claimedAtMs);
    schedule.want('i1', ADD, 0);
    const sent = sentAt(schedule, 7_000, (nowMs) => claimedAtMs.set('i1', nowMs));
    expect(sent).toEqual([0, 5_000, 6_000]);
  });

  it('to drop is repeated all the same', () => {
    const claimedAtMs = new Map<string, number>();
    const schedule = new HintSchedule(claimedAtMs);
    schedule.want('i1', {...ADD, op: 'drop'}, 0);
    const sent = sentAt(schedule, 1_500, (nowMs) => claimedAtMs.set('i1', nowMs));
    expect(sent).toEqual([0, 500, 1_500]);
  });

  it('is repeated when the claims of its container have ended, or are of another', () => {
    const claimedAtMs = new Map([['i1', 0]]);
    const schedule = new HintSchedule(claimedAtMs);
    schedule.want('i1', ADD, 0);
    const ends = sentAt(schedule, 3_000, (nowMs) => claimedAtMs.set('i2', nowMs));
    expect(ends).toEqual([0, 2_000, 3_000]);
  });
});
