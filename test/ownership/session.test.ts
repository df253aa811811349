import {describe, expect, it} from 'vitest';
import {actingMs, heartbeatIntervalMs} from '../../src/model/container.ts';
import {doubtText} from '../../src/model/store-doubt.ts';
import {parseToken} from '../../src/model/token.ts';
import {SessionBed, TTL_MS} from './session-bed.ts';

const EVERY_MS = heartbeatIntervalMs(TTL_MS);

/** From now on no heartbeat is answered until the fence falls. */
function untilFenced(bed: SessionBed): void {
  while (bed.session.acting) {
    const sent = bed.turn(EVERY_MS / 4);
    for (const action of sent) {
      if (action.type === 'heartbeat') bed.answer(action.write, {kind: 'unknown'});
    }
  }
}

describe('registering', () => {
  it('creates the heartbeat as waiting, takes the id, and only then says ready', () => {
    const bed = new SessionBed();
    const first = bed.beat();
    expect(first).toMatchObject({expectedMod: 0, value: {state: 'waiting'}});
    bed.commit(first);
    expect(bed.asked('takeId')).toMatchObject([{container: 'c1', idMod: 0, holder: ''}]);
    const {incarnation} = bed.session;
    bed.session.idAnswered(incarnation, {kind: 'taken', idMod: 7}, bed.nowMs);
    expect(bed.beat().value.state).toBe('ready');
    expect(bed.asked('ready')).toEqual([{type: 'ready', incarnation}]);
  });

  it('claims nothing while it waits for an id that a living process holds, and says so every 10 s', () => {
    const bed = new SessionBed();
    bed.commit(bed.beat());
    for (let ms = 0; ms < 20_000; ms += 1_000) {
      const {incarnation} = bed.session;
      bed.session.idAnswered(incarnation, {kind: 'occupied', holder: 'other'}, bed.nowMs);
      for (const action of bed.turn(1_000))
        if (action.type === 'heartbeat') bed.commit(action.write);
    }
    expect(bed.asked('waitingForId').length).toBe(2);
    bed.session.hint(bed.session.incarnation, 's', 1);
    bed.turn();
    bed.answerRead('s', bed.record('assigned'));
    expect(bed.asked('write')).toEqual([]);
  });

  it('is not woken for its id while the store is asked for it', () => {
    const bed = new SessionBed();
    bed.commit(bed.beat());
    expect(bed.asked('takeId')).toHaveLength(1);
    expect(bed.session.wakeAtMs(bed.nowMs)).toBeGreaterThan(bed.nowMs);
  });

  it('takes the id from a holder whose heartbeat is gone, by the version it has seen', () => {
    const bed = new SessionBed();
    bed.commit(bed.beat());
    bed.look();
    const free = {kind: 'free', idMod: 42, holder: 'dead'} as const;
    bed.session.idAnswered(bed.session.incarnation, free, bed.nowMs);
    bed.turn();
    expect(bed.asked('takeId')).toMatchObject([{idMod: 42, holder: 'dead'}]);
  });
});

describe('the fence', () => {
  it('falls T/5 before the deadline, and hooks are told', () => {
    const bed = new SessionBed().ready().owns('s');
    const {deadlineMs} = bed.session;
    untilFenced(bed);
    expect(bed.nowMs).toBeGreaterThanOrEqual(deadlineMs - EVERY_MS);
    expect(bed.nowMs).toBeLessThan(deadlineMs);
    expect(bed.asked('drop')).toMatchObject([{shard: 's', reason: 'fenced'}]);
    // Fencing by itself never writes free.
    bed.dropSettled('s');
    expect(bed.asked('write')).toEqual([]);
  });

  it('an answer that proves an old attempt lifts no fence and brings no handle back to life', () => {
    const bed = new SessionBed().ready().owns('s');
    const {deadlineMs} = bed.session;
    untilFenced(bed);
    // The drop has begun and does not end; the deadline passes.
    const write = bed.beat(deadlineMs - bed.nowMs + 1);
    bed.look();
    // Late, the answer to that attempt: its deadline is ahead of now, its soft deadline is not.
    bed.nowMs += actingMs(TTL_MS) - EVERY_MS + 1;
    bed.commit(write);
    expect(bed.session.deadlineMs).toBeGreaterThan(bed.nowMs);
    expect(bed.session.acting).toBe(false);
    expect(bed.asked('revokeAll')).toHaveLength(1);
    expect(bed.asked('resumed')).toEqual([]);
  });

  it('that is lifted before the deadline leaves all handles alive', () => {
    const bed = new SessionBed().ready().owns('s');
    const {deadlineMs} = bed.session;
    while (bed.session.acting) bed.answer(bed.beat(), {kind: 'unknown'});
    const write = bed.beat();
    expect(bed.nowMs).toBeLessThan(deadlineMs);
    bed.commit(write);
    expect(bed.session.acting).toBe(true);
    expect(bed.asked('revokeAll')).toEqual([]);
    expect(bed.asked('resumed')).toHaveLength(1);
  });

  it('that is lifted gives a dropped shard an add again, with the same token and a new handle', () => {
    const bed = new SessionBed().ready().owns('s');
    const {token, handle} = bed.latest('add', 's');
    untilFenced(bed);
    bed.dropSettled('s');
    bed.commit(bed.beat(TTL_MS));
    expect(bed.latest('add', 's')).toMatchObject({token, handle: handle + 1});
  });
});

describe('losing the heartbeat', () => {
  it('evicted: everything is revoked and dropped, and it registers anew under another incarnation', () => {
    const bed = new SessionBed().ready().owns('s');
    const {incarnation} = bed.session;
    bed.answer(bed.beat(EVERY_MS), {kind: 'absent'});
    expect(bed.session.incarnation).not.toBe(incarnation);
    expect(bed.asked('revokeAll')).toHaveLength(1);
    expect(bed.asked('drop')).toMatchObject([{reason: 'lost'}]);
    bed.dropSettled('s');
    // What it held is nobody's business here any more: no free of the old incarnation.
    expect(bed.asked('write')).toEqual([]);
    expect(bed.asked('heartbeat').at(-1)?.write).toMatchObject({expectedMod: 0});
  });

  it('an answer to the incarnation of before is not taken', () => {
    const bed = new SessionBed().ready();
    const old = bed.beat(EVERY_MS);
    bed.answer(old, {kind: 'absent'});
    const {incarnation} = bed.session;
    bed.answer(old, {kind: 'committed', revision: bed.next()});
    expect(bed.session.incarnation).toBe(incarnation);
    expect(bed.session.heartbeat.create).toBe(0);
  });

  it('a foreign nonce means a clone lives: it ends at once', () => {
    const bed = new SessionBed().ready().owns('s');
    const write = bed.beat(EVERY_MS);
    bed.found(write, {...write.value, nonce: 'foreign'});
    expect(bed.session.ended).toBe(true);
    expect(bed.asked('revokeAll')).toHaveLength(1);
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'cloned'}]);
    expect(bed.turn(TTL_MS).filter(({type}) => type === 'heartbeat')).toEqual([]);
  });

  it('a nonce of its own that had no answer is not a clone', () => {
    const bed = new SessionBed().ready();
    const lost = bed.beat(EVERY_MS);
    bed.answer(lost, {kind: 'unknown'});
    const next = bed.beat(EVERY_MS);
    bed.found(next, lost.value);
    expect(bed.session.acting).toBe(true);
    expect(bed.session.ended).toBe(false);
  });

  it('the operator evicts it: it fences, drops, frees, deregisters and ends', () => {
    const bed = new SessionBed().ready().owns('s');
    const write = bed.beat(EVERY_MS);
    bed.found(write, {...write.value, nonce: 'x', state: 'evicting'});
    expect(bed.session.acting).toBe(false);
    bed.dropSettled('s');
    expect(bed.latest('write', 's').transition.kind).toBe('free');
    bed.answerWrite('s');
    bed.turn();
    expect(bed.asked('deregister')).toHaveLength(1);
    const {incarnation} = bed.session;
    bed.session.deregisterAnswered(incarnation, {kind: 'committed', revision: 1}, bed.nowMs);
    bed.turn();
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'evicted'}]);
    expect(bed.asked('heartbeat').length).toBe(1);
  });
});

describe('leaving', () => {
  it('says leaving at once, keeps what it has until it is asked, and goes when all is free', () => {
    const bed = new SessionBed().ready().owns('s');
    bed.session.leave();
    const write = bed.beat();
    expect(write.value.state).toBe('leaving');
    bed.commit(write);
    expect(bed.asked('drop')).toEqual([]);
    bed.session.hint(bed.session.incarnation, 's', bed.revision + 1);
    bed.turn();
    bed.answerRead('s', bed.record('dropping'));
    bed.dropSettled('s');
    expect(bed.asked('deregister')).toEqual([]);
    bed.answerWrite('s');
    bed.turn();
    expect(bed.asked('deregister')).toHaveLength(1);
  });

  it('claims nothing any more', () => {
    const bed = new SessionBed().ready().owns('s');
    bed.session.leave();
    bed.commit(bed.beat());
    bed.look();
    bed.session.hint(bed.session.incarnation, 'late', bed.revision + 1);
    bed.turn();
    bed.answerRead('late', bed.record('assigned'));
    expect(bed.asked('write')).toEqual([]);
  });
});

const mark = (revision: number, clusterId = 'one', atLeast = 0) => ({
  clusterId,
  revision,
  atLeast,
});

function answered(bed: SessionBed, given: ReturnType<typeof mark>): void {
  const write = bed.beat();
  const answer = {kind: 'committed', revision: given.revision} as const;
  bed.session.heartbeatAnswered(write, answer, bed.nowMs, given);
  bed.turn();
}

describe('a store that was restored or replaced', () => {
  it.each([
    ['another cluster', mark(300, 'two'), 'etcd is another cluster: two instead of one'],
    ['a revision below the last one', mark(199), 'etcd has gone back from revision 200 to 199'],
    [
      'a revision below what others were answered',
      mark(250, 'one', 260),
      'etcd has gone back from revision 260 to 250',
    ],
  ])('%s: it claims and renews nothing, and is fenced by its clock', (_case, doubtful, why) => {
    const bed = new SessionBed().ready().owns('s');
    answered(bed, mark(200));
    const {deadlineMs} = bed.session;
    answered(bed, doubtful);
    expect(bed.asked('restored').map(({doubt}) => doubtText(doubt))).toEqual([why]);
    expect(bed.session.deadlineMs).toBe(deadlineMs);
    bed.session.hint(bed.session.incarnation, 'other', 1_000);
    const beats = bed.asked('heartbeat').length;
    bed.turn(deadlineMs - bed.nowMs);
    expect(bed.asked('drop')).toMatchObject([{shard: 's', reason: 'fenced'}]);
    bed.dropSettled('s');
    bed.turn(60_000);
    expect(bed.asked('heartbeat').length).toBe(beats);
    expect([...bed.asked('read'), ...bed.asked('write')]).toEqual([]);
  });

  it('an older version of its own heartbeat is not a clone', () => {
    const bed = new SessionBed().ready();
    const old = bed.beat();
    bed.session.heartbeatAnswered(old, {kind: 'committed', revision: 200}, bed.nowMs, mark(200));
    const write = bed.beat();
    const found = {
      kind: 'found',
      value: {...old.value, nonce: 'n'},
      mod: 190,
      create: 101,
    } as const;
    bed.session.heartbeatAnswered(write, found, bed.nowMs, mark(300));
    bed.turn();
    expect(bed.session.isHalted).toBe(true);
    expect(bed.session.ended).toBe(false);
  });

  it('once accepted it begins anew under another incarnation, whatever the revisions are', () => {
    const bed = new SessionBed().ready().owns('s');
    answered(bed, mark(200));
    answered(bed, mark(300, 'two'));
    const {incarnation} = bed.session;
    bed.session.clusterSeen({epoch: 1, doubt: undefined, mod: 1}, bed.nowMs);
    expect(bed.session.isHalted).toBe(true);
    bed.session.clusterSeen({epoch: 2, doubt: undefined, mod: 1}, bed.nowMs);
    // The new history is young: its revisions are far below all marks of before.
    bed.revision = 10;
    bed.ready();
    expect(bed.actions).toContainEqual({type: 'accepted', epoch: 2});
    expect(bed.session.incarnation).not.toBe(incarnation);
    bed.dropSettled('s');
    const assigned = bed.record('assigned');
    bed.session.hint(bed.session.incarnation, 's', assigned.mod);
    bed.turn();
    bed.answerRead('s', assigned);
    bed.answerWrite('s');
    expect(parseToken(bed.latest('add', 's').token)).toMatchObject({epoch: 2});
  });

  it('an epoch stepped up without any doubt stops nothing', () => {
    const bed = new SessionBed().ready().owns('s');
    bed.session.clusterSeen({epoch: 5, doubt: undefined, mod: 1}, bed.nowMs);
    bed.turn();
    expect(bed.asked('drop')).toEqual([]);
    bed.owns('t');
    expect(parseToken(bed.latest('add', 't').token)?.epoch).toBe(5);
  });

  it('an app that is missing there was not removed: the container waits to be told', () => {
    const bed = new SessionBed().ready().owns('s');
    answered(bed, mark(200));
    // Seen before the first heartbeat is answered by the new store, and again after it.
    bed.session.appDeleting(true);
    bed.turn();
    answered(bed, mark(300, 'two'));
    bed.session.appDeleting(true);
    bed.session.appDeleting();
    bed.turn(60_000);
    bed.dropSettled('s');
    bed.turn(60_000);
    expect(bed.session.ended).toBe(false);
    // Accepted, and the app is there again: it joins.
    bed.session.clusterSeen({epoch: 2, doubt: undefined, mod: 1}, bed.nowMs);
    bed.revision = 10;
    bed.ready();
    expect(bed.session.ended).toBe(false);
  });

  it('an app that is missing in a store that is not doubted was removed', () => {
    const bed = new SessionBed().ready().owns('s');
    answered(bed, mark(200));
    bed.session.appDeleting(true);
    bed.turn();
    expect(bed.asked('drop')).toEqual([]);
    answered(bed, mark(201));
    bed.turn();
    expect(bed.asked('drop')).toMatchObject([{shard: 's'}]);
  });

  it('when told to leave it drops what it has and goes, writing nothing', () => {
    const bed = new SessionBed().ready().owns('s');
    bed.session.clusterSeen(
      {epoch: 1, doubt: {kind: 'reported', text: 'etcd was restored'}, mod: 1},
      bed.nowMs,
    );
    bed.session.leave();
    bed.turn();
    bed.dropSettled('s');
    bed.turn();
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'left'}]);
    expect([...bed.asked('write'), ...bed.asked('deregister')]).toEqual([]);
  });
});

describe('a store that was restored, met late', () => {
  it('and accepted before a beat told of it: it begins anew at once', () => {
    const bed = new SessionBed().ready().owns('s');
    answered(bed, mark(200));
    const {incarnation} = bed.session;
    bed.session.clusterSeen({epoch: 2, doubt: undefined, mod: 1}, bed.nowMs);
    bed.turn();
    answered(bed, mark(150));
    expect(bed.session.isHalted).toBe(false);
    expect(bed.session.incarnation).not.toBe(incarnation);
    expect(bed.asked('revokeAll')).toHaveLength(1);
    expect(bed.asked('drop')).toMatchObject([{shard: 's', reason: 'lost'}]);
    expect(bed.asked('heartbeat').at(-1)).toMatchObject({write: {expectedMod: 0}});
  });

  it('a doubt long after a step of the epoch is one of its own', () => {
    const bed = new SessionBed().ready();
    answered(bed, mark(200));
    bed.session.clusterSeen({epoch: 2, doubt: undefined, mod: 1}, bed.nowMs);
    answered(bed, mark(210));
    answered(bed, mark(150));
    expect(bed.session.isHalted).toBe(true);
  });

  it('while an operator evicts it, it goes all the same, writing nothing more', () => {
    const bed = new SessionBed().ready().owns('s');
    const write = bed.beat();
    bed.found(write, {...write.value, nonce: 'x', state: 'evicting'});
    bed.session.clusterSeen(
      {epoch: 1, doubt: {kind: 'reported', text: 'etcd was restored'}, mod: 1},
      bed.nowMs,
    );
    bed.turn();
    bed.dropSettled('s');
    bed.turn();
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'evicted'}]);
    expect([...bed.asked('write'), ...bed.asked('deregister')]).toEqual([]);
  });
});
