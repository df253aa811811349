/** What a container gets before it has proved itself, and after its adds have failed: one bad container takes nothing from the others. */
import {describe, expect, it} from 'vitest';
import {TRIAL_BLOCKS_MS} from '../../src/governor/limits.ts';
import {GovernorBed} from './governor-bed.ts';
import {
  FIRST_PLAN_MS,
  HEALTHY,
  ALL,
  TWELVE,
  act,
  shardIds,
  live,
  placed,
  works,
  held,
  tries,
} from './manners.ts';
import {storedKeys} from './random/stored.ts';

/** Three of them may be on trial at once. */
const THREE_HUNDRED = shardIds(300);

describe('a new container that never claims', () => {
  const CLAIM_LIMIT_MS = 5_000;

  /** How long shards were not served, ms, while so many ms passed; `answers`: calls to it succeed. */
  function unservedMs(bed: GovernorBed, ms: number, answers: boolean): number {
    let sumMs = 0;
    for (let passedMs = 0; passedMs < ms; passedMs += 100) {
      sumMs += 100 * live(bed, 100, works(HEALTHY));
      bed.beat('c3');
      if (answers) for (const [container] of bed.calls.splice(0)) bed.reached(container);
    }
    return sumMs;
  }

  it('loses its trial shard after 5 s, and gets no other before a call to it succeeds', () => {
    const bed = placed();
    bed.join('c3');
    expect(unservedMs(bed, 60_000, false)).toBeLessThan(CLAIM_LIMIT_MS + 1_000);
    expect(tries(bed, 'c3')).toBe(1);
    expect(held(bed, 'c1') + held(bed, 'c2')).toBe(12);
    expect(bed.status?.containers['c3']?.state).toBe('unreachable');
  });

  it('gets fewer and fewer where calls to it succeed: each of them fails as a trial', () => {
    const bed = placed();
    bed.join('c3');
    unservedMs(bed, 60_000, true);
    const early = tries(bed, 'c3');
    unservedMs(bed, 60_000, true);
    expect(early).toBeGreaterThan(2);
    expect(tries(bed, 'c3') - early).toBeLessThan(early);
  });
});

describe('a container that refuses', () => {
  it('takes one shard at a time from two healthy ones, and gives it back at once', () => {
    const bed = placed();
    bed.join('c3');
    const worst = live(bed, 60_000, {...works(HEALTHY), c3: 'refuses'});
    expect(worst).toBe(1);
    expect(held(bed, 'c1') + held(bed, 'c2')).toBe(12);
    // At 0, 1, 3, 7, 15, 31 s, and the way there and back.
    expect(tries(bed, 'c3')).toBeGreaterThanOrEqual(5);
    expect(tries(bed, 'c3')).toBeLessThanOrEqual(7);
  });

  it('gets no second one while the first is not served again elsewhere', () => {
    const bed = placed();
    bed.join('c3');
    const worst = live(bed, 60_000, {c1: 'slow', c2: 'slow', c3: 'refuses'});
    expect(worst).toBe(1);
    expect(tries(bed, 'c3')).toBeGreaterThanOrEqual(4);
  });

  it('is shown with its last error, and raises an alarm, until a shard becomes ready there', () => {
    const bed = placed();
    bed.join('c3');
    live(bed, 3_000, {...works(HEALTHY), c3: 'refuses'});
    expect(bed.status?.containers['c3']).toMatchObject({
      state: 'refusing',
      note: 'its last add: no disk',
    });
    expect(bed.status?.alarms).toMatchObject([{code: 'REFUSING', cause: 'adds'}]);
    expect(bed.status?.alarms[0]?.text).toContain('container c3');
    live(bed, 20_000, works(ALL));
    expect(bed.status?.containers).toEqual({});
    expect(bed.status?.alarms).toEqual([]);
    expect(held(bed, 'c3')).toBe(4);
  });

  it('does not swallow shards that run nowhere', () => {
    const bed = placed(TWELVE, HEALTHY);
    bed.join('c3');
    live(bed, 3_000, {...works(HEALTHY), c3: 'refuses'});
    const before = tries(bed, 'c3');
    for (const shard of ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']) bed.addShard(shard);
    live(bed, 800, {...works(HEALTHY), c3: 'refuses'});
    expect(tries(bed, 'c3') - before).toBeLessThanOrEqual(1);
    live(bed, 2_000, {...works(HEALTHY), c3: 'refuses'});
    expect(held(bed, 'c1') + held(bed, 'c2')).toBe(18);
  });

  it('is not chosen for what has room nowhere else, but for one at a time', () => {
    const bed = new GovernorBed(TWELVE, {maxShardCount: 4});
    for (const container of HEALTHY) bed.join(container);
    live(bed, FIRST_PLAN_MS, works(HEALTHY));
    bed.join('c3');
    live(bed, 2_000, {...works(HEALTHY), c3: 'refuses'});
    const before = tries(bed, 'c3');
    live(bed, 20_000, {...works(HEALTHY), c3: 'refuses'});
    expect(tries(bed, 'c3') - before).toBeLessThanOrEqual(5);
    live(bed, 40_000, works(ALL));
    expect(held(bed, 'c3')).toBe(4);
  });

  it('that had proved itself refuses from its second failing shard on', () => {
    const bed = placed(TWELVE, ALL);
    for (const shard of ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']) bed.addShard(shard);
    const manners = {...works(HEALTHY), c3: 'refuses'} as const;
    live(bed, 2_500, manners);
    expect(bed.status?.containers['c3']?.state).toBe('refusing');
    expect(held(bed, 'c3')).toBe(4);
    live(bed, 2_000, manners);
    expect(held(bed, 'c1') + held(bed, 'c2')).toBe(14);
  });

  it('is not who has met a shard that fails everywhere', () => {
    const bed = placed();
    bed.addShard('poison');
    for (let passed = 0; passed < 20_000; passed += 100) {
      bed.pass(100, HEALTHY);
      const state = bed.own.get('poison')?.value.state;
      if (state === 'assigned') bed.claim(['poison'], false);
      if (state === 'owned') bed.free(['poison'], 'bad data');
      expect(bed.status?.containers).toEqual({});
    }
    expect(bed.own.get('poison')?.value.failures).toBeGreaterThan(3);
  });

  it('like all others is as good as they are', () => {
    const bed = new GovernorBed(TWELVE);
    for (const container of HEALTHY) bed.join(container);
    live(bed, 5_000, {c1: 'refuses', c2: 'refuses'});
    expect(bed.status?.containers).toMatchObject({
      c1: {state: 'refusing'},
      c2: {state: 'refusing'},
    });
    live(bed, 20_000, works(HEALTHY));
    expect(held(bed, 'c1') + held(bed, 'c2')).toBe(12);
    expect(bed.status?.alarms).toEqual([]);
  });
});

describe('where every container refuses', () => {
  it('what runs nowhere is given out at once, and not one by one', () => {
    const bed = new GovernorBed(TWELVE);
    for (const container of HEALTHY) bed.join(container);
    live(bed, 5_000, {c1: 'refuses', c2: 'refuses'});
    const fresh = ['n1', 'n2', 'n3', 'n4'];
    for (const shard of fresh) bed.addShard(shard);
    bed.pass(200, HEALTHY);
    for (const shard of fresh) expect(bed.places[shard]).toMatch(/^assigned c[12]$/);
  });
});

describe('a container that joins', () => {
  it('gets its share once a first shard is ready there', () => {
    const bed = placed();
    bed.join('c3');
    bed.pass(200, ALL);
    expect(Object.values(bed.places).filter((place) => place.startsWith('dropping'))).toHaveLength(
      1,
    );
    live(bed, 5_000, works(ALL));
    expect(held(bed, 'c3')).toBe(4);
  });

  it('whose first add hangs takes nothing else', () => {
    const bed = placed();
    bed.join('c3');
    expect(live(bed, 60_000, {...works(HEALTHY), c3: 'hangs'})).toBe(1);
    expect(tries(bed, 'c3')).toBe(1);
  });

  it('is given the one shard that runs nowhere rather than one that runs', () => {
    const bed = placed();
    bed.addShard('n1');
    bed.join('c3');
    bed.pass(200, ALL);
    expect(bed.places['n1']).toBe('assigned c3');
    expect(Object.values(bed.places).filter((place) => place.startsWith('dropping'))).toEqual([]);
  });

  it('takes what has no room elsewhere, and what is pinned to it', () => {
    const bed = new GovernorBed(TWELVE, {maxShardCount: 5});
    for (const container of HEALTHY) bed.join(container);
    live(bed, FIRST_PLAN_MS, works(HEALTHY));
    bed.addShard('pinned', {manualContainerId: 'c3'});
    bed.join('c3');
    bed.pass(200, ALL);
    expect(bed.unclaimed('c3')).toHaveLength(3);
    expect(bed.places['pinned']).toBe('assigned c3');
  });

  it('with all others, or many, waits for nobody', () => {
    const bed = new GovernorBed(TWELVE);
    for (const container of ALL) bed.join(container);
    bed.pass(FIRST_PLAN_MS, ALL);
    for (const container of ALL) expect(bed.unclaimed(container)).toHaveLength(4);
    // One is ready: the others keep what they were given.
    bed.claim(bed.unclaimed('c1'));
    bed.pass(1_000, ALL);
    for (const container of ['c2', 'c3']) expect(bed.unclaimed(container)).toHaveLength(4);
  });

  it('with many others beside one that serves takes its share of what runs nowhere, unproved', () => {
    const bed = placed(TWELVE, ['c1']);
    const joiners = Array.from({length: 8}, (_, index) => `j${index}`);
    for (const container of joiners) bed.join(container);
    for (let at = 0; at < 24; at += 1) bed.addShard(`n${at}`);
    bed.pass(500, ['c1', ...joiners]);
    expect(bed.unclaimed('c1')).toEqual([]);
    const given = joiners.map((container) => bed.unclaimed(container).length);
    expect(given.reduce((sum, count) => sum + count)).toBe(24);
    expect(given.filter((count) => count > 1).length).toBeGreaterThan(4);
  });

  it('as the successor of one that was lost gets back what that had', () => {
    const bed = placed(TWELVE, ALL);
    const before = held(bed, 'c3');
    bed.end('c3');
    bed.beat('c3', 'ready', 'c3-again');
    bed.holdsId('c3', 'c3-again');
    bed.pass(500, HEALTHY);
    expect(bed.unclaimed('c3')).toHaveLength(before);
  });

  it('and many more each prove themselves, at most a hundredth of the shards at a time', () => {
    const shards = Array.from({length: 400}, (_, index) => `s${index}`);
    const containers = Array.from({length: 30}, (_, index) => `c${index}`);
    const bed = placed(shards, containers);
    const joiners = Array.from({length: 10}, (_, index) => `j${index}`);
    for (const container of joiners) bed.join(container);
    bed.pass(500, [...containers, ...joiners]);
    expect(Object.values(bed.places).filter((place) => place.startsWith('dropping'))).toHaveLength(
      4,
    );
  });
});

describe('what crashes again and again', () => {
  let endedMs = 0;

  /** Joins, crashes at its first add, and is evicted; returns when it was given its shard, ms after the last one ended. */
  function crash(bed: GovernorBed, container: string, incarnation: string, host: string): number {
    bed.beat(container, 'ready', incarnation, undefined, host);
    bed.holdsId(container, incarnation);
    let givenMs = Number.POSITIVE_INFINITY;
    for (let passed = 0; passed < 200_000 && givenMs === Number.POSITIVE_INFINITY; passed += 100) {
      bed.beat(container, 'ready', incarnation, undefined, host);
      bed.pass(100, HEALTHY);
      if (bed.unclaimed(container).length > 0) givenMs = bed.nowMs - endedMs;
      act(bed, works(HEALTHY));
    }
    bed.claim(bed.unclaimed(container), false);
    const [shard = ''] = bed.governor.view.shardsOf(incarnation);
    expect(live(bed, 10_200, works(HEALTHY))).toBe(1);
    bed.evicted({container, incarnation, mod: 0, idMod: 1, idOf: 'own'});
    endedMs = bed.nowMs;
    live(bed, 500, works(HEALTHY));
    expect(bed.own.get(shard)?.value.ready).toBe(true);
    return givenMs;
  }

  it('under one id waits longer each time, with an alarm', () => {
    const bed = placed();
    const waits = [1, 2, 3, 4, 5].map((start) => crash(bed, 'c3', `c3-${start}`, `pod-${start}`));
    expect(waits.slice(1).map((ms) => Math.floor(ms / 1_000))).toEqual([1, 2, 4, 8]);
    bed.beat('c3', 'ready', 'c3-6', undefined, 'pod-6');
    bed.holdsId('c3', 'c3-6');
    bed.pass(1_500, HEALTHY);
    expect(bed.status?.containers['c3']).toMatchObject({state: 'refusing'});
    expect(bed.status?.containers['c3']?.note).toContain('5 times within 10 minutes');
    expect(bed.status?.alarms).toMatchObject([{code: 'REFUSING', cause: 'ends'}]);
  });

  it('on one host under new ids waits longer each time, too', () => {
    const bed = placed();
    const waits = [1, 2, 3, 4].map((start) => crash(bed, `x${start}`, `x${start}-inc`, 'pod'));
    expect(waits.slice(1).map((ms) => Math.floor(ms / 1_000))).toEqual([1, 2, 4]);
  });

  it('under new ids each second holds one shard at a time', () => {
    const bed = placed();
    let worst = 0;
    for (let start = 0; start < 30; start += 1) {
      bed.beat(`x${start}`, 'ready', `x${start}-inc`, undefined, 'pod');
      bed.holdsId(`x${start}`, `x${start}-inc`);
      worst = Math.max(worst, live(bed, 1_000, works(HEALTHY)));
    }
    expect(worst).toBe(1);
  });

  it('under a new id beside one whose add hangs takes no second shard', () => {
    const bed = placed();
    const pod = (id: string): unknown => bed.beat(id, 'ready', `${id}-inc`, undefined, 'pod');
    let worst = 0;
    for (const [at, ids] of [['x0'], ['x0', 'x1']].entries()) {
      bed.holdsId(`x${at}`, `x${at}-inc`);
      for (let second = 0; second < 15; second += 1) {
        for (const id of ids) pod(id);
        worst = Math.max(worst, live(bed, 1_000, works(HEALTHY)));
        bed.claim(bed.unclaimed('x0'), false);
      }
    }
    expect(held(bed, 'x0')).toBe(1);
    expect(worst).toBe(1);
  });

  it('takes no second shard by another container on its host, in an app that may have several on trial', () => {
    const bed = placed(THREE_HUNDRED);
    for (const id of ['x0', 'x1']) {
      bed.beat(id, 'ready', `${id}-inc`, undefined, 'pod');
      bed.holdsId(id, `${id}-inc`);
    }
    const worst = live(bed, 30_000, {...works(HEALTHY), x0: 'hangs', x1: 'hangs'});
    expect(worst).toBe(1);
  });

  it('keeps another host from its trial for a limited time where its add hangs', () => {
    const bed = placed();
    for (const id of ['x0', 'x1']) {
      bed.join(id);
      live(bed, 1_000, {...works(HEALTHY), x0: 'hangs'});
    }
    live(bed, TRIAL_BLOCKS_MS, {...works([...HEALTHY, 'x1']), x0: 'hangs'});
    expect(held(bed, 'x0')).toBe(1);
    expect(held(bed, 'x1')).toBeGreaterThan(0);
  });

  it('costs one shard at a time also where others take long to add what it has left', () => {
    const bed = placed();
    let worst = 0;
    for (let start = 0; start < 5; start += 1) {
      const [container, incarnation] = [`x${start}`, `x${start}-inc`];
      bed.beat(container, 'ready', incarnation, undefined, 'pod');
      bed.holdsId(container, incarnation);
      worst = Math.max(worst, live(bed, 2_000, {c1: 'slow', c2: 'slow'}));
      bed.claim(bed.unclaimed(container), false);
      bed.evicted({container, incarnation, mod: 0, idMod: 1, idOf: 'own'});
    }
    worst = Math.max(worst, live(bed, 20_000, {c1: 'slow', c2: 'slow'}));
    expect(worst).toBe(1);
    expect([...bed.own.values()].every(({value}) => value.ready)).toBe(true);
  });

  it('is not what left in order', () => {
    const bed = placed();
    for (let start = 0; start < 4; start += 1) {
      bed.join('c3');
      live(bed, 3_000, works(ALL));
      expect(held(bed, 'c3')).toBe(4);
      bed.beat('c3', 'leaving');
      live(bed, 1_000, works(HEALTHY));
      bed.end('c3');
      live(bed, 500, works(HEALTHY));
    }
    expect(bed.status?.alarms).toEqual([]);
  });
});

describe('ends of what served before its governor began', () => {
  it('do not make their host refuse, as all that a restored etcd knows would', () => {
    const bed = placed();
    bed.takeOver([...storedKeys(bed)]);
    for (const container of HEALTHY) {
      bed.beat(container, 'ready', undefined, undefined, 'pod');
      bed.pass(100);
      bed.end(container);
      bed.beat(container, 'ready', `${container}-2`, undefined, 'pod');
      bed.holdsId(container, `${container}-2`);
    }
    bed.pass(2_000);
    expect(bed.status?.alarms.map(({code}) => code)).not.toContain('REFUSING');
  });
});
