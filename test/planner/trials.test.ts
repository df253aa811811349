/** What containers get that have not proved themselves: part of the one plan, and checked with it. */
import {describe, expect, it} from 'vitest';
import type {PlacementShard, PlacementSnapshot, Plan, Unproved} from '../../src/model/placement.ts';
import {checkPlan} from '../../src/planner/check.ts';
import {plan} from '../../src/planner/index.ts';
import {tabulate} from '../../src/planner/table.ts';
import {mixedInstance, seeded, shuffled} from './instances.ts';

const NONE = {group: '', workerGroup: '', pin: '', current: '', prefer: '', avoid: ''};
const JOINING: Unproved = {takesRest: true, trialDue: true};
const REFUSING: Unproved = {takesRest: false, trialDue: true};
const INSTANCES = 1_500;

function shards(counts: Readonly<Record<string, number>>, over: Partial<PlacementShard> = {}) {
  return Object.entries(counts).flatMap(([current, count]) =>
    Array.from({length: count}, (_, at) => ({...NONE, ...over, id: `${current}-${at}`, current})),
  );
}

function snapshotOf(
  given: readonly PlacementShard[],
  unproved: Readonly<Record<string, Unproved | undefined>>,
  maxShardCount = 0,
): PlacementSnapshot {
  const containers = Object.entries(unproved).map(([id, terms]) => ({
    id,
    mode: terms?.takesRest === false ? ('closed' as const) : ('open' as const),
    ...(terms === undefined ? {} : {unproved: terms}),
  }));
  return {shards: given, containers, pools: new Map(), maxShardCount};
}

/** Shards that come to the container, by id. */
function arrivals({shards: all, containers}: PlacementSnapshot, {target}: Plan, id: string) {
  return all
    .filter(({current}, at) => containers[target[at] ?? -1]?.id === id && current !== id)
    .map((shard) => shard.id);
}

const TWO = {c1: undefined, c2: undefined};

describe('an unproved container', () => {
  it('gets one running shard, off the highest', () => {
    const snapshot = snapshotOf(shards({c1: 6, c2: 7}), {...TWO, c3: JOINING});
    const made = plan(snapshot);
    expect(made.moves).toHaveLength(1);
    expect(made.trials).toEqual(made.moves.map(({shard}) => shard));
    expect(arrivals(snapshot, made, 'c3')[0]).toMatch(/^c2-/);
  });

  it('gets none while its trial is not due, nor one that balance would not bring there', () => {
    const waits = {...JOINING, trialDue: false};
    const waiting = snapshotOf(shards({c1: 6, c2: 6}), {...TWO, c3: waits});
    expect(plan(waiting)).toMatchObject({moves: [], trials: []});
    const even = snapshotOf(shards({c1: 5, c2: 4, c3: 4}), {...TWO, c3: REFUSING});
    expect(plan(even)).toMatchObject({moves: [], trials: []});
  });

  it('is tried with what runs nowhere, the fewest failures first, before anything that runs', () => {
    const given = [
      ...shards({c1: 2, c2: 2}),
      {...NONE, id: 'failed', failures: 2},
      {...NONE, id: 'held', trial: 'no' as const},
      {...NONE, id: 'new'},
    ];
    const snapshot = snapshotOf(given, {...TWO, c3: REFUSING});
    const made = plan(snapshot);
    expect(arrivals(snapshot, made, 'c3')).toEqual(['new']);
    expect(made.moves).toEqual([]);
    const rest = {...snapshot, shards: given.filter(({id}) => id !== 'new')};
    expect(arrivals(rest, plan(rest), 'c3')[0]).toMatch(/^c[12]-/);
  });

  it('gets none while it has no weight, but for what has no room elsewhere', () => {
    const fresh = {...NONE, id: 'new'};
    const weightless = (given: readonly PlacementShard[], most: number): PlacementSnapshot => {
      const {containers, ...rest} = snapshotOf(given, {...TWO, c3: JOINING}, most);
      const weightOf = (id: string): number => (id === 'c3' ? 0 : 1);
      return {...rest, containers: containers.map((one) => ({...one, weight: weightOf(one.id)}))};
    };
    const running = shards({c1: 6, c2: 7});
    expect(plan(weightless(running, 0))).toMatchObject({moves: [], trials: []});
    const added = weightless([...running, {...fresh, failures: 1}], 0);
    expect(arrivals(added, plan(added), 'c3')).toEqual([]);
    const full = weightless([...running, fresh], 7);
    const [last] = arrivals(full, plan(full), 'c1');
    expect(last).toBe('new');
    const tight = weightless([...shards({c1: 7, c2: 7}), fresh], 7);
    expect(arrivals(tight, plan(tight), 'c3')).toEqual(['new']);
    // Where nobody has a weight, all are alike.
    const alike = {
      ...weightless(running, 0),
      containers: weightless(running, 0).containers.map((one) => ({...one, weight: 0})),
    };
    expect(plan(alike).trials).toHaveLength(1);
  });

  it('leaves the room of what is tried there to one that had none', () => {
    const fresh = ['a', 'b', 'c'].map((id) => ({...NONE, id}));
    const full = snapshotOf(fresh, {c1: undefined, c3: REFUSING}, 2);
    const made = plan(full);
    expect(made.unplaced).toEqual([]);
    expect(made.trials).toHaveLength(1);
    const containers = [...full.containers, {id: 'c2', mode: 'draining' as const}];
    const leaving = {...NONE, id: 'leaving', current: 'c2'};
    const draining = {...full, containers, shards: [...fresh.slice(1), leaving]};
    expect(plan(draining)).toMatchObject({stranded: [], moves: [{cause: 'drain'}]});
  });

  it('is not tried with what may not move now, or not there', () => {
    const all = {...TWO, c3: JOINING};
    for (const over of [
      {trial: 'no'},
      {trial: 'forced'},
      {cancelledTo: 'c3'},
      {pin: 'c1'},
    ] as const) {
      const snapshot = snapshotOf(shards({c1: 6}, over), all);
      expect(plan(snapshot).trials).toEqual([]);
    }
  });

  it('takes evenly what has no room elsewhere, and one that refuses takes none of it', () => {
    const given = [...shards({c1: 3, c2: 3}), ...shards({'': 5})];
    const all = {...TWO, c3: JOINING, c4: JOINING, c5: {...REFUSING, trialDue: false}};
    const snapshot = snapshotOf(given, all, 3);
    const made = plan(snapshot);
    expect(made.unplaced).toEqual([]);
    const counts = ['c3', 'c4', 'c5'].map((id) => arrivals(snapshot, made, id).length);
    expect(counts.sort()).toEqual([0, 2, 3]);
    expect(made.trials).toHaveLength(2);
  });

  it.each([
    ['stays on a closed container', {mode: 'closed'} as const, ''],
    ['is pinned there', {mode: 'open'} as const, 'c1'],
  ])('takes no running shard beside another of its key that %s', (_, over, pin) => {
    const {containers, ...rest} = snapshotOf(shards({c1: 2}, {spreadKey: 'k', pin}), {
      c1: undefined,
      c3: {...JOINING, trialDue: false},
    });
    const made = plan({
      ...rest,
      containers: containers.map((one) => (one.id === 'c1' ? {...one, ...over} : one)),
    });
    expect(made).toMatchObject({moves: [], unplaced: [{reason: 'spread-key', mustDrop: false}]});
  });

  it('gets a shard of a draining container on trial, and the others stay for now', () => {
    const snapshot = snapshotOf(shards({c1: 3}), {c1: undefined, c3: JOINING});
    const [, joiner] = snapshot.containers;
    const draining = {id: 'c1', mode: 'draining' as const};
    const made = plan({...snapshot, containers: [draining, ...(joiner ? [joiner] : [])]});
    expect(made.moves.map(({cause}) => cause)).toEqual(['drain']);
    expect(made.stranded).toHaveLength(2);
  });
});

it.each([
  ['new shards', '', 'closed'],
  ['shards of a draining container', 'old', 'draining'],
] as const)(
  'a trial leaves the zones of a group as even as they are, with %s',
  (_, current, mode) => {
    const zones = {old: 'z1', c1: 'z1', c2: 'z1', c3: 'z2', c4: 'z2', c5: 'z3', joiner: 'z3'};
    const proved = {old: undefined, ...TWO, c3: undefined, c4: undefined, c5: undefined};
    for (let name = 0; name < 10; name += 1) {
      const three = ['a', 'b', 'c'].map((id) => ({...NONE, id: `${id}${name}`, current}));
      const busy = shards({c1: 4, c2: 4, c3: 4, c4: 4, c5: 4}, {group: 'g'});
      const all = {...proved, joiner: JOINING};
      const {containers, ...rest} = snapshotOf([...three, ...busy], all);
      const zoned = containers.map((one) => ({
        ...{...one, zone: zones[one.id as keyof typeof zones]},
        mode: one.id === 'old' ? mode : one.mode,
      }));
      const {target, trials} = plan({...rest, spreadZones: true, containers: zoned});
      expect(trials).toHaveLength(1);
      const used = [0, 1, 2].map((at) => zoned[target[at] ?? -1]?.zone);
      expect(used.sort(), `with names ${name}`).toEqual(['z1', 'z2', 'z3']);
    }
  },
);

describe('random snapshots with unproved containers', () => {
  /** Some of the containers have not proved themselves. */
  function unprovedInstance(seed: number): PlacementSnapshot {
    const snapshot = mixedInstance(seed);
    const next = seeded(seed + 1);
    const containers = snapshot.containers.map((container) => {
      if (next(2) === 0) return container;
      const unproved = {takesRest: next(3) > 0, trialDue: next(3) > 0};
      return {...container, unproved};
    });
    const fitness = ['yes', 'yes', 'forced', 'no'] as const;
    const given = snapshot.shards.map((shard) => ({
      ...shard,
      trial: fitness[next(4)] ?? 'yes',
      failures: next(3),
    }));
    return {...snapshot, containers, shards: given};
  }

  it('keep every rule, and moves end within the limit', () => {
    let trials = 0;
    let rest = 0;
    for (let seed = 1; seed <= INSTANCES; seed += 1) {
      const snapshot = unprovedInstance(seed);
      const made = plan(snapshot);
      trials += made.trials.length;
      for (const [at, {unproved, id}] of snapshot.containers.entries()) {
        if (unproved === undefined) continue;
        const tried = made.trials.filter((shard) => made.target[shard] === at);
        const running = made.moves.filter(
          ({to, cause}) => to === at && (cause === 'balance' || cause === 'drain'),
        );
        expect(tried.length, `seed ${seed} ${id}`).toBeLessThanOrEqual(1);
        expect(running.length, `seed ${seed} ${id}`).toBeLessThanOrEqual(tried.length);
        rest += arrivals(snapshot, made, id).length - tried.length;
      }
    }
    expect(trials).toBeGreaterThan(INSTANCES / 10);
    expect(rest).toBeGreaterThan(INSTANCES / 10);
  });

  it('are planned alike in any order', () => {
    for (let seed = 1; seed <= INSTANCES / 3; seed += 1) {
      const snapshot = unprovedInstance(seed);
      const other = shuffled(snapshot, seed);
      expect(named(other), `seed ${seed}`).toEqual(named(snapshot));
    }
  });

  it('leave no more unplaced than if nobody were tried', () => {
    for (let seed = 1; seed <= INSTANCES / 3; seed += 1) {
      const snapshot = unprovedInstance(seed);
      const untried = snapshot.containers.map((one) =>
        one.unproved === undefined ? one : {...one, unproved: {...one.unproved, trialDue: false}},
      );
      const without = plan({...snapshot, containers: untried}).unplaced.length;
      expect(plan(snapshot).unplaced.length, `seed ${seed}`).toBeLessThanOrEqual(without);
    }
  });

  function named(snapshot: PlacementSnapshot): string[] {
    const made = plan(snapshot);
    const name = (at: number): string => snapshot.containers[at]?.id ?? '';
    return snapshot.shards
      .map(({id}, at) => `${id} ${name(made.target[at] ?? -1)} ${made.trials.includes(at)}`)
      .sort();
  }
});

describe('a bad plan for an unproved container stops the governor', () => {
  const snapshot = snapshotOf(shards({c1: 6, c2: 6}), {...TWO, c3: JOINING, c4: REFUSING});
  const bent = (targets: Readonly<Record<number, number>>, trials?: readonly number[]): Plan => {
    const made = plan(snapshot);
    const target = Int32Array.from(made.target, (to, at) => targets[at] ?? to);
    return {...made, target, trials: trials ?? made.trials};
  };
  const spare = [0, 1, 2, 3, 4, 5].filter((shard) => !plan(snapshot).trials.includes(shard));
  const [one = 0, two = 0] = spare;

  it.each([
    ['a running shard beside the trial', bent({[one]: 2}), 'has not proved itself'],
    ['a shard on one that refuses', bent({[one]: 3}), 'accepts no new shards'],
    ['two trials', bent({[one]: 2, [two]: 2}, [one, two]), 'two trials'],
    ['a trial where none is due', bent({[one]: 0}, [one]), 'none is due'],
  ])('%s', (_, made, message) => {
    expect(() => checkPlan(tabulate(snapshot), made)).toThrow(message);
  });
});
