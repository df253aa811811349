/** Containers that say something else than their records. */
import {describe, expect, it} from 'vitest';
import {GovernorBed} from './governor-bed.ts';

const BOTH = ['c1', 'c2'];
const FIRST_PLAN_MS = 3_000;

function withTwo(): GovernorBed {
  const bed = new GovernorBed(['s1', 's2', 's3', 's4']);
  for (const container of BOTH) bed.join(container);
  bed.pass(FIRST_PLAN_MS, BOTH);
  for (const container of BOTH) bed.claim(bed.unclaimed(container));
  bed.pass(1_000, BOTH);
  return bed;
}

const heldBy = (bed: GovernorBed, container: string): string[] =>
  Object.entries(bed.places)
    .filter(([, place]) => place === `owned ${container}`)
    .map(([shard]) => shard);

/** c1 is asked and names these shards. */
function say(bed: GovernorBed, shards: readonly string[], ready = true): void {
  bed.governor.holdingsSaid('c1-inc', new Map(shards.map((shard) => [shard, ready])));
  bed.pass(1_500, BOTH);
}

const alarms = (bed: GovernorBed): string[] => (bed.status?.alarms ?? []).map(({text}) => text);

describe('a container that does not hold what is recorded as its own', () => {
  it('is hinted once at the record that it does not know, after each such answer', () => {
    const bed = withTwo();
    const [kept = '', lost = ''] = heldBy(bed, 'c1');
    const hinted = (): unknown =>
      bed.governor.advance(bed.nowMs, 0).filter(({type}) => type === 'hints');
    for (let answers = 0; answers < 2; answers += 1) {
      bed.governor.holdingsSaid('c1-inc', new Map([[kept, true]]));
      const item = {shard: lost, op: 'add', revision: bed.own.get(lost)?.mod};
      expect(hinted()).toMatchObject([{incarnation: 'c1-inc', items: [item]}]);
      expect(hinted()).toEqual([]);
    }
    bed.governor.holdingsSaid('c1-inc', new Map([kept, lost].map((shard) => [shard, true])));
    expect(hinted()).toEqual([]);
  });

  it('gets nothing new from the second answer on, keeps what it has, and is trusted after two that agree', () => {
    const bed = withTwo();
    const [kept = '', lost = ''] = heldBy(bed, 'c1');
    say(bed, [kept]);
    expect(alarms(bed)).toEqual([]);
    say(bed, [kept]);
    expect(bed.status?.containers['c1']).toMatchObject({
      state: 'unreachable',
      note: `does not run shard ${lost}, which it owns according to the record`,
    });
    expect(alarms(bed)).toEqual([
      `container c1 gets no new shards: it does not run shard ${lost}, which it owns according to the record`,
    ]);
    const before = bed.places;
    for (const shard of ['n1', 'n2', 'n3']) bed.addShard(shard);
    bed.pass(2_000, BOTH);
    for (const shard of ['n1', 'n2', 'n3']) expect(bed.places[shard]).toBe('assigned c2');
    expect(bed.places).toMatchObject(before);
    say(bed, [kept, lost]);
    expect(alarms(bed)).toHaveLength(1);
    say(bed, [kept, lost]);
    expect(alarms(bed)).toEqual([]);
    expect(bed.status?.containers['c1']).toBeUndefined();
  });
});

describe('a container that serves what is not recorded as its own', () => {
  it('is noticed at the second answer', () => {
    const bed = withTwo();
    const mine = heldBy(bed, 'c1');
    const [foreign = ''] = heldBy(bed, 'c2');
    for (let answers = 0; answers < 2; answers += 1) say(bed, [...mine, foreign]);
    expect(alarms(bed)[0]).toContain(`runs shard ${foreign}`);
    expect(heldBy(bed, 'c2')).toContain(foreign);
  });

  it('is believed where it says that it does not serve the shard any more', () => {
    const bed = withTwo();
    for (let answers = 0; answers < 3; answers += 1) {
      say(bed, heldBy(bed, 'c1'));
      bed.governor.holdingsSaid(
        'c1-inc',
        new Map([...heldBy(bed, 'c1'), 'x'].map((s) => [s, s !== 'x'])),
      );
    }
    expect(alarms(bed)).toEqual([]);
  });
});

describe('a difference of a moment', () => {
  it('is none when the record has changed between two answers', () => {
    const bed = withTwo();
    const [kept = '', moving = ''] = heldBy(bed, 'c1');
    say(bed, [kept]);
    const known = bed.own.get(moving);
    if (known === undefined) throw new Error('no record');
    bed.record(moving, known.value);
    say(bed, [kept]);
    expect(alarms(bed)).toEqual([]);
    say(bed, [kept]);
    expect(alarms(bed)).toHaveLength(1);
  });

  it('ends with the incarnation', () => {
    const bed = withTwo();
    for (let answers = 0; answers < 2; answers += 1) say(bed, []);
    expect(alarms(bed)).toHaveLength(1);
    bed.end('c1');
    bed.pass(1_500, ['c2']);
    expect(alarms(bed)).toEqual([]);
    bed.governor.holdingsSaid('c1-inc', new Map());
    bed.pass(1_500, ['c2']);
    expect(alarms(bed)).toEqual([]);
  });
});

describe('a container that cannot be asked', () => {
  const CAUSE = 'its answer cannot be read';
  const ask = ({governor}: GovernorBed): void => {
    governor.holdingsSaid('c1-inc', {cause: CAUSE});
  };
  const fail = (bed: GovernorBed, times: number): void => {
    for (let asked = 0; asked < times; asked += 1) {
      ask(bed);
      bed.pass(1_500, BOTH);
    }
  };
  const NAMED = [`container c1 cannot be asked which shards it runs: ${CAUSE}`];

  it('is named from the third time in a row on, goes on as before, and is named no more once it answers', () => {
    const bed = withTwo();
    fail(bed, 2);
    say(bed, heldBy(bed, 'c1'));
    fail(bed, 2);
    expect(alarms(bed)).toEqual([]);
    fail(bed, 1);
    expect(alarms(bed)).toEqual(NAMED);
    expect(bed.status?.alarms[0]).toMatchObject({code: 'HOLDINGS_UNKNOWN', object: 'c1'});
    expect(bed.status?.containers).toEqual({});
    say(bed, heldBy(bed, 'c1'));
    expect(alarms(bed)).toEqual([]);
  });

  it('is named no more once it leaves, is evicted, or is gone', () => {
    for (const state of ['leaving', 'evicting'] as const) {
      const bed = withTwo();
      fail(bed, 3);
      expect(alarms(bed)).toEqual(NAMED);
      bed.beat('c1', state);
      bed.pass(1_500, ['c2']);
      expect(alarms(bed)).toEqual([]);
    }
    const bed = withTwo();
    fail(bed, 3);
    bed.end('c1');
    ask(bed);
    bed.pass(1_500, ['c2']);
    expect(alarms(bed)).toEqual([]);
    bed.join('c1');
    bed.pass(1_500, BOTH);
    expect(alarms(bed)).toEqual([]);
  });

  it('has no second alarm while it is unreachable, or is not heard', () => {
    const bed = withTwo();
    for (let seconds = 0; seconds < 8; seconds += 1) {
      bed.governor.contacted('c1-inc', 'no answer in time', bed.nowMs);
      bed.pass(1_000, BOTH);
    }
    fail(bed, 3);
    expect(bed.status?.alarms.map(({code}) => code)).toEqual(['UNREACHABLE']);
  });
});
