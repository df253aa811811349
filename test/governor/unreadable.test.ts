/** Values that cannot be read: what they stand for is not forgotten, and does not block for ever. */
import {describe, expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {GovernorBed} from './governor-bed.ts';
import {TTL_MAX_MS} from '../../src/model/limits.ts';

/** W of a heartbeat whose T nobody can read. */
const LONGEST_W_MS = silenceMs(TTL_MAX_MS);
const STEP_MS = 200;
const PROBLEM = 'no JSON';

function bedOf(containers: readonly string[]): GovernorBed {
  const bed = new GovernorBed(['s1', 's2', 's3', 's4']);
  for (const container of containers) bed.join(container);
  bed.pass(3_000, containers);
  for (const container of containers) bed.claim(bed.unclaimed(container));
  bed.pass(1_000, containers);
  return bed;
}

describe('a heartbeat that cannot be read', () => {
  it('counts as T = 60 s: it is evicted at the version that was seen, and its shards go to others', () => {
    const bed = bedOf(['c1', 'c2']);
    const held = Object.keys(bed.places).filter((shard) => bed.places[shard]?.endsWith('c1'));
    const mod = bed.corrupt('heartbeat', 'c1-inc', PROBLEM);
    bed.pass(LONGEST_W_MS - STEP_MS, ['c2']);
    expect(bed.evictions).toEqual([]);
    bed.pass(2 * STEP_MS, ['c2']);
    expect(bed.evictions[0]).toMatchObject({container: 'c1', incarnation: 'c1-inc', mod});
    expect(bed.evictions[0]?.idMod).toBeGreaterThan(0);
    for (const eviction of bed.evictions.slice(0, 1)) bed.evicted(eviction);
    bed.pass(STEP_MS, ['c2']);
    for (const shard of held) expect(bed.places[shard]).toBe('assigned c2');
  });

  it('that was never readable here is counted, too, by the name its id key gives it', () => {
    const bed = bedOf(['c1', 'c2']);
    bed.corrupt('heartbeat', 'other-inc', PROBLEM);
    bed.holdsId('c3', 'other-inc');
    bed.pass(LONGEST_W_MS + STEP_MS, ['c1', 'c2']);
    expect(bed.evictions[0]).toMatchObject({container: 'c3', incarnation: 'other-inc'});
    expect(bed.evictions[0]?.idMod).toBeGreaterThan(0);
  });

  it('that goes on changing, as that of a newer version does, is never evicted', () => {
    const bed = bedOf(['c1', 'c2']);
    for (let ms = 0; ms < 2 * LONGEST_W_MS; ms += 2_000) {
      bed.corrupt('heartbeat', 'c1-inc', 'version 2 is newer than 1');
      bed.pass(2_000, ['c2']);
    }
    expect(bed.evictions).toEqual([]);
  });

  it('gets nothing new and keeps what it has meanwhile, and is shown', () => {
    const bed = bedOf(['c1', 'c2']);
    const before = {...bed.places};
    bed.corrupt('heartbeat', 'c1-inc', PROBLEM);
    for (const shard of ['s5', 's6', 's7', 's8']) bed.addShard(shard);
    bed.pass(2_500, ['c2']);
    expect(bed.unclaimed('c1')).toEqual([]);
    expect(bed.unclaimed('c2')).toEqual(['s5', 's6', 's7', 's8']);
    expect(bed.places).toMatchObject(before);
    expect(bed.status?.containers['c1']).toMatchObject({state: 'unreachable'});
    expect(bed.status?.containers['c1']?.note).toContain(PROBLEM);
    expect(bed.status?.alarms).toContainEqual(
      expect.objectContaining({code: 'QUARANTINE', text: expect.stringContaining('c1') as string}),
    );
  });

  it('that can be read again counts with its own T from then on', () => {
    const bed = bedOf(['c1', 'c2']);
    bed.corrupt('heartbeat', 'c1-inc', PROBLEM);
    bed.pass(5_000, ['c2']);
    bed.pass(2_500, ['c1', 'c2']);
    expect(bed.status?.containers).toEqual({});
    expect(bed.status?.alarms).toEqual([]);
  });

  it('older than what is known says nothing', () => {
    const bed = bedOf(['c1', 'c2']);
    bed.pass(1_000, ['c1', 'c2']);
    bed.corrupt('heartbeat', 'c1-inc', PROBLEM, 1);
    bed.pass(1_500, ['c1', 'c2']);
    expect(bed.status?.containers).toEqual({});
  });

  it('that is gone is forgotten', () => {
    const bed = bedOf(['c1', 'c2']);
    bed.corrupt('heartbeat', 'c1-inc', PROBLEM);
    bed.end('c1');
    bed.pass(2_500, ['c2']);
    expect(bed.status?.alarms).toEqual([]);
    for (const place of Object.values(bed.places)) expect(place).toContain('c2');
  });
});

describe('an order that cannot be read', () => {
  it('counts as a cordon: nothing new goes there, and nothing is moved away', () => {
    const bed = bedOf(['c1', 'c2']);
    const before = {...bed.places};
    bed.corrupt('order', 'c1', PROBLEM);
    for (const shard of ['s5', 's6']) bed.addShard(shard);
    bed.pass(2_500, ['c1', 'c2']);
    expect(bed.unclaimed('c2')).toEqual(['s5', 's6']);
    expect(bed.places).toMatchObject(before);
    expect(bed.status?.containers['c1']?.state).toBe('cordoned');
    bed.lift('c1');
    bed.claim(['s5', 's6']);
    bed.pass(2_500, ['c1', 'c2']);
    expect(bed.status?.containers).toEqual({});
  });
});

describe('a record with the container of one and the incarnation of another', () => {
  const others = ['c1', 'c2'];

  /** Its `container` is written over by hand. */
  function editedBed(): {readonly bed: GovernorBed; readonly shard: string} {
    const bed = bedOf(others);
    const [shard = ''] = Object.keys(bed.places).filter((one) => bed.places[one]?.endsWith('c1'));
    edit(bed, shard, 'c2');
    return {bed, shard};
  }

  function edit(bed: GovernorBed, shard: string, container: string): void {
    const known = bed.own.get(shard);
    if (known === undefined) throw new Error(`no record of ${shard}`);
    const mod = bed.next();
    const entry = {...known, mod, value: {...known.value, container}};
    bed.governor.changed({kind: 'own', mod, shard, entry}, bed.nowMs);
  }

  it('is shown, with an alarm, and counted as what cannot be read', () => {
    const {bed, shard} = editedBed();
    bed.pass(2_500, others);
    expect(bed.status?.quarantined).toEqual([
      {
        key: `own/${shard}`,
        problem: 'names container c2, but its incarnation is that of c1',
      },
    ]);
    expect(bed.status?.alarms).toContainEqual(
      expect.objectContaining({
        code: 'QUARANTINE',
        text: `1 value in etcd cannot be read, or name a container and the incarnation of another one: own/${shard}`,
      }),
    );
  });

  it('is left alone: not even an order moves it', () => {
    const {bed, shard} = editedBed();
    const record = bed.own.get(shard);
    bed.order('c2', 'drain');
    bed.pass(5_000, others);
    expect(bed.own.get(shard)).toEqual(record);
  });

  it('counts again once it is put right', () => {
    const {bed, shard} = editedBed();
    bed.pass(2_500, others);
    edit(bed, shard, 'c1');
    bed.pass(2_500, others);
    expect(bed.governor.view.isQuarantined(shard)).toBe(false);
    expect(bed.status?.alarms.map(({code}) => code)).not.toContain('QUARANTINE');
  });

  it('goes to others when the heartbeat of the incarnation is gone', () => {
    const {bed, shard} = editedBed();
    bed.pass(2_500, others);
    bed.end('c1');
    bed.pass(2_500, ['c2']);
    expect(bed.places[shard]).toBe('assigned c2');
    expect(bed.own.get(shard)?.value.incarnation).toBe('c2-inc');
  });
});
