/** Two containers that serve every shard, and a third that joins them and does not work. */
import {APP, Fleet} from './fleet.ts';
import {Random} from './random.ts';
import {Weather} from './weather.ts';
import {World, ownTurn, patchGlobals} from './world.ts';

const SHAPE = {
  ...{containers: 2, daemons: 2, ttlMs: 3_000, daemonTtlMs: 3_000},
  maxRecoveryTimeS: 0,
};
const PLACED_MS = 10_000;
const NEW_ID_EVERY_MS = 1_000;

/** Time between two looks, ms. */
export const LOOK_MS = 20;

/** Its `add` throws; its process dies in `add` and starts again after 0.3 s; the same, with a new id each second. */
export const JOINER_FAULTS = ['refuses', 'crashes', 'crashesUnderNewIds'] as const;
export type JoinerFault = (typeof JOINER_FAULTS)[number];

export interface BadJoin {
  readonly seed: number;
  readonly shards: number;
  readonly fault: JoinerFault;
  /** From the moment that it joins, ms. */
  readonly watchedMs: number;
}

/**
 * How many shards nobody serves, at each look from the first after the joiner's start.
 * @throws Error when a shard is not served before it joins, or a promise of the protocol is broken.
 */
export function unservedWhile(join: BadJoin): Promise<number[]> {
  patchGlobals();
  return ownTurn(() => looks(join));
}

function looks({seed, shards, fault, watchedMs}: BadJoin): number[] {
  const world = new World(seed);
  const weather = new Weather(world, 1e9);
  const fleet = new Fleet(world, {...SHAPE, shards}, weather, new Random(seed));
  fleet.begin();
  world.run(PLACED_MS);
  if (unserved(fleet) > 0) throw new Error(`seed ${seed}: a shard is not served before the join`);
  join(fleet, world, fault, watchedMs);
  const seen: number[] = [];
  for (let ms = LOOK_MS; ms <= watchedMs; ms += LOOK_MS) {
    world.run(PLACED_MS + ms);
    seen.push(unserved(fleet));
  }
  const {violation} = fleet.checker;
  if (violation !== undefined) throw new Error(`seed ${seed}: ${violation.text}`);
  return seen;
}

function join(fleet: Fleet, world: World, fault: JoinerFault, watchedMs: number): void {
  (fault === 'refuses' ? fleet.refusing : fleet.crashing).add('j0');
  fleet.startContainer('j0');
  if (fault !== 'crashesUnderNewIds') return;
  fleet.restartContainer = (node) => node.kill();
  for (let at = 1; at * NEW_ID_EVERY_MS < watchedMs; at += 1) {
    fleet.crashing.add(`j${at}`);
    world.after(at * NEW_ID_EVERY_MS, () => fleet.startContainer(`j${at}`, 'j0'));
  }
}

/** Shards without a ready owner that acts. */
function unserved({checker, shards, server, keys}: Fleet): number {
  return shards.filter((shard) => {
    const value = server.kv.get(keys.ownership(APP, shard))?.value ?? '{"ready":false}';
    return (
      !(JSON.parse(value) as {ready: boolean}).ready || checker.acting(APP, shard).length !== 1
    );
  }).length;
}
