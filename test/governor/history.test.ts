/** Which changes of a record are the end of a move, and when they are written down. */
import {describe, expect, it} from 'vitest';
import {MoveHistory} from '../../src/governor/move-history.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {MOVES_PER_ROUND} from '../../src/governor/limits.ts';

const MOVE = {id: 'm1', from: 'a', to: 'b', why: 'balance', startedAt: '2026-01-01T00:00:00.000Z'};
const BASE: OwnershipRecord = {
  ...{v: 1, state: 'owned', container: 'b', incarnation: 'b1', token: '', ready: false},
  ...{move: MOVE, failures: 0, lastError: ''},
};

function noted(before: Partial<OwnershipRecord> | undefined, after: Partial<OwnershipRecord>) {
  const history = new MoveHistory();
  const known = before === undefined ? undefined : {...BASE, ...before};
  history.note({shard: 's', before: known, after: {...BASE, ...after}}, 0, 0);
  return history.due(true, 0);
}

describe('a move', () => {
  it('is done when the new owner is ready', () => {
    expect(noted({}, {ready: true})).toEqual([
      {
        ...{shard: 's', from: 'a', to: 'b', why: 'balance', outcome: 'done', note: '', id: 'm1'},
        ...{startedAt: MOVE.startedAt, endedAt: '1970-01-01T00:00:00.000Z'},
      },
    ]);
  });

  it('has failed when the new owner gives the shard back with one failure more', () => {
    const gaveUp = {state: 'free', failures: 1, lastError: 'disk full'} as const;
    expect(noted({}, gaveUp)).toMatchObject([{outcome: 'failed', note: 'disk full'}]);
  });

  it('goes on while the shard is let go of', () => {
    expect(noted({state: 'dropping', container: 'a'}, {state: 'free', container: 'a'})).toEqual([]);
  });

  it.each([
    ['a first placement', {move: {...MOVE, from: ''}}],
    ['a shard that was ready before', {ready: true}],
    ['a record without a move', {move: null}],
  ])('is not %s', (_what, before) => {
    expect(noted(before, {ready: true})).toEqual([]);
  });
});

describe('a round', () => {
  function historyOf(moves: number): MoveHistory {
    const history = new MoveHistory();
    for (let at = 0; at < moves; at += 1)
      history.note({shard: `s${at}`, before: BASE, after: {...BASE, ready: true}}, 0, 1_000 + at);
    return history;
  }

  it('is written when nothing moves any more, or two seconds after its first move', () => {
    expect(historyOf(1).due(true, 1_000)).toHaveLength(1);
    const busy = historyOf(2);
    expect(busy.due(false, 2_999)).toEqual([]);
    expect(busy.wakeAtMs()).toBe(3_000);
    expect(busy.due(false, 3_000)).toHaveLength(2);
    expect(busy.due(false, 9_000)).toEqual([]);
  });

  it('is written at once when it is full, and the rest waits', () => {
    const full = historyOf(MOVES_PER_ROUND + 1);
    expect(full.wakeAtMs()).toBeLessThanOrEqual(1_100);
    expect(full.due(false, 1_100)).toHaveLength(MOVES_PER_ROUND);
    expect(full.due(false, 1_101)).toEqual([]);
    expect(full.due(true, 1_101)).toHaveLength(1);
  });
});
