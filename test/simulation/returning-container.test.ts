/** A container that dies and comes back within the recovery time, on a store that answers late: its shards are its own again (protocol.md, "Eviction"). */
import {expect, it} from 'vitest';
import {APP, Fleet} from './fleet.ts';
import type {Shape} from './fleet.ts';
import {Random} from './random.ts';
import {Weather} from './weather.ts';
import {World, ownTurn, patchGlobals} from './world.ts';

const SEEDS = 12;
const SHAPE: Shape = {
  ...{containers: 2, daemons: 1, shards: 6, ttlMs: 5_000, daemonTtlMs: 5_000},
  maxRecoveryTimeS: 300,
};
/** Longest delay of a message to the store, and of an answer. The successor needs two writes. */
const LATE_MS = 500;
/** Longer than W, so that the successor finds a container that is to be evicted at once. */
const AWAY_MS = 12_000;

/** Container ids by shard. */
function placement({checker, shards}: Fleet): string {
  return JSON.stringify(
    shards.map((shard) => [
      shard,
      checker.acting(APP, shard).map(({process}) => process.label.split('.')[0]),
    ]),
  );
}

/** Whether each shard is where it was before. */
function comesBack(seed: number): boolean {
  const world = new World(seed);
  const weather = new Weather(world, 1e9);
  const fleet = new Fleet(world, SHAPE, weather, new Random(seed));
  fleet.begin();
  world.run(20_000);
  const before = placement(fleet);
  Object.assign(weather.rates, {late: 1, lateMs: LATE_MS});
  const lost = fleet.containers.get('c0');
  if (lost === undefined) throw new Error('c0 was not started');
  fleet.restartContainer(lost, AWAY_MS);
  world.run(60_000);
  expect(fleet.checker.violation).toBeUndefined();
  return placement(fleet) === before;
}

it('gets its shards back', async () => {
  patchGlobals();
  const strange: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1)
    if (!(await ownTurn(() => comesBack(seed)))) strange.push(seed);
  expect(strange).toEqual([]);
});
