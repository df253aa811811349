/** Random small snapshots from a seed, and plans applied to them. */
import type {
  PlacementContainer,
  PlacementShard,
  PlacementSnapshot,
  Plan,
} from '../../src/model/placement.ts';

/** A small generator of whole numbers, the same for a seed everywhere. */
export function seeded(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export interface InstanceLimits {
  readonly containers: number;
  readonly groups: number;
  readonly shards: number;
  /** Whether pools, pins, modes other than open, and caps may occur. */
  readonly constraints: boolean;
}

export function instance(seed: number, limits: InstanceLimits): PlacementSnapshot {
  const next = seeded(seed);
  const {constraints} = limits;
  const containers = Array.from(
    {length: 1 + next(limits.containers)},
    (_, index): PlacementContainer => {
      const mode = constraints && next(5) === 0 ? (next(2) === 0 ? 'closed' : 'draining') : 'open';
      return {id: `c${index}`, mode};
    },
  );
  const pools = new Map<string, Set<string>>();
  if (constraints && next(2) === 0)
    pools.set('w', new Set(containers.filter(() => next(2) === 0).map(({id}) => id)));
  const groups = 1 + next(limits.groups);
  const pick = (): string => containers[next(containers.length)]?.id ?? '';
  const shards = Array.from({length: next(limits.shards + 1)}, (_, index): PlacementShard => ({
    id: `s${index}`,
    group: `g${next(groups)}`,
    workerGroup: constraints && next(4) === 0 ? 'w' : '',
    pin: constraints && next(8) === 0 ? (next(6) === 0 ? 'gone' : pick()) : '',
    current: next(3) === 0 ? '' : pick(),
    prefer: '',
    avoid: '',
  }));
  const maxShardCount = constraints && next(3) === 0 ? 1 + next(6) : 0;
  return {shards, containers, pools, maxShardCount};
}

/** Several pools that overlap, pins, modes and a limit, each in about half of the snapshots. */
export function mixedInstance(seed: number): PlacementSnapshot {
  const next = seeded(seed);
  const [pooled, pinned, closed, limited] = [next(4) > 0, next(2), next(3) === 0, next(2)];
  const containers = Array.from({length: 1 + next(6)}, (_, index): PlacementContainer => ({
    id: `c${index}`,
    mode: closed && next(4) === 0 ? (next(2) === 0 ? 'closed' : 'draining') : 'open',
  }));
  const pools = new Map<string, Set<string>>();
  for (const name of pooled ? ['u', 'v', 'w'] : [])
    pools.set(name, new Set(containers.filter(() => next(2) === 0).map(({id}) => id)));
  const groups = 1 + next(6);
  const pick = (): string => containers[next(containers.length)]?.id ?? '';
  const spread = 1 + next(3);
  const shards = Array.from({length: next(17)}, (_, index): PlacementShard => ({
    id: `s${index}`,
    group: `g${next(groups)}`,
    workerGroup: pooled ? (['', 'u', 'v', 'w'][next(4)] ?? '') : '',
    pin: pinned === 1 && next(5) === 0 ? (next(8) === 0 ? 'gone' : pick()) : '',
    current: next(4) === 0 ? '' : (containers[next(Math.min(spread, containers.length))]?.id ?? ''),
    prefer: '',
    avoid: '',
  }));
  const maxShardCount = limited === 1 ? 1 + next(6) : 0;
  const snapshot = {shards, containers, pools, maxShardCount};
  return next(3) === 0 ? snapshot : withinLimit(snapshot);
}

/** As `mixedInstance`, with weights, capacities, zones and priorities, each in about half of the snapshots. */
export function policyInstance(seed: number): PlacementSnapshot {
  const snapshot = mixedInstance(seed);
  const next = seeded(seed + 7_777);
  const [weighted, bounded, zoned, urgent] = [next(2), next(2), next(2), next(3)];
  const containers = snapshot.containers.map((container) => ({
    ...container,
    weight: weighted === 1 ? ([0, 1, 1, 2, 3][next(5)] ?? 1) : 1,
    capacity: bounded === 1 ? next(8) : 0,
    zone: zoned === 1 ? `z${next(3)}` : '',
  }));
  const shards = snapshot.shards.map((shard) => ({
    ...shard,
    priority: urgent === 0 ? next(3) : 0,
  }));
  return {...snapshot, containers, shards, spreadZones: zoned === 1};
}

/** As `policyInstance`, with loads and bad ones among them, limits and spread keys, each in some of the snapshots. */
export function loadInstance(seed: number): PlacementSnapshot {
  const snapshot = policyInstance(seed);
  const next = seeded(seed + 31_337);
  const [metrics, limited, keyed, cool] = [next(3), next(3), next(3), next(3)];
  const bad = [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e200];
  const loadOf = (): number => (next(25) === 0 ? (bad[next(4)] ?? 0) : 2 ** next(6) - 1);
  return {
    ...snapshot,
    metrics: ['qps', 'bytes']
      .slice(0, metrics)
      .map((name) => ({name, upper: 1.2, lower: 1 + next(3) / 20})),
    countSlack: next(3) === 0 ? 0.3 : 0,
    containers: snapshot.containers.map((container) => ({
      ...container,
      limits: limited === 0 ? [20 + next(60), next(2) * 50] : [],
    })),
    shards: snapshot.shards.map((shard) => ({
      ...shard,
      load: [loadOf(), loadOf()],
      spreadKey: keyed === 0 && next(3) > 0 ? `k${next(4)}` : '',
      cooling: cool === 0 && next(3) === 0,
    })),
  };
}

/** As `loadInstance`, with containers that have not proved themselves, wishes, failures and cancelled moves, each in some of the snapshots. */
export function everyRuleInstance(seed: number): PlacementSnapshot {
  const snapshot = loadInstance(seed);
  const next = seeded(seed + 99_991);
  const [joining, wishful, known, cancelled, unfit] = [
    ...[next(3) === 0, next(2) > 0, next(2) > 0, next(4) === 0, next(2) > 0],
  ];
  const pick = (): string => snapshot.containers[next(snapshot.containers.length)]?.id ?? '';
  const containers = snapshot.containers.map((container) =>
    joining && next(2) === 0
      ? {...container, unproved: {takesRest: next(3) > 0, trialDue: next(3) > 0}}
      : container,
  );
  const fitness = ['yes', 'yes', 'forced', 'no'] as const;
  const shards = snapshot.shards.map((shard) => ({
    ...shard,
    prefer: wishful && shard.current === '' && next(2) === 0 ? pick() : '',
    avoid: wishful && next(5) === 0 ? pick() : '',
    movedAt: known ? next(50) : 0,
    trial: unfit ? (fitness[next(4)] ?? 'yes') : 'yes',
    failures: unfit ? next(3) : 0,
    cancelledTo: cancelled && next(3) === 0 ? pick() : '',
  }));
  return {...snapshot, containers, shards};
}

/** Few containers with little room, many limits and spread keys, and shards that run where they may not be: searches for room meet each other here. */
export function tightInstance(seed: number): PlacementSnapshot {
  const next = seeded(seed + 5_000_011);
  const size = 2 + next(4);
  const [keyed, limited, pooled] = [next(2) === 1, next(3) > 0, next(3) === 0];
  const [pinned, joining, zoned] = [next(3) === 0, next(4) === 0, next(3) === 0];
  const modes = ['open', 'open', 'open', 'open', 'open', 'open', 'closed', 'draining'] as const;
  const containers = Array.from({length: size}, (_, index): PlacementContainer => {
    const mode = modes[next(modes.length)] ?? 'open';
    const unproved =
      joining && next(2) === 0 ? {takesRest: next(3) > 0, trialDue: next(3) > 0} : undefined;
    return {
      ...{id: `c${index}`, mode, weight: next(3), capacity: next(2) === 1 ? 1 + next(5) : 0},
      ...{
        zone: zoned ? `z${next(3)}` : '',
        limits: limited && next(3) > 0 ? [20 + next(60), 0] : [],
      },
      ...(unproved === undefined ? {} : {unproved}),
    };
  });
  const pick = (): string => containers[next(size)]?.id ?? '';
  const shards = Array.from({length: 2 + next(14)}, (_, index): PlacementShard => ({
    ...{id: `s${index}`, group: next(4) > 0 ? '' : 'g', prefer: '', avoid: ''},
    workerGroup: pooled && next(3) === 0 ? 'w' : '',
    pin: pinned && next(4) === 0 ? pick() : '',
    current: next(3) === 0 ? '' : pick(),
    load: [next(2) === 1 ? next(50) : 2 ** next(6), next(30)],
    spreadKey: keyed && next(2) === 1 ? `k${next(4)}` : '',
    priority: next(4) === 0 ? next(3) : 0,
    cooling: next(5) === 0,
  }));
  const members = containers.filter(() => next(2) === 0).map(({id}) => id);
  return {
    ...{shards, containers, pools: new Map(pooled ? [['w', new Set(members)]] : [])},
    maxShardCount: next(4) === 0 ? 1 + next(5) : 0,
    metrics: ['a', 'b']
      .slice(0, next(3))
      .map((name) => ({name, upper: 1.1 + next(5) / 10, lower: 1.05})),
    ...{spreadZones: zoned, countSlack: next(3) === 0 ? 0.3 : 0},
  };
}

/** The snapshot with nobody above the limit: who is too much runs nowhere. */
function withinLimit(snapshot: PlacementSnapshot): PlacementSnapshot {
  if (snapshot.maxShardCount === 0) return snapshot;
  const held = new Map<string, number>();
  const shards = snapshot.shards.map((shard) => {
    const count = (held.get(shard.current) ?? 0) + 1;
    held.set(shard.current, count);
    return count > snapshot.maxShardCount ? {...shard, current: ''} : shard;
  });
  return {...snapshot, shards};
}

/** Container id by shard id; '' for none. */
export function placed(snapshot: PlacementSnapshot, plan: Plan): Map<string, string> {
  return new Map(
    snapshot.shards.map(({id}, index) => [
      id,
      snapshot.containers[plan.target[index] ?? -1]?.id ?? '',
    ]),
  );
}

/** The snapshot once the plan is carried out. */
export function applied(snapshot: PlacementSnapshot, plan: Plan): PlacementSnapshot {
  const where = placed(snapshot, plan);
  const dropped = new Set(plan.unplaced.filter(({mustDrop}) => mustDrop).map(({shard}) => shard));
  const shards = snapshot.shards.map((shard, index) => {
    const to = where.get(shard.id) ?? '';
    return {...shard, current: to === '' && !dropped.has(index) ? shard.current : to};
  });
  return {...snapshot, shards};
}

export function shuffled(snapshot: PlacementSnapshot, seed: number): PlacementSnapshot {
  const next = seeded(seed);
  const mix = <T>(items: readonly T[]): T[] => {
    const mixed = [...items];
    for (let at = mixed.length - 1; at > 0; at -= 1) {
      const other = next(at + 1);
      [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
    }
    return mixed;
  };
  return {...snapshot, shards: mix(snapshot.shards), containers: mix(snapshot.containers)};
}
