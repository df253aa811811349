import {describe, expect, it} from 'vitest';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {parseToken} from '../../src/model/token.ts';
import {SessionBed, TTL_MS, specOf} from './session-bed.ts';

/** A container that has been told of the shard and has read this of it. */
function reads(bed: SessionBed, ...record: Parameters<SessionBed['record']>): void {
  bed.tell('s', ...record);
}

/** A container that has freed the shard and does not know whether the free has landed. */
function freesWithoutAnswer(): {bed: SessionBed; token: string} {
  const bed = new SessionBed().ready().owns('s');
  const {token} = bed.latest('add', 's');
  reads(bed, 'dropping', {token});
  bed.dropSettled('s');
  bed.answerWrite('s', 'unknown');
  bed.turn(100);
  bed.look();
  return {bed, token};
}

function seen(bed: SessionBed): SessionBed {
  bed.session.clusterSeen({epoch: 1, doubt: undefined, mod: 7}, bed.nowMs);
  return bed;
}

/** A hint tells of a record that is assigned to it. */
function hinted(bed: SessionBed): SessionBed {
  const own = seen(bed).record('assigned');
  bed.session.hint(bed.session.incarnation, 's', own.mod, () => own.value);
  bed.turn();
  return bed;
}

describe('claiming what a hint tells', () => {
  it('claims without a read what a hint tells, guarded by the whole of it', () => {
    const bed = new SessionBed().ready();
    bed.session.clusterSeen({epoch: 1, doubt: undefined, mod: 7}, bed.nowMs);
    const own = bed.record('assigned', {failures: 2});
    bed.session.hint(bed.session.incarnation, 's', own.mod, () => own.value);
    bed.turn();
    expect(bed.asked('read')).toEqual([]);
    const {transition, op} = bed.latest('write', 's');
    expect(transition).toMatchObject({kind: 'claim', readsSpec: true});
    expect(transition.record).toEqual({...own.value, state: 'owned'});
    expect(transition.guards).toContainEqual({kind: 'ownIs', shard: 's', record: own.value});
    expect(transition.guards).toContainEqual({kind: 'clusterMod', mod: 7});
    const spec = {...specOf('s'), task: 'of the claim'};
    const revision = bed.next();
    bed.session.writeAnswered('s', op, {kind: 'committed', revision, spec}, bed.nowMs);
    bed.turn();
    expect(bed.latest('add', 's').spec.task).toBe('of the claim');
    expect(parseToken(bed.latest('add', 's').token)).toEqual({epoch: 1, revision});
  });

  it('reads what a hint tells when it is not as told, or nobody knows', () => {
    for (const kind of ['refused', 'unknown'] as const) {
      const bed = hinted(new SessionBed().ready());
      bed.answerWrite('s', kind);
      bed.turn(200);
      const own = bed.record('assigned');
      bed.answerRead('s', own);
      expect(bed.latest('write', 's').transition.guards).toContainEqual({
        ...{kind: 'own', shard: 's', mod: own.mod},
      });
    }
  });

  it('is not told twice: a repeated hint neither reads nor claims while the claim is under way', () => {
    const bed = seen(new SessionBed().ready());
    const own = bed.record('assigned');
    const tell = (): void =>
      bed.session.hint(bed.session.incarnation, 's', own.mod, () => own.value);
    tell();
    tell();
    bed.turn();
    tell();
    bed.turn();
    expect(bed.asked('write')).toHaveLength(1);
    bed.answerWrite('s', 'refused');
    expect(bed.asked('read')).toHaveLength(1);
  });

  it('a claim without a spec in its answer waits for one', () => {
    const bed = hinted(new SessionBed().ready());
    bed.answerWrite('s');
    expect(bed.asked('add')).toEqual([]);
    bed.turn(1_000);
    expect(bed.asked('read')).toHaveLength(1);
  });

  it.each([
    ['the cluster record was never looked at', (bed: SessionBed) => bed],
    ['it is for another incarnation', (bed: SessionBed) => seen(bed), {incarnation: 'other'}],
    ['it is not an assignment', (bed: SessionBed) => seen(bed), {state: 'owned'}],
    ['it holds the shard', (bed: SessionBed) => seen(bed).owns('s')],
  ] as [string, (bed: SessionBed) => SessionBed, Partial<OwnershipRecord>?][])(
    'reads what a hint tells when %s',
    (_when, prepare, fields = {}) => {
      const bed = prepare(new SessionBed().ready());
      const own = bed.record('assigned', fields);
      bed.session.hint(bed.session.incarnation, 's', own.mod, () => own.value);
      bed.turn();
      expect(bed.asked('read')).toHaveLength(1);
      expect(bed.asked('write')).toEqual([]);
    },
  );
});

describe('claiming', () => {
  it('reads before it claims, and claims what it has read', () => {
    const bed = new SessionBed().ready();
    bed.session.hint(bed.session.incarnation, 's', 500);
    bed.turn();
    expect(bed.asked('write')).toEqual([]);
    const own = bed.record('assigned');
    bed.answerRead('s', own);
    const {transition} = bed.latest('write', 's');
    expect(transition.kind).toBe('claim');
    expect(transition.guards).toContainEqual({kind: 'own', shard: 's', mod: own.mod});
    expect(bed.asked('add')).toEqual([]);
  });

  it('a hint for another incarnation, or for another record, is nothing', () => {
    const bed = new SessionBed().ready();
    bed.session.hint('other', 's', 500);
    bed.turn();
    expect(bed.asked('read')).toEqual([]);
    reads(bed, 'assigned', {incarnation: 'other'});
    expect(bed.asked('write')).toEqual([]);
  });

  it('the token is the revision of the claim, and is written with ready', () => {
    const bed = new SessionBed().ready();
    reads(bed, 'assigned');
    bed.answerWrite('s');
    const revision = bed.revision;
    const {token} = bed.latest('add', 's');
    expect(parseToken(token)).toEqual({epoch: 1, revision});
    bed.addSettled('s');
    expect(bed.latest('write', 's').transition).toMatchObject({
      kind: 'ready',
      record: {ready: true, token},
    });
  });

  it('of unknown outcome is read: mine means adopted, with the token of the claim', () => {
    const bed = new SessionBed().ready();
    reads(bed, 'assigned');
    bed.answerWrite('s', 'unknown');
    bed.turn(100);
    const claimed = bed.record('owned');
    bed.answerRead('s', claimed);
    expect(parseToken(bed.latest('add', 's').token)?.revision).toBe(claimed.mod);
    expect(bed.asked('write')).toHaveLength(1);
  });

  it('of unknown outcome is read again when the read is older than what is known', () => {
    const bed = new SessionBed().ready();
    reads(bed, 'assigned');
    bed.answerWrite('s', 'unknown');
    bed.turn(100);
    bed.look();
    bed.answerRead('s', undefined, 5);
    expect(bed.asked('add')).toEqual([]);
    bed.turn(100);
    expect(bed.asked('read')).toHaveLength(1);
  });

  it('of unknown outcome is read in the order of writes, told or read before, until an answer comes', () => {
    for (const bed of [hinted(new SessionBed().ready()), new SessionBed().ready()]) {
      if (bed.session.machines.size === 0) reads(bed, 'assigned');
      bed.answerWrite('s', 'unknown');
      bed.turn(100);
      expect(bed.latest('read', 's').ordered).toBe(true);
      bed.readFails('s');
      bed.turn(200);
      expect(bed.latest('read', 's').ordered).toBe(true);
      bed.answerRead('s', bed.record('assigned', {incarnation: 'other'}));
      // Known now: what is read later may be read as ever.
      bed.session.hint(bed.session.incarnation, 's', bed.revision + 1);
      bed.turn();
      expect(bed.latest('read', 's').ordered).toBe(false);
    }
  });

  it('that was refused has no unknown outcome', () => {
    const bed = new SessionBed().ready();
    reads(bed, 'assigned');
    bed.answerWrite('s', 'refused');
    bed.turn();
    expect(bed.latest('read', 's').ordered).toBe(false);
  });

  it('refused means somebody was first: it acts on what it reads then', () => {
    const bed = new SessionBed().ready();
    reads(bed, 'assigned');
    bed.answerWrite('s', 'refused');
    bed.turn();
    bed.answerRead('s', bed.record('assigned', {incarnation: 'other'}));
    expect(bed.asked('add')).toEqual([]);
    expect(bed.session.machines.has('s')).toBe(false);
  });

  it('an answer to a claim of before is not taken for the one under way', () => {
    const bed = new SessionBed().ready();
    reads(bed, 'assigned');
    const {op} = bed.latest('write', 's');
    bed.answerWrite('s', 'unknown');
    bed.turn(100);
    bed.answerRead('s', bed.record('assigned', {incarnation: 'other'}));
    // The record is another's; now the late answer to the claim arrives.
    bed.session.writeAnswered('s', op, {kind: 'committed', revision: 104}, bed.nowMs);
    bed.turn();
    expect(bed.asked('add')).toEqual([]);
  });
});

describe('reading', () => {
  it('is repeated with back-off when it fails', () => {
    const bed = new SessionBed().ready();
    bed.session.hint(bed.session.incarnation, 's', 500);
    bed.turn();
    for (const waitMs of [200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      bed.readFails('s');
      bed.look();
      bed.turn(waitMs - 1);
      expect(bed.asked('read')).toEqual([]);
      bed.turn(1);
      expect(bed.asked('read')).toHaveLength(1);
    }
  });

  it('of what is mine without a spec is repeated once a second, and nothing is added', () => {
    const bed = new SessionBed().ready();
    bed.session.hint(bed.session.incarnation, 's', 500);
    bed.turn();
    const claimed = bed.record('owned');
    for (let round = 0; round < 3; round += 1) {
      bed.readWithoutSpec('s', claimed);
      bed.look();
      bed.turn(999);
      expect(bed.asked('read')).toEqual([]);
      bed.turn(1);
      expect(bed.asked('read')).toHaveLength(1);
    }
    expect(bed.actions.filter(({type}) => type === 'add')).toEqual([]);
    bed.answerRead('s', claimed);
    expect(bed.asked('add')).toHaveLength(1);
  });
});

describe('the high-water mark', () => {
  it('outlives the shard: a record from before the free is not adopted', () => {
    const bed = new SessionBed().ready().owns('s');
    const stale = bed.record('owned', {token: bed.latest('add', 's').token, ready: true});
    reads(bed, 'dropping', {token: bed.latest('add', 's').token});
    bed.dropSettled('s');
    bed.answerWrite('s');
    expect(bed.session.machines.has('s')).toBe(false);
    bed.look();
    // A stale read brings the record of before: it is below the mark.
    bed.session.hint(bed.session.incarnation, 's', bed.revision + 1);
    bed.turn();
    bed.answerRead('s', stale, stale.mod);
    expect(bed.asked('add')).toEqual([]);
    expect(bed.asked('write')).toEqual([]);
  });

  it('a hint at or below it is not even read', () => {
    const bed = new SessionBed().ready().owns('s');
    const {mark} = bed.session.machines.get('s') ?? {mark: 0};
    bed.session.hint(bed.session.incarnation, 's', mark);
    bed.turn();
    expect(bed.asked('read')).toEqual([]);
    bed.session.hint(bed.session.incarnation, 's', mark + 1);
    bed.turn();
    expect(bed.asked('read')).toHaveLength(1);
  });
});

describe('letting go', () => {
  it('aborts, runs drop, and frees only when add, drop and all work have settled', () => {
    const bed = new SessionBed().ready().owns('s');
    const {handle} = bed.latest('add', 's');
    bed.session.workChanged('s', handle, 1);
    reads(bed, 'dropping', {token: bed.latest('add', 's').token});
    expect(bed.asked('abort')).toMatchObject([{reason: 'moved'}]);
    bed.dropSettled('s');
    expect(bed.asked('write')).toEqual([]);
    bed.session.workChanged('s', handle, 0);
    bed.turn();
    expect(bed.latest('write', 's').transition.kind).toBe('free');
    expect(bed.asked('revoke')).toMatchObject([{handle}]);
  });

  it('waits for an add that is still running', () => {
    const bed = new SessionBed().ready();
    reads(bed, 'assigned');
    bed.answerWrite('s');
    reads(bed, 'dropping', {token: bed.latest('add', 's').token});
    expect(bed.asked('abort')).toHaveLength(1);
    expect(bed.asked('drop')).toEqual([]);
    bed.addSettled('s');
    expect(bed.asked('drop')).toHaveLength(1);
  });

  it('a drop that throws is tried again with back-off and never frees', () => {
    const bed = new SessionBed().ready().owns('s');
    reads(bed, 'dropping', {token: bed.latest('add', 's').token});
    for (const waitMs of [1_000, 2_000, 4_000, 5_000]) {
      bed.look();
      bed.dropSettled('s', 'no');
      bed.turn(waitMs - 1);
      expect(bed.asked('drop')).toEqual([]);
      bed.turn(1);
      expect(bed.asked('drop')).toHaveLength(1);
      expect(bed.asked('write')).toEqual([]);
    }
  });

  it('after a free of unknown outcome it acts only past a write that has changed the record', () => {
    const {bed, token} = freesWithoutAnswer();
    // The free has not landed, and may yet: the record still says dropping.
    bed.answerRead('s', bed.record('dropping', {token}));
    expect(bed.asked('add')).toEqual([]);
    expect(bed.latest('write', 's').transition.kind).toBe('free');
    bed.answerWrite('s');
    expect(bed.session.machines.has('s')).toBe(false);
  });

  it('a free of unknown outcome that has landed is over: nothing more is written', () => {
    const {bed, token} = freesWithoutAnswer();
    bed.answerRead('s', bed.record('free', {token}));
    expect(bed.asked('write')).toEqual([]);
    expect(bed.session.machines.has('s')).toBe(false);
  });

  it('an add that throws frees the shard with the failure counted', () => {
    const bed = new SessionBed().ready();
    reads(bed, 'assigned', {failures: 2});
    bed.answerWrite('s');
    bed.addSettled('s', 'disk full');
    expect(bed.asked('drop')).toMatchObject([{reason: 'failed'}]);
    bed.dropSettled('s');
    expect(bed.latest('write', 's').transition).toMatchObject({
      kind: 'free',
      record: {state: 'free', failures: 3, lastError: 'disk full'},
    });
  });

  it('an add that throws because it was told to stop is not a failure', () => {
    const bed = new SessionBed().ready();
    reads(bed, 'assigned');
    bed.answerWrite('s');
    reads(bed, 'dropping', {token: bed.latest('add', 's').token});
    bed.addSettled('s', 'aborted');
    bed.dropSettled('s');
    expect(bed.latest('write', 's').transition).toMatchObject({
      kind: 'free',
      record: {failures: 0, lastError: ''},
    });
  });
});

describe('a hook that does not end', () => {
  it.each([
    ['add', 60_000],
    ['drop', 30_000],
  ] as const)(
    '%s is reported once after its limit, with the heartbeat, and holds nothing back',
    (hook, limitMs) => {
      const bed = new SessionBed().ready();
      reads(bed, 'assigned');
      bed.answerWrite('s');
      if (hook === 'drop') {
        bed.addSettled('s');
        bed.answerWrite('s');
        reads(bed, 'dropping', {token: bed.latest('add', 's').token});
      }
      const sinceMs = bed.nowMs;
      const untilMs = sinceMs + limitMs;
      while (bed.nowMs < untilMs + TTL_MS) bed.commit(bed.beat());
      expect(bed.asked('stuck')).toEqual([{type: 'stuck', shard: 's', hook}]);
      expect(bed.asked('heartbeat').at(-1)?.write.value.overdue).toEqual([
        {shard: 's', hook, sinceMs},
      ]);
      expect(bed.session.acting).toBe(true);
      expect(bed.asked('write').filter(({transition}) => transition.kind === 'free')).toEqual([]);
    },
  );
});
