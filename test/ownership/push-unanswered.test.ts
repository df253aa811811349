/** A push container that answers probes, and not the adds. */
import {beforeEach, describe, expect, it} from 'vitest';
import {PushSession} from '../../src/ownership/push-session.ts';
import type {CallResult} from '../../src/ownership/push-session.ts';

const ME = {container: '10.0.0.1:80', incarnation: 'ab-7'};
const CAUSE = 'no answer within 10 s';

let session: PushSession;
beforeEach(() => {
  session = new PushSession(ME, 0);
});

function called(shard: string, op: 'add' | 'drop', result: CallResult): void {
  session.called(shard, op, 10, 0);
  session.answered(shard, result, 0);
}

const unanswered = (shard: string): void =>
  called(shard, 'add', {kind: 'unreachable', message: CAUSE});

/** What is done about a shard that is assigned to it. */
function next(): string {
  const value = {
    ...{v: 1, state: 'assigned' as const, ...ME, token: '', ready: false},
    ...{move: null, failures: 0, lastError: ''},
  };
  return session.step('s', {value, mod: 11, create: 11}, 0).step;
}

describe('adds of two shards in a row without an answer', () => {
  beforeEach(() => {
    unanswered('a');
    // One may be the fault of its shard.
    expect(next()).toBe('claim');
    unanswered('b');
  });

  it('leave nothing more to be claimed, whatever a probe says', () => {
    session.reached();
    expect(next()).toBe('wait');
    expect(session.addProblem).toBe(`does not answer to adds, of shard a first: ${CAUSE}`);
  });

  it('are over with the first answer, a refusal too', () => {
    called('a', 'add', {kind: 'refused', message: 'HTTP 500'});
    expect(session.addProblem).toBeUndefined();
    expect(next()).toBe('claim');
  });

  it('are over when a heartbeat lists one of them: the call has come, answered or not', () => {
    session.heard(12, new Map([['b', {disp: false, drop: false}]]), 0);
    expect(next()).toBe('claim');
    unanswered('b');
    expect(next()).toBe('claim');
  });

  it('are over when one of them has been let go', () => {
    session.freed('a');
    expect(next()).toBe('claim');
  });

  it('go on though a drop is answered, or a call was not sent', () => {
    called('c', 'drop', {kind: 'accepted', revision: 12});
    called('d', 'add', {kind: 'unsent'});
    expect(next()).toBe('wait');
  });
});

describe('the first add of a container', () => {
  it('closes it while it is not answered within 3 s', () => {
    session.called('a', 'add', 10, 0);
    expect(session.firstAddProblem(2_999)).toBeUndefined();
    expect(session.firstAddProblem(3_000)).toBe(
      'has not answered to its first add yet, of shard a',
    );
    session.answered('a', {kind: 'refused', message: 'HTTP 500'}, 3_500);
    expect(session.firstAddProblem(3_500)).toBeUndefined();
    session.called('b', 'add', 12, 4_000);
    expect(session.firstAddProblem(99_000)).toBeUndefined();
  });

  it('is not looked at where a heartbeat has listed a shard', () => {
    session.heard(9, new Map([['old', {disp: true, drop: false}]]), 0);
    session.called('a', 'add', 10, 0);
    expect(session.firstAddProblem(99_000)).toBeUndefined();
  });
});
