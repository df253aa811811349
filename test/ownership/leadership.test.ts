/** When a daemon stands for election, and when it waits. */
import {describe, expect, it} from 'vitest';
import {Leadership} from '../../src/ownership/leadership.ts';
import type {Candidate} from '../../src/ownership/leadership.ts';

const ME: Candidate = {container: 'd1', incarnation: 'i1', eligible: true, standby: true};

describe('an attempt at the fencing key that came to nothing', () => {
  it('to create the key is not repeated because the same absence is told again', () => {
    const leadership = new Leadership();
    leadership.complete();
    expect(leadership.advance(ME, 0).map(({type}) => type)).toEqual(['createLeader']);
    leadership.leaderSeen(undefined, 7);
    expect(leadership.advance(ME, 1)).toEqual([]);
    expect(leadership.wakeAtMs(ME, 1)).toBe(300);
    expect(leadership.advance(ME, 300).map(({type}) => type)).toEqual(['createLeader']);
  });

  it('the removal of a leader is not repeated because the same leader is told again', () => {
    const leadership = new Leadership();
    leadership.complete();
    leadership.leaderSeen({incarnation: 'dead', create: 5}, 5);
    expect(leadership.advance(ME, 0).map(({type}) => type)).toEqual(['removeLeader']);
    leadership.leaderSeen({incarnation: 'dead', create: 5}, 5);
    expect(leadership.advance(ME, 1)).toEqual([]);
    expect(leadership.advance(ME, 300).map(({type}) => type)).toEqual(['removeLeader']);
  });

  it('is repeated at once when the leader has changed', () => {
    const leadership = new Leadership();
    leadership.complete();
    leadership.leaderSeen({incarnation: 'dead', create: 5}, 5);
    leadership.advance(ME, 0);
    leadership.leaderSeen(undefined, 6);
    expect(leadership.advance(ME, 1).map(({type}) => type)).toEqual(['createLeader']);
  });

  it('is not repeated because of news that is older than what is known', () => {
    const leadership = new Leadership();
    leadership.complete();
    leadership.heartbeatSeen('i2', 6, {ttlMs: 10_000}, 0);
    leadership.leaderSeen({incarnation: 'i2', create: 7}, 7);
    leadership.leaderSeen(undefined, 5);
    expect(leadership.advance(ME, 1)).toEqual([]);
  });
});
