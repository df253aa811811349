/** An eviction and a leave, seen by the container: when it ends though something hangs, and that nothing comes back to life. */
import {describe, expect, it} from 'vitest';
import {RECONCILE_INTERVAL_MS} from '../../src/ownership/limits.ts';
import {SessionBed, TTL_MS} from './session-bed.ts';

describe('an evicted container', () => {
  function evict(bed: SessionBed): void {
    const write = bed.beat();
    bed.found(write, {...write.value, state: 'evicting'});
  }

  it('ends after the limit of a drop that hangs, says which, and leaves the heartbeat to fall silent', () => {
    const bed = new SessionBed({dropTimeoutMs: 30_000}).ready().owns('s');
    evict(bed);
    expect(bed.asked('drop')).toMatchObject([{shard: 's', reason: 'lost'}]);
    bed.look();
    bed.turn(29_999);
    expect(bed.session.ended).toBe(false);
    expect(bed.session.wakeAtMs(bed.nowMs)).toBe(bed.nowMs + 1);
    bed.turn(1);
    const running = [{shard: 's', hook: 'drop'}];
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'evicted', running}]);
    expect(bed.asked('deregister')).toEqual([]);
    expect(bed.session.wakeAtMs(bed.nowMs)).toBeGreaterThan(bed.nowMs);
  });

  it('that has stood still until its heartbeat was gone learns of it by its id, under the next incarnation', () => {
    const bed = new SessionBed().ready();
    const {incarnation: evicted} = bed.session;
    const last = bed.beat();
    bed.look();
    bed.answer(last, {kind: 'absent'});
    for (const {write} of bed.asked('heartbeat')) bed.commit(write);
    bed.look();
    const free = {kind: 'free', idMod: 42, holder: '', evicted} as const;
    bed.session.idAnswered(bed.session.incarnation, free, bed.nowMs);
    bed.turn();
    expect(bed.asked('takeId')).toEqual([]);
    expect(bed.asked('deregister')).toMatchObject([{idMod: 0}]);
    const {incarnation} = bed.session;
    bed.session.deregisterAnswered(incarnation, {kind: 'committed', revision: 99}, bed.nowMs);
    bed.turn();
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'evicted'}]);
  });

  it('leaves its id to a new process, which takes it and leaves the word there', () => {
    const bed = new SessionBed();
    bed.commit(bed.beat());
    bed.look();
    const noted = {idMod: 42, holder: '', evicted: 'another'};
    bed.session.idAnswered(bed.session.incarnation, {kind: 'free', ...noted}, bed.nowMs);
    bed.turn();
    expect(bed.asked('takeId')).toMatchObject([noted]);
  });

  it('waits at least until its right to act is over', () => {
    const bed = new SessionBed({dropTimeoutMs: 1}).ready().owns('s');
    const {deadlineMs} = bed.session;
    evict(bed);
    bed.look();
    bed.turn(deadlineMs - bed.nowMs - 1);
    expect(bed.asked('ended')).toEqual([]);
    bed.turn(1);
    expect(bed.asked('ended')).toMatchObject([{how: 'evicted'}]);
  });

  it('ends where the store does not answer, with nothing running', () => {
    const bed = new SessionBed({dropTimeoutMs: 30_000}).ready().owns('s');
    evict(bed);
    bed.dropSettled('s');
    bed.look();
    bed.turn(30_000);
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'evicted'}]);
  });

  it('deletes its heartbeat where the answer to its registration never came', () => {
    const bed = new SessionBed();
    const write = bed.beat();
    bed.answer(write, {kind: 'unknown'});
    bed.found(bed.beat(), {...write.value, state: 'evicting'});
    // As `found` says.
    expect(bed.asked('deregister')).toMatchObject([{create: 101, idMod: 0}]);
  });

  it('ends in time where it was leaving, or its app was being removed', () => {
    for (const order of ['leave', 'appDeleting'] as const) {
      const bed = new SessionBed({dropTimeoutMs: 30_000}).ready().owns('s');
      bed.session[order]();
      const [sent] = bed.turn().filter(({type}) => type === 'heartbeat');
      const write = sent?.type === 'heartbeat' ? sent.write : bed.beat();
      bed.found(write, {...write.value, state: 'evicting'});
      bed.look();
      bed.turn(30_000);
      expect(bed.asked('ended')).toMatchObject([{running: [{shard: 's', hook: 'drop'}]}]);
    }
  });
});

describe('a container that leaves', () => {
  /** Its next heartbeat is not found any more. */
  function loses(bed: SessionBed): void {
    bed.session.leave();
    const [sent] = bed.turn().filter(({type}) => type === 'heartbeat');
    if (sent?.type !== 'heartbeat') throw new Error('no heartbeat is due');
    bed.answer(sent.write, {kind: 'absent'});
    bed.look();
  }

  it('and whose heartbeat is gone leaves the records alone, also one that it wanted to read', () => {
    const bed = new SessionBed().ready().owns('s');
    bed.session.hint(bed.session.incarnation, 's', bed.revision + 1);
    bed.turn();
    bed.readFails('s');
    loses(bed);
    bed.turn(5_000);
    expect(bed.asked('read')).toEqual([]);
    bed.dropSettled('s');
    bed.turn();
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'left'}]);
  });

  it('and whose heartbeat is gone reads nothing either when it is time to', () => {
    const bed = new SessionBed({dropTimeoutMs: 2 * RECONCILE_INTERVAL_MS}).ready().owns('s');
    loses(bed);
    bed.turn(1.2 * RECONCILE_INTERVAL_MS);
    expect(bed.asked('read')).toEqual([]);
    expect(bed.session.ended).toBe(false);
  });

  it('revokes what has lived through the end of its right to act, where a late answer brings that back', () => {
    const bed = new SessionBed().ready().owns('s');
    const {deadlineMs} = bed.session;
    const underWay = bed.beat();
    bed.session.leave(deadlineMs - 500);
    bed.turn();
    bed.turn(deadlineMs - 500 - bed.nowMs);
    expect(bed.asked('drop')).toHaveLength(1);
    bed.turn(600);
    bed.commit(underWay);
    expect(bed.session.deadlineMs).toBeGreaterThan(bed.nowMs);
    expect(bed.asked('revokeAll')).toHaveLength(1);
  });

  it('does not act again once it lets everything go: a late answer lifts no fence', () => {
    const bed = new SessionBed().ready().owns('s');
    const underWay = bed.beat();
    bed.session.leave(bed.nowMs + 6_000);
    bed.turn();
    bed.turn(6_000);
    expect(bed.asked('fenced')).toEqual([{type: 'fenced'}]);
    bed.commit(underWay);
    expect(bed.session.deadlineMs).toBeGreaterThan(bed.nowMs + TTL_MS / 5);
    expect(bed.session.acting).toBe(false);
    expect(bed.asked('resumed')).toEqual([]);
  });

  it('and whose heartbeat is gone meanwhile says that it does not register again', () => {
    const bed = new SessionBed().ready().owns('s');
    const {incarnation} = bed.session;
    bed.session.leave();
    const [sent] = bed.turn().filter(({type}) => type === 'heartbeat');
    if (sent?.type !== 'heartbeat') throw new Error('no heartbeat is due');
    bed.answer(sent.write, {kind: 'absent'});
    expect(bed.asked('evicted')).toEqual([{type: 'evicted', incarnation, leaving: true}]);
  });

  it('ends as soon as its last hook has returned, where there is nothing to free', () => {
    const bed = new SessionBed().ready().owns('s');
    bed.session.leave();
    const [sent] = bed.turn().filter(({type}) => type === 'heartbeat');
    if (sent?.type !== 'heartbeat') throw new Error('no heartbeat is due');
    bed.answer(sent.write, {kind: 'absent'});
    bed.dropSettled('s');
    expect(bed.session.wakeAtMs(bed.nowMs)).toBe(bed.nowMs);
    bed.turn();
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'left'}]);
  });

  it('ends once, where its store is doubted and its time is over in one turn', () => {
    const bed = new SessionBed({dropTimeoutMs: 1}).ready().owns('s');
    bed.session.leave(bed.nowMs);
    bed.turn();
    bed.turn();
    bed.dropSettled('s');
    bed.answerWrite('s');
    expect(bed.session.phase).toBe('deregistering');
    bed.session.clusterSeen(
      {epoch: 1, doubt: {kind: 'wentBack', found: 1, known: 2}, mod: bed.next()},
      bed.nowMs,
    );
    bed.turn(60_000);
    expect(bed.asked('ended')).toHaveLength(1);
  });
});
