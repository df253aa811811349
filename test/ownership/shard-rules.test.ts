/** What one shard may do, and may not, at the edges: behind the fence, between two owners, with answers of another time. */
import {describe, expect, it} from 'vitest';
import {SessionBed, TTL_MS} from './session-bed.ts';

/** The right to act is over: no heartbeat has committed for too long. */
function fenced(bed: SessionBed): SessionBed {
  bed.turn(0.8 * TTL_MS);
  expect(bed.session.acting).toBe(false);
  return bed;
}

/** A hint tells of a record that is assigned to it. */
function hinted(bed: SessionBed, shard: string): void {
  bed.session.clusterSeen({epoch: 1, doubt: undefined, mod: 7}, bed.nowMs);
  const own = bed.record('assigned');
  bed.session.hint(bed.session.incarnation, shard, own.mod, () => own.value);
  bed.turn();
}

/** It reads this of the shard, because it is told to. */
function rereads(bed: SessionBed, ...read: Parameters<SessionBed['answerRead']>): void {
  bed.session.hint(bed.session.incarnation, read[0], bed.revision + 1_000);
  bed.turn();
  bed.answerRead(...read);
}

describe('behind the fence', () => {
  it('nothing is added: what was dropped waits for the right to act', () => {
    const bed = fenced(new SessionBed().ready().owns('s'));
    expect(bed.asked('drop')).toMatchObject([{reason: 'fenced'}]);
    bed.dropSettled('s');
    bed.turn(100);
    expect(bed.asked('add')).toEqual([]);
    expect(bed.asked('write')).toEqual([]);
  });

  it('nothing is claimed: neither what was read nor what was hinted', () => {
    const bed = fenced(new SessionBed().ready());
    bed.tell('s', 'assigned');
    hinted(bed, 'h');
    expect(bed.asked('write')).toEqual([]);
    expect(bed.asked('read').map(({shard}) => shard)).toEqual(['s', 'h']);
  });

  it('what was read is claimed once the right is back', () => {
    const bed = fenced(new SessionBed().ready());
    bed.tell('s', 'assigned');
    const [beat] = bed.asked('heartbeat');
    if (beat === undefined) throw new Error('no heartbeat was sent');
    bed.commit(beat.write);
    expect(bed.asked('write').map(({transition}) => transition.kind)).toEqual(['claim']);
  });
});

describe('one that leaves', () => {
  it('claims nothing that is hinted: it reads', () => {
    const bed = new SessionBed().ready().owns('kept');
    bed.session.leave();
    bed.commit(bed.beat());
    bed.look();
    hinted(bed, 'h');
    expect(bed.asked('write')).toEqual([]);
    expect(bed.asked('read').map(({shard}) => shard)).toEqual(['h']);
  });
});

describe('a shard that went to another', () => {
  const elsewhere = {incarnation: 'another', container: 'c2'};

  it('loses its handle at once, before drop has ended', () => {
    const bed = new SessionBed().ready().owns('s');
    const {handle} = bed.latest('add', 's');
    rereads(bed, 's', bed.record('owned', elsewhere));
    expect(bed.asked('revoke')).toEqual([{type: 'revoke', shard: 's', handle}]);
    expect(bed.asked('drop')).toMatchObject([{reason: 'lost'}]);
  });

  it('and comes back is not claimed before the hooks of before have ended', () => {
    const bed = new SessionBed().ready().owns('s');
    rereads(bed, 's', bed.record('owned', elsewhere));
    bed.look();
    rereads(bed, 's', bed.record('assigned'));
    expect(bed.asked('write')).toEqual([]);
    bed.dropSettled('s');
    expect(bed.asked('write').map(({transition}) => transition.kind)).toEqual(['claim']);
  });
});

describe('the mark of a shard', () => {
  it('is raised by its own writes: a reading from before them changes nothing', () => {
    const bed = new SessionBed().ready();
    const assigned = bed.record('assigned');
    bed.session.hint(bed.session.incarnation, 's', assigned.mod);
    bed.turn();
    bed.answerRead('s', assigned);
    bed.answerWrite('s');
    bed.addSettled('s');
    bed.answerWrite('s');
    bed.look();
    rereads(bed, 's', assigned, assigned.mod);
    expect([...bed.asked('drop'), ...bed.asked('revoke'), ...bed.asked('abort')]).toEqual([]);
    expect(bed.session.machines.get('s')?.owned).toBeDefined();
  });
});

describe('answers of another time', () => {
  it('to an add of before do not end the present one', () => {
    const bed = new SessionBed().ready();
    bed.tell('s', 'assigned');
    bed.answerWrite('s');
    const {handle} = bed.latest('add', 's');
    bed.look();
    bed.session.addSettled('s', handle - 1, undefined, bed.nowMs);
    bed.turn();
    expect(bed.asked('write')).toEqual([]);
    bed.addSettled('s');
    expect(bed.asked('write').map(({transition}) => transition.kind)).toEqual(['ready']);
  });

  it('to a drop of before do not end the present one', () => {
    const bed = new SessionBed().ready().owns('s');
    rereads(bed, 's', bed.record('dropping'));
    const {handle} = bed.latest('drop', 's');
    bed.session.dropSettled('s', handle - 1, undefined, bed.nowMs);
    bed.turn();
    expect(bed.asked('write')).toEqual([]);
    bed.dropSettled('s');
    expect(bed.asked('write').map(({transition}) => transition.kind)).toEqual(['free']);
  });

  it('from work of a handle of before hold nothing back', () => {
    const bed = new SessionBed().ready().owns('s');
    const {handle} = bed.latest('add', 's');
    bed.session.workChanged('s', handle - 1, 1);
    rereads(bed, 's', bed.record('dropping'));
    bed.dropSettled('s');
    expect(bed.asked('write').map(({transition}) => transition.kind)).toEqual(['free']);
  });
});

describe('a claim', () => {
  it('is not ready before add has ended', () => {
    const bed = new SessionBed().ready();
    bed.tell('s', 'assigned');
    bed.answerWrite('s');
    expect(bed.asked('write')).toHaveLength(1);
    bed.turn(1_000);
    expect(bed.asked('write')).toHaveLength(1);
    bed.addSettled('s');
    expect(bed.asked('write')).toHaveLength(2);
  });

  it('is the only question about its record while it has no answer', () => {
    const bed = new SessionBed().ready();
    bed.tell('s', 'assigned');
    bed.look();
    bed.session.hint(bed.session.incarnation, 's', bed.revision + 1_000);
    bed.turn(1_000);
    expect([...bed.asked('read'), ...bed.asked('write')]).toEqual([]);
  });
});
