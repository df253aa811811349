/** A container on its way in and out: what it says, in which order, and what it leaves alone. */
import {describe, expect, it} from 'vitest';
import {parseToken} from '../../src/model/token.ts';
import {SessionBed, TTL_MS} from './session-bed.ts';

describe('without its id', () => {
  it('a container adds nothing, whatever it finds recorded as its own', () => {
    const bed = new SessionBed();
    bed.commit(bed.beat());
    bed.look();
    bed.tell('s', 'owned');
    expect([...bed.asked('add'), ...bed.asked('write')]).toEqual([]);
  });
});

describe('leaving', () => {
  /** Nothing is left but to say so. */
  function leaving(): SessionBed {
    const bed = new SessionBed().ready();
    bed.session.leave();
    return bed;
  }

  it('begins with the word in the heartbeat: before it is stored nothing is deleted', () => {
    const bed = leaving();
    const write = bed.beat();
    expect(write.value.state).toBe('leaving');
    expect(bed.asked('deregister')).toEqual([]);
    bed.answer(write, {kind: 'unknown'});
    expect(bed.asked('deregister')).toEqual([]);
    bed.commit(bed.beat());
    expect(bed.asked('deregister')).toHaveLength(1);
  });

  it('ends with the deletion: no heartbeat is sent after it', () => {
    const bed = leaving();
    bed.commit(bed.beat());
    bed.look();
    bed.turn(TTL_MS);
    expect(bed.asked('heartbeat')).toEqual([]);
  });

  it('of unknown outcome is tried again; refused means that the heartbeat is gone already', () => {
    const bed = leaving();
    bed.commit(bed.beat());
    const {incarnation} = bed.session;
    bed.session.deregisterAnswered(incarnation, {kind: 'unknown'}, bed.nowMs);
    bed.turn();
    expect(bed.session.ended).toBe(false);
    bed.look();
    bed.turn(TTL_MS / 5);
    expect(bed.asked('deregister')).toHaveLength(1);
    bed.session.deregisterAnswered(incarnation, {kind: 'refused'}, bed.nowMs);
    bed.turn();
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'left'}]);
  });

  it('is not forgotten when the heartbeat is taken away meanwhile: it ends', () => {
    const bed = leaving();
    bed.answer(bed.beat(), {kind: 'absent'});
    bed.turn(TTL_MS);
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'left'}]);
  });
});

describe('one that an operator evicts', () => {
  it('sends no heartbeat any more: its silence counts from the word', () => {
    const bed = new SessionBed().ready().owns('s');
    const write = bed.beat();
    bed.found(write, {...write.value, nonce: 'x', state: 'evicting'});
    bed.look();
    bed.turn(TTL_MS);
    expect(bed.asked('heartbeat')).toEqual([]);
  });

  it('does not act any more, whatever its deadline says', () => {
    const bed = new SessionBed().ready().owns('s');
    const write = bed.beat();
    bed.found(write, {...write.value, nonce: 'x', state: 'evicting'});
    expect(bed.session.acting).toBe(false);
  });
});

describe('the id', () => {
  it('is taken before the heartbeat says ready', () => {
    const bed = new SessionBed();
    bed.commit(bed.beat());
    const write = bed.beat();
    expect(write.value.state).toBe('waiting');
    bed.commit(write);
    expect(bed.session.heartbeat.state).toBe('waiting');
  });

  it('is not taken by an answer to the incarnation of before', () => {
    const bed = new SessionBed();
    bed.commit(bed.beat());
    const {incarnation} = bed.session;
    bed.look();
    bed.answer(bed.beat(), {kind: 'absent'});
    expect(bed.session.incarnation).not.toBe(incarnation);
    const again = bed.asked('heartbeat').at(-1);
    if (again === undefined) throw new Error('it does not register again');
    bed.commit(again.write);
    bed.look();
    bed.session.idAnswered(incarnation, {kind: 'taken', idMod: 1}, bed.nowMs);
    bed.turn();
    expect(bed.asked('ready')).toEqual([]);
  });

  it('goes with the heartbeat of one that leaves, or is evicted, while its try to take it has no answer', () => {
    for (const order of ['leave', 'evict'] as const) {
      const bed = new SessionBed();
      bed.commit(bed.beat());
      const {incarnation} = bed.session;
      if (order === 'leave') bed.session.leave();
      else {
        const write = bed.beat();
        bed.found(write, {...write.value, nonce: 'x', state: 'evicting'});
      }
      bed.turn();
      bed.session.idAnswered(incarnation, {kind: 'unknown'}, bed.nowMs);
      bed.turn();
      expect(bed.asked('deregister')).toEqual([]);
      bed.turn(bed.session.wakeAtMs(bed.nowMs) - bed.nowMs);
      expect(bed.asked('takeId')).toHaveLength(2);
      bed.session.idAnswered(incarnation, {kind: 'taken', idMod: 77}, bed.nowMs);
      bed.turn();
      expect(bed.asked('deregister')).toMatchObject([{idMod: 77}]);
      expect(bed.asked('ready')).toEqual([]);
    }
  });

  it('that is taken is asked for by each at times of its own', () => {
    const asked = [0, 1].map((chance) => {
      const bed = new SessionBed({random: () => chance});
      bed.commit(bed.beat());
      const held = {kind: 'occupied', holder: 'another'} as const;
      bed.session.idAnswered(bed.session.incarnation, held, bed.nowMs);
      bed.look();
      bed.turn(TTL_MS / 10);
      return bed.asked('takeId').length;
    });
    expect(asked).toEqual([1, 0]);
  });

  it('is not asked for in a store that was restored', () => {
    const bed = new SessionBed();
    bed.commit(bed.beat());
    expect(bed.asked('takeId')).toHaveLength(1);
    const held = {kind: 'occupied', holder: 'another'} as const;
    bed.session.idAnswered(bed.session.incarnation, held, bed.nowMs);
    bed.session.clusterSeen(
      {epoch: 1, doubt: {kind: 'reported', text: 'etcd was restored'}, mod: 1},
      bed.nowMs,
    );
    bed.look();
    bed.turn(TTL_MS / 2);
    expect(bed.asked('takeId')).toEqual([]);
  });
});

describe('hints', () => {
  it('for another incarnation are none', () => {
    const bed = new SessionBed().ready();
    bed.session.hint('another', 's', bed.revision + 1);
    bed.turn();
    expect(bed.asked('read')).toEqual([]);
  });
});

describe('records', () => {
  it('that are held are read every 30 s, hinted or not', () => {
    const bed = new SessionBed().ready().owns('s');
    const untilMs = bed.nowMs + 37_000;
    while (bed.nowMs < untilMs) bed.commit(bed.beat());
    expect(bed.asked('read').map(({shard}) => shard)).toEqual(['s']);
  });
});

describe('the history of the store', () => {
  it('that begins anew leaves no mark of the one before, not even of shards that are gone', () => {
    const bed = new SessionBed().ready().owns('s');
    bed.session.hint(bed.session.incarnation, 's', bed.revision + 1);
    bed.turn();
    bed.answerRead('s', bed.record('dropping'));
    bed.dropSettled('s');
    bed.answerWrite('s');
    expect(bed.session.machines.has('s')).toBe(false);
    bed.session.clusterSeen(
      {epoch: 1, doubt: {kind: 'reported', text: 'etcd was restored'}, mod: 1},
      bed.nowMs,
    );
    bed.session.clusterSeen({epoch: 2, doubt: undefined, mod: 1}, bed.nowMs);
    bed.revision = 10;
    bed.ready();
    bed.session.hint(bed.session.incarnation, 's', 12);
    bed.turn();
    expect(bed.asked('read').map(({shard}) => shard)).toEqual(['s']);
  });

  it('has an epoch that only grows: an old reading of it takes nothing back', () => {
    const bed = new SessionBed().ready();
    bed.session.clusterSeen({epoch: 5, doubt: undefined, mod: 2}, bed.nowMs);
    bed.session.clusterSeen({epoch: 3, doubt: undefined, mod: 1}, bed.nowMs);
    bed.owns('s');
    expect(parseToken(bed.latest('add', 's').token)?.epoch).toBe(5);
  });
});

describe('a store that is doubted', () => {
  it('and was accepted is not doubted again by an old reading of the word about it', () => {
    const bed = new SessionBed().ready();
    const doubt = {kind: 'reported', text: 'etcd was restored'} as const;
    bed.session.clusterSeen({epoch: 1, doubt, mod: 1}, bed.nowMs);
    bed.session.clusterSeen({epoch: 2, doubt: undefined, mod: 2}, bed.nowMs);
    bed.session.clusterSeen({epoch: 1, doubt, mod: 1}, bed.nowMs);
    expect(bed.session.isHalted).toBe(false);
    bed.session.clusterSeen({epoch: 2, doubt, mod: 3}, bed.nowMs);
    expect(bed.session.isHalted).toBe(true);
  });

  it('is said to be doubted once, however often it is seen to be', () => {
    const bed = new SessionBed().ready();
    const doubt = {kind: 'reported', text: 'etcd was restored'} as const;
    for (const mod of [1, 2, 3]) bed.session.clusterSeen({epoch: 1, doubt, mod}, bed.nowMs);
    bed.turn();
    expect(bed.asked('restored')).toHaveLength(1);
  });

  it('gets no heartbeat: nothing is renewed in it', () => {
    const bed = new SessionBed().ready();
    bed.session.clusterSeen(
      {epoch: 1, doubt: {kind: 'reported', text: 'etcd was restored'}, mod: 1},
      bed.nowMs,
    );
    bed.turn();
    bed.look();
    bed.turn(TTL_MS);
    expect(bed.asked('heartbeat')).toEqual([]);
  });
});
