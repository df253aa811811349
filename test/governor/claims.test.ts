import {describe, expect, it} from 'vitest';
import {GovernorBed} from './governor-bed.ts';

const FIRST_PLAN_MS = 3_000;
const UNCLAIMED_LIMIT_MS = 5_000;
const BOTH = ['c1', 'c2'];

/** Two shards pinned nowhere, one for each container; c2 claims, c1 is deaf. */
function withDeaf(): GovernorBed {
  const bed = new GovernorBed(['s1', 's2']);
  for (const container of BOTH) bed.join(container);
  bed.pass(FIRST_PLAN_MS, BOTH);
  bed.claim(bed.unclaimed('c2'));
  return bed;
}

describe('a container that claims nothing', () => {
  it('counts as unreachable after 5 s, and what waits for it goes elsewhere', () => {
    const bed = withDeaf();
    const [waiting = ''] = bed.unclaimed('c1');
    bed.pass(UNCLAIMED_LIMIT_MS - 3_500, BOTH);
    expect(bed.places[waiting]).toBe('assigned c1');
    bed.pass(4_000, BOTH);
    expect(bed.places[waiting]).toBe('assigned c2');
    expect(bed.status?.containers['c1']?.state).toBe('unreachable');
    expect(bed.status?.alarms.map(({code}) => code)).toContain('UNREACHABLE');
  });

  it('does not count as unreachable while the governor itself is behind: its hints come late', () => {
    const bed = withDeaf();
    const stateOf = (): string | undefined => bed.status?.containers['c1']?.state;
    // Each turn takes a thousand of them.
    for (let at = 0; at < 15_000; at += 1) bed.addShard(`late-${at}`, {manualContainerId: 'c2'});
    for (let passedMs = 0; passedMs < 2 * UNCLAIMED_LIMIT_MS; passedMs += 1_000) {
      for (const container of BOTH) bed.beat(container);
      bed.turn(1_000);
    }
    expect(stateOf()).not.toBe('unreachable');
    bed.pass(2 * UNCLAIMED_LIMIT_MS, BOTH);
    expect(stateOf()).toBe('unreachable');
  });

  it('is given nothing new until a call to it has succeeded, however long that takes', () => {
    const bed = withDeaf();
    bed.pass(UNCLAIMED_LIMIT_MS + 1_000, BOTH);
    bed.claim(bed.unclaimed('c2'));
    bed.pass(60_000, BOTH);
    bed.addShard('s3');
    bed.pass(1_500, BOTH);
    expect(bed.status?.containers['c1']?.state).toBe('unreachable');
    expect(bed.places['s3']).toBe('assigned c2');
    bed.claim(['s3']);
    bed.reached('c1');
    bed.pass(1_500, BOTH);
    expect(bed.status?.containers['c1']).toBeUndefined();
    // It is ready again: its share is on its way to it.
    expect(Object.values(bed.places).filter((place) => place.startsWith('dropping'))).toHaveLength(
      1,
    );
  });

  it('is called at once, then with a back-off of 1 to 4 s, and nobody else is', () => {
    const bed = withDeaf();
    for (let round = 0; round < 6; round += 1) {
      bed.pass(5_000, BOTH);
      bed.claim(bed.unclaimed('c2'));
    }
    const waits = bed.calls.slice(1).map(([, atMs], index) => atMs - (bed.calls[index]?.[1] ?? 0));
    expect(bed.calls.length).toBeGreaterThan(6);
    expect(waits.slice(0, 5)).toEqual([1_000, 2_000, 4_000, 4_000, 4_000]);
    expect(new Set(bed.calls.map(([container]) => container))).toEqual(new Set(['c1']));
  });

  it('that can be called and claims nothing all the same is called rarely from then on', () => {
    const bed = withDeaf();
    bed.pass(UNCLAIMED_LIMIT_MS, BOTH);
    bed.claim(bed.unclaimed('c2'));
    bed.reached('c1');
    bed.pass(1_000, BOTH);
    bed.addShard('s3', {manualContainerId: 'c1'});
    const before = bed.calls.length;
    bed.pass(UNCLAIMED_LIMIT_MS + 2_000, BOTH);
    expect(bed.status?.containers['c1']?.state).toBe('unreachable');
    expect(bed.calls).toHaveLength(before);
    bed.pass(10_000, BOTH);
    expect(bed.calls.length - before).toBe(3);
  });

  it('keeps what it owns: nothing is taken from it by force', () => {
    const bed = new GovernorBed(['s1', 's2']);
    for (const container of BOTH) bed.join(container);
    bed.pass(FIRST_PLAN_MS, BOTH);
    for (const container of BOTH) bed.claim(bed.unclaimed(container));
    const owned = {...bed.places};
    for (const shard of ['s3', 's4', 's5', 's6']) bed.addShard(shard);
    bed.pass(500, BOTH);
    bed.claim(bed.unclaimed('c2'));
    bed.pass(UNCLAIMED_LIMIT_MS + 2_000, BOTH);
    expect(bed.unclaimed('c1')).toEqual([]);
    expect(bed.places).toMatchObject(owned);
  });

  it('counts as reachable again as soon as it claims: hints reach it after all', () => {
    const bed = new GovernorBed(['s1', 's2', 's3', 's4']);
    for (const container of BOTH) bed.join(container);
    bed.pass(FIRST_PLAN_MS, BOTH);
    // The whole app stood still for a while; nothing can be given to another.
    bed.pass(UNCLAIMED_LIMIT_MS + 1_000, BOTH);
    expect(Object.keys(bed.status?.containers ?? {})).toEqual(BOTH);
    const given = {...bed.places};
    bed.claim(bed.unclaimed('c1').slice(0, 1));
    bed.claim(bed.unclaimed('c2').slice(0, 1));
    bed.pass(1_100, BOTH);
    expect(bed.status?.containers).toEqual({});
    bed.addShard('s5');
    bed.pass(1_000, BOTH);
    expect(bed.places['s5']).toMatch(/^assigned c[12]$/);
    const held = (places: Record<string, string>): string[] =>
      ['s1', 's2', 's3', 's4'].map((shard) => (places[shard] ?? '').slice(-2));
    expect(held(bed.places)).toEqual(held(given));
  });

  it('whose claims come one by one is not deaf', () => {
    const shards = Array.from({length: 20}, (_, index) => `s${index}`);
    const bed = new GovernorBed(shards);
    bed.join('c1');
    bed.pass(FIRST_PLAN_MS, ['c1']);
    for (const _ of shards) {
      bed.claim(bed.unclaimed('c1').slice(0, 1));
      bed.pass(UNCLAIMED_LIMIT_MS - 1_000, ['c1']);
      expect(bed.status?.containers['c1']).toBeUndefined();
    }
    expect(Object.values(bed.places)).toEqual(shards.map(() => 'owned c1'));
  });
});

describe('a late claim', () => {
  it('of what was given to another meanwhile is not a claim at all', () => {
    const bed = withDeaf();
    const [shard = ''] = bed.unclaimed('c1');
    const seen = bed.own.get(shard);
    bed.pass(UNCLAIMED_LIMIT_MS + 1_000, BOTH);
    // The store would refuse it: its guard names the version that c1 was told of.
    expect(bed.own.get(shard)?.mod).not.toBe(seen?.mod);
    expect(bed.own.get(shard)?.value).toMatchObject({container: 'c2', token: '', ready: false});
  });
});
