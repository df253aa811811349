/** One container more, which does not work: at no instant are more than max(1, 1 %) of the shards not served because of it. */
import {expect, it} from 'vitest';
import {APP, Fleet} from './fleet.ts';
import {Random} from './random.ts';
import {Weather} from './weather.ts';
import {World, ownTurn, patchGlobals} from './world.ts';

const SHAPE = {
  ...{containers: 2, daemons: 2, ttlMs: 3_000, daemonTtlMs: 3_000},
  maxRecoveryTimeS: 0,
};
const SEEDS = 5;
const PLACED_MS = 10_000;
const WATCHED_MS = 60_000;
const LOOK_MS = 20;
/** One a second. */
const STARTS = 60;

type Fault = 'refuses' | 'crashes' | 'crashesUnderNewIds';

/** Shards that nobody serves: without a ready owner that acts. */
function unserved({checker, shards, server, keys}: Fleet): number {
  return shards.filter((shard) => {
    const value = server.kv.get(keys.ownership(APP, shard))?.value ?? '{"ready":false}';
    return (
      !(JSON.parse(value) as {ready: boolean}).ready || checker.acting(APP, shard).length !== 1
    );
  }).length;
}

function worstOf(seed: number, shards: number, fault: Fault): number {
  const world = new World(seed);
  const weather = new Weather(world, 1e9);
  const fleet = new Fleet(world, {...SHAPE, shards}, weather, new Random(seed));
  fleet.begin();
  world.run(PLACED_MS);
  expect(unserved(fleet)).toBe(0);
  (fault === 'refuses' ? fleet.refusing : fleet.crashing).add('j0');
  fleet.startContainer('j0');
  if (fault === 'crashesUnderNewIds') {
    fleet.restartContainer = (node) => node.kill();
    for (let at = 1; at < STARTS; at += 1) {
      fleet.crashing.add(`j${at}`);
      world.after(1_000 * at, () => fleet.startContainer(`j${at}`, 'j0'));
    }
  }
  let worst = 0;
  for (let ms = LOOK_MS; ms <= WATCHED_MS; ms += LOOK_MS) {
    world.run(PLACED_MS + ms);
    worst = Math.max(worst, unserved(fleet));
  }
  expect(fleet.checker.violation).toBeUndefined();
  return worst;
}

async function worst(shards: number, fault: Fault): Promise<number> {
  patchGlobals();
  let most = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1)
    most = Math.max(most, await ownTurn(() => worstOf(seed, shards, fault)));
  return most;
}

it.each(['refuses', 'crashes', 'crashesUnderNewIds'] as const)(
  'of 12 shards one at most is not served while a joiner %s',
  async (fault) => {
    expect(await worst(12, fault)).toBe(1);
  },
);
