/** A store that is slower than it is asked for a while: calls that nobody waits for any more take its time, and retries must not add to them. */
import {expect, it} from 'vitest';
import {APP, Fleet} from './fleet.ts';
import type {Shape} from './fleet.ts';
import {Random} from './random.ts';
import {Weather} from './weather.ts';
import {World, ownTurn, patchGlobals} from './world.ts';

const TTL_MS = 5_000;
const SHAPE: Shape = {
  ...{containers: 20, daemons: 2, shards: 200, ttlMs: TTL_MS, daemonTtlMs: TTL_MS},
  maxRecoveryTimeS: 0,
};
const PLACED_MS = 40_000;
const LOOK_MS = 60_000;
const SLOW_MS = 60_000;
const FAST_UNIT_MS = 2;
/** As for any outage: max(2T, recovery time) + 5 s. */
const BOUND_MS = 2 * TTL_MS + 5_000;
/** Listings that have failed are tried again, and so are claims: more than that is a storm. */
const MORE_THAN_CALM = 1.5;

function unserved({checker, shards}: Fleet): number {
  return shards.filter((shard) => checker.acting(APP, shard).length !== 1).length;
}

/** Small calls a second that the store is asked for in the time to come. */
function demandOver({world, server}: Fleet, spanMs: number): number {
  const before = server.calls.demand;
  world.run(world.nowMs + spanMs);
  return ((server.calls.demand - before) * 1_000) / spanMs;
}

function slowFor({seed, isReal, slowUnitMs}: {seed: number; isReal: boolean; slowUnitMs: number}): {
  calm: number;
  slow: number;
  stopped: number;
  recoveryMs: number;
} {
  const world = new World(seed);
  const fleet = new Fleet(world, SHAPE, new Weather(world, 1e9), new Random(seed));
  fleet.real = isReal;
  const capacity = {unitMs: FAST_UNIT_MS, entriesPerUnit: 20};
  fleet.server.calls.capacity = capacity;
  fleet.begin();
  world.run(PLACED_MS);
  expect(unserved(fleet)).toBe(0);
  const calm = demandOver(fleet, LOOK_MS);
  for (const {process} of [...fleet.containers.values(), ...fleet.daemons.values()])
    process.touched = true;
  capacity.unitMs = slowUnitMs;
  const slow = demandOver(fleet, SLOW_MS);
  const stopped = unserved(fleet);
  capacity.unitMs = FAST_UNIT_MS;
  const fromMs = world.nowMs;
  while (unserved(fleet) > 0 && world.nowMs < fromMs + 10 * BOUND_MS) world.run(world.nowMs + 100);
  expect(fleet.checker.violation).toBeUndefined();
  return {calm, slow, stopped, recoveryMs: world.nowMs - fromMs};
}

it.each([
  {isReal: false, slowUnitMs: 100},
  {isReal: true, slowUnitMs: 1_000},
])('whose small calls take $slowUnitMs ms for a minute, real wiring: $isReal', async (given) => {
  patchGlobals();
  const {calm, slow, stopped, recoveryMs} = await ownTurn(() => slowFor({seed: 1, ...given}));
  // Else it was not slow enough to show anything.
  expect(stopped).toBe(SHAPE.shards);
  expect(slow).toBeLessThanOrEqual(calm * MORE_THAN_CALM);
  expect(recoveryMs).toBeLessThanOrEqual(BOUND_MS);
});
