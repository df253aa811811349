/** I6 case by case (docs/liveness.md): after the fault's end, and after a second one, everything is placed within the bound stated there. */
import {expect, it} from 'vitest';
import {APP, Fleet} from './fleet.ts';
import type {Shape} from './fleet.ts';
import {Random} from './random.ts';
import {Weather} from './weather.ts';
import {World, ownTurn, patchGlobals} from './world.ts';

const TTL_MS = 3_000;
/** max(2T, recovery time) + 5 s. */
const BOUND_MS = 2 * TTL_MS + 5_000;
const SHAPE: Shape = {
  ...{containers: 2, daemons: 2, shards: 6, ttlMs: TTL_MS, daemonTtlMs: 3_000},
  maxRecoveryTimeS: 0,
};
const SEEDS = 12;

function fleetOf(seed: number, over: Partial<Shape> = {}): Fleet {
  const world = new World(seed);
  const fleet = new Fleet(world, {...SHAPE, ...over}, new Weather(world, 1e9), new Random(seed));
  fleet.begin();
  return fleet;
}

/** Shards that nobody, or more than one, acts for. */
function unserved({checker, shards}: Fleet): string[] {
  return shards.filter((shard) => checker.acting(APP, shard).length !== 1);
}

/** Ms from now until every shard is served; the limit when it never is. */
function untilServed(fleet: Fleet, limitMs: number): number {
  const fromMs = fleet.world.nowMs;
  for (let ms = 0; ms < limitMs; ms += 100) {
    if (unserved(fleet).length === 0) return ms;
    fleet.world.run(fromMs + ms + 100);
  }
  return limitMs;
}

async function worstOf(seeds: number, recoveryMs: (seed: number) => number): Promise<number> {
  patchGlobals();
  let worst = 0;
  for (let seed = 1; seed <= seeds; seed += 1)
    worst = Math.max(worst, await ownTurn(() => recoveryMs(seed)));
  return worst;
}

it('a container that hears hints again takes what the next loss leaves', async () => {
  const worst = await worstOf(SEEDS, (seed) => {
    const fleet = fleetOf(seed);
    const {world} = fleet;
    world.run(10_000);
    fleet.hints.deafen('c0:1', true);
    for (const shard of ['n1', 'n2', 'n3', 'n4']) fleet.putShard(shard);
    world.run(20_000 + world.random.between(0, 4_000));
    expect(unserved(fleet)).toEqual([]);
    fleet.hints.deafen('c0:1', false);
    fleet.containers.get('c1')?.kill();
    const took = untilServed(fleet, 60_000);
    expect(fleet.checker.violation).toBeUndefined();
    return took;
  });
  expect(worst).toBeLessThanOrEqual(BOUND_MS);
});
