/** Other ways to place shards, for comparison: how even, and how many shards change their container when one is lost or ten percent join. */
import type {PlacementShard, PlacementSnapshot} from '../../src/model/placement.ts';
import {plan} from '../../src/planner/index.ts';
import {hashOf} from '../../src/planner/table.ts';
import {placed, seeded} from '../planner/instances.ts';

/** Container by shard, from where the shards are now. */
type Way = (
  shards: readonly string[],
  containers: readonly string[],
  now: ReadonlyMap<string, string>,
) => Map<string, string>;

/** Points of a container on the ring of consistent hashing. */
const POINTS = 100;

const byPlanner: Way = (shards, containers, now) => {
  const nobody = {group: '', workerGroup: '', pin: '', prefer: '', avoid: ''};
  const snapshot: PlacementSnapshot = {
    shards: shards.map((id): PlacementShard => ({...nobody, id, current: now.get(id) ?? ''})),
    containers: containers.map((id) => ({id, mode: 'open'})),
    pools: new Map(),
    maxShardCount: 0,
  };
  return placed(snapshot, plan(snapshot));
};

/** Whoever has no container gets any. */
const byChance: Way = (shards, containers, now) => {
  const next = seeded(1);
  const living = new Set(containers);
  return new Map(
    shards.map((id) => {
      const current = now.get(id) ?? '';
      return [id, living.has(current) ? current : (containers[next(containers.length)] ?? '')];
    }),
  );
};

/** Highest random weight. */
const byRendezvous: Way = (shards, containers) =>
  new Map(
    shards.map((id) => {
      let best = '';
      let highest = -1;
      for (const container of containers) {
        const weight = hashOf(`${container} ${id}`);
        if (weight > highest) [best, highest] = [container, weight];
      }
      return [id, best];
    }),
  );

/** A ring on which nobody takes more than (1 + epsilon) times the mean. */
function byBoundedRing(epsilon: number): Way {
  return (shards, containers) => {
    const ring = containers
      .flatMap((container) =>
        Array.from({length: POINTS}, (_, at) => ({at: hashOf(`${container} ${at}`), container})),
      )
      .sort((a, b) => a.at - b.at);
    const most = Math.ceil(((1 + epsilon) * shards.length) / containers.length);
    const counts = new Map<string, number>();
    return new Map(
      shards.map((id) => {
        const hash = hashOf(id);
        let at = Math.max(0, firstFrom(ring, hash));
        while ((counts.get(ring[at]?.container ?? '') ?? 0) >= most) at = (at + 1) % ring.length;
        const container = ring[at]?.container ?? '';
        counts.set(container, (counts.get(container) ?? 0) + 1);
        return [id, container];
      }),
    );
  };
}

function firstFrom(ring: readonly {readonly at: number}[], hash: number): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ring[middle]?.at ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return low % ring.length;
}

const WAYS: readonly [string, Way][] = [
  ['planner', byPlanner],
  ['at random', byChance],
  ['rendezvous hashing', byRendezvous],
  ['ring, bounded load 1.25', byBoundedRing(0.25)],
  ['ring, bounded load 1.05', byBoundedRing(0.05)],
];

function mostOverMean(where: ReadonlyMap<string, string>, containers: number): string {
  const counts = new Map<string, number>();
  for (const container of where.values()) counts.set(container, (counts.get(container) ?? 0) + 1);
  return ((Math.max(...counts.values()) * containers) / where.size).toFixed(3);
}

/** Shards that leave a container that is still there. */
function movesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  living: readonly string[],
): number {
  const there = new Set(living);
  return [...before].filter(
    ([id, container]) => there.has(container) && after.get(id) !== container,
  ).length;
}

/** Prints most / mean and moves of each way. */
export function compareWays(n: number, m: number, print: (line: string) => void): void {
  const shards = Array.from({length: n}, (_, at) => `shard-${at}`);
  const containers = Array.from({length: m}, (_, at) => `c${at}`);
  const fewer = containers.slice(1);
  const more = [...containers, ...containers.slice(0, m / 10).map((id) => `new-${id}`)];
  print(`${n} shards, ${m} containers: most / mean and moves: start; one lost; 10 % more`);
  for (const [name, way] of WAYS) {
    const start = way(shards, containers, new Map());
    const lost = way(shards, fewer, start);
    const grown = way(shards, more, start);
    print(
      `${name.padEnd(24)} ${mostOverMean(start, m)}; ${mostOverMean(lost, fewer.length)}, ${movesBetween(start, lost, fewer)}; ${mostOverMean(grown, more.length)}, ${movesBetween(start, grown, containers)}`,
    );
  }
}
