import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {InFlightMoves} from '../../src/governor/in-flight-moves.ts';
import {moveReasonOf, moveReasonText, plannedMoveReason} from '../../src/model/move-reason.ts';
import type {MoveReason} from '../../src/model/move-reason.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {DEPARTURES_PER_APP} from '../../src/governor/limits.ts';
import {MOVES_PER_CONTAINER_DEFAULT} from '../../src/model/limits.ts';

function appOf(maxMoving: number) {
  return {spec: {value: {maxMoving}}, shards: {size: 0}};
}

function moving(why: string): OwnershipRecord {
  return {
    ...{v: 1, state: 'dropping', container: 'a', incarnation: 'a1', token: '', ready: false},
    ...{failures: 0, lastError: ''},
    move: {id: 'm', from: 'a', to: 'b', why, startedAt: ''},
  };
}

describe('the reason of a move', () => {
  // What stands in etcd since version 0.1.0: a daemon of one version reads what one of the other wrote.
  it.each<[string, MoveReason]>([
    ['balance', {kind: 'balance'}],
    ['shard limit', {kind: 'shardLimit'}],
    ['pin or worker group', {kind: 'constraint'}],
    ['drain c1', {kind: 'drain', container: 'c1'}],
    ['leaving c1', {kind: 'leaving', container: 'c1'}],
    ['leaving', {kind: 'leaving', container: ''}],
    ['lost c1', {kind: 'lost', container: 'c1'}],
    ['new shard', {kind: 'newShard'}],
    ['unplaced', {kind: 'unplaced'}],
    ['add failed', {kind: 'addFailed'}],
    ['redirected', {kind: 'redirected'}],
    ['task changed', {kind: 'taskChanged'}],
    ['removed', {kind: 'removed'}],
    ['lost-and-found', {kind: 'other', text: 'lost-and-found'}],
    ['', {kind: 'other', text: ''}],
  ])('%j is written and read', (text, reason) => {
    expect(moveReasonText(reason)).toBe(text);
    expect(moveReasonOf(text)).toEqual(reason);
  });

  it('keeps every text, whoever wrote it', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `lost ${rest}`),
      fc.string().map((rest) => `drain${rest}`),
    );
    fc.assert(fc.property(texts, (text) => moveReasonText(moveReasonOf(text)) === text));
  });

  it('of a plan names who gives the shard where it must', () => {
    const planned = (cause: 'balance' | 'capacity' | 'constraint' | 'drain', leaving = false) =>
      moveReasonText(plannedMoveReason({cause, from: 'c1'}, leaving));
    expect(planned('balance')).toBe('balance');
    expect(planned('capacity')).toBe('shard limit');
    expect(planned('constraint')).toBe('pin or worker group');
    expect(planned('drain')).toBe('drain c1');
    expect(planned('drain', true)).toBe('leaving c1');
  });

  it('decides about the budget: a recovery is not a move, what leaves and what ends has budgets of its own', () => {
    const moves = new InFlightMoves(appOf(2));
    moves.note('s0', moving('lost a'));
    expect(moves.size).toBe(0);
    moves.note('s1', moving('balance'));
    moves.note('s2', moving('drain a'));
    for (const urgency of ['voluntary', 'planned'] as const)
      expect(moves.refusal('c', 'd', urgency, 0)?.budget).toBe('maxMoving');
    expect(moves.refusal('c', 'd', 'departure', 0)).toBe(undefined);
    expect(moves.refusal('c', '', 'ending', 0)).toBe(undefined);
    moves.note('s2', undefined);
    moves.note('s3', moving('leaving a'));
    expect(moves.refusal('c', 'd', 'planned', 0)).toBe(undefined);
    for (let at = 0; at < DEPARTURES_PER_APP; at += 1) moves.note(`t${at}`, moving('leaving a'));
    expect(moves.refusal('c', 'd', 'departure', 0)?.budget).toBe('departures');
  });

  it('decides about the budget of a container: only balance is voluntary', () => {
    const moves = new InFlightMoves(appOf(10 * MOVES_PER_CONTAINER_DEFAULT));
    for (let at = 0; at < MOVES_PER_CONTAINER_DEFAULT; at += 1)
      moves.note(`s${at}`, moving('balance'));
    expect(moves.refusal('a', 'c', 'voluntary', 0)?.budget).toBe('moving.container');
    expect(moves.refusal('a', 'c', 'planned', 0)).toBe(undefined);
    expect(moves.refusal('c', 'd', 'voluntary', 0)).toBe(undefined);
  });
});
