/** When a daemon may remove the leader's key, or take it. */
import {describe, expect, it} from 'vitest';
import {Leadership} from '../../src/ownership/leadership.ts';
import type {Candidate} from '../../src/ownership/leadership.ts';

const ME: Candidate = {container: 'd2', incarnation: 'me', eligible: true, standby: true};
const TTL_MS = 3_000;
const W_MS = 3_130;
const STEP_MS = 100;

/** A daemon that has listed a leader, whose heartbeat it sees for the first time at 0. */
function besideLeader(): Leadership {
  const leadership = new Leadership();
  leadership.leaderSeen({incarnation: 'leader', create: 5}, 5);
  leadership.probeCommitted(0);
  leadership.heartbeatSeen('leader', 6, {ttlMs: TTL_MS}, 0);
  leadership.complete();
  return leadership;
}

/** What is tried up to this moment, while own writes commit all the time. */
function triedUntil(leadership: Leadership, untilMs: number, fromMs = 0): string[] {
  const tried: string[] = [];
  for (let nowMs = fromMs; nowMs <= untilMs; nowMs += STEP_MS) {
    leadership.probeCommitted(nowMs);
    tried.push(...leadership.advance(ME, nowMs).map(({type}) => type));
  }
  return tried;
}

describe('a leader that says nothing', () => {
  it('is left alone until W has passed, then taken away by the version that was silent', () => {
    const leadership = besideLeader();
    expect(triedUntil(leadership, W_MS - 1)).toEqual([]);
    leadership.probeCommitted(W_MS);
    expect(leadership.advance(ME, W_MS)).toEqual([
      {type: 'removeLeader', create: 5, incarnation: 'leader', hbMod: 6},
    ]);
  });

  it('leaves its heartbeat where an operator evicts it: the governor of sm says so in its id', () => {
    const leadership = besideLeader();
    const beat = {ttlMs: TTL_MS, isEvicting: true};
    leadership.heartbeatSeen('leader', 9, beat, 0);
    triedUntil(leadership, W_MS - 1);
    leadership.probeCommitted(W_MS);
    expect(leadership.advance(ME, W_MS)).toEqual([
      {type: 'removeLeader', create: 5, incarnation: 'leader', hbMod: 9, isOrdered: true},
    ]);
  });

  it('is left alone when it has beaten meanwhile', () => {
    const leadership = besideLeader();
    triedUntil(leadership, 2_000);
    leadership.heartbeatSeen('leader', 9, {ttlMs: TTL_MS}, 2_000);
    expect(triedUntil(leadership, W_MS + 500, 2_000)).toEqual([]);
  });

  it('is left alone while a newer heartbeat was heard elsewhere, and taken away once that was read here', () => {
    const leadership = besideLeader();
    leadership.failureDetector.observe('leader', 9, TTL_MS, 0);
    expect(triedUntil(leadership, 2 * W_MS)).toEqual([]);
    leadership.heartbeatSeen('leader', 9, {ttlMs: TTL_MS, isEvicting: true}, 2 * W_MS);
    const [removal] = leadership.advance(ME, 2 * W_MS);
    expect(removal).toMatchObject({type: 'removeLeader', hbMod: 9, isOrdered: true});
  });

  it('is not brought back to life by an old listing', () => {
    const leadership = besideLeader();
    triedUntil(leadership, 2_000);
    leadership.heartbeatSeen('leader', 4, {ttlMs: TTL_MS}, 2_000);
    leadership.heartbeatSeen('leader', 6, {ttlMs: TTL_MS}, 2_000);
    expect(triedUntil(leadership, W_MS + STEP_MS, 2_000)).toEqual(['removeLeader']);
  });
});

it('a leader is not taken for gone because an old listing does not show its heartbeat', () => {
  const leadership = besideLeader();
  leadership.heartbeatSeen('leader', 5, undefined, 100);
  expect(leadership.advance(ME, 100)).toEqual([]);
});

describe('the fencing key', () => {
  it('is not taken before everything was listed: absence means nothing yet', () => {
    const leadership = new Leadership();
    expect(leadership.advance(ME, 0)).toEqual([]);
    leadership.complete();
    expect(leadership.advance(ME, 0).map(({type}) => type)).toEqual(['createLeader']);
  });

  it('is taken by one that waits for its id only when nobody else has come for a second', () => {
    const leadership = new Leadership();
    leadership.complete();
    const waiting = {...ME, eligible: false};
    expect(leadership.advance(waiting, 0)).toEqual([]);
    expect(leadership.advance(waiting, 999)).toEqual([]);
    expect(leadership.advance({...waiting, standby: false}, 5_000)).toEqual([]);
    expect(leadership.advance(waiting, 5_000).map(({type}) => type)).toEqual(['createLeader']);
  });

  it('is over as soon as the key is another', () => {
    const leadership = new Leadership();
    leadership.complete();
    leadership.leaderSeen({incarnation: 'me', create: 7}, 7);
    expect(leadership.advance(ME, 0)).toEqual([{type: 'elected', create: 7}]);
    leadership.leaderSeen({incarnation: 'other', create: 9}, 9);
    leadership.heartbeatSeen('other', 8, {ttlMs: TTL_MS}, 1);
    expect(leadership.advance(ME, 1)).toEqual([{type: 'lostLeadership'}]);
    expect(leadership.createRevision).toBeUndefined();
  });
});
