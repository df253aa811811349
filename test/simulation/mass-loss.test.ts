/** Many containers die at one instant: their heartbeats are staggered, so they fall silent one by one. */
import {expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {APP, Fleet} from './fleet.ts';
import {Random} from './random.ts';
import {Weather} from './weather.ts';
import {World, ownTurn, patchGlobals} from './world.ts';

const TTL_MS = 5_000;
const CONTAINERS = 8;
const KILLED = 6;
const KILL_AT_MS = 12_000;
const SHAPE = {
  ...{containers: CONTAINERS, daemons: 1, shards: 16, ttlMs: TTL_MS, daemonTtlMs: 5_000},
  maxRecoveryTimeS: 0,
};
/** A probe, a timer and a write late. */
const SLACK_MS = 400;

function living({server, keys}: Fleet): number {
  return server.kv.list(keys.heartbeatPrefix(APP)).length;
}

function alarms({server, keys}: Fleet): string[] {
  const text = server.kv.get(keys.status(APP))?.value ?? '{"alarms":[]}';
  return (JSON.parse(text) as {alarms: {code: string}[]}).alarms.map(({code}) => code);
}

function massLoss(seed: number): void {
  const world = new World(seed);
  const fleet = new Fleet(world, SHAPE, new Weather(world, KILL_AT_MS), new Random(seed));
  fleet.begin();
  world.run(KILL_AT_MS);
  expect(living(fleet)).toBe(CONTAINERS);
  for (let at = 0; at < KILLED; at += 1) fleet.containers.get(`c${at}`)?.kill();
  const silentMs = KILL_AT_MS + silenceMs(TTL_MS) + SLACK_MS;
  world.run(silentMs);
  const left = living(fleet);
  // Two may go without suspicion, not more.
  expect(left, `seed ${seed}`).toBeGreaterThanOrEqual(CONTAINERS - 2);
  world.run(silentMs + 2 * TTL_MS - TTL_MS / 5 - 2 * SLACK_MS);
  expect(living(fleet), `seed ${seed}`).toBe(left);
  expect(alarms(fleet)).toContain('BRAKE');
  world.run(silentMs + 2 * TTL_MS + SLACK_MS);
  expect(living(fleet), `seed ${seed}`).toBe(CONTAINERS - KILLED);
  world.run(world.nowMs + silenceMs(TTL_MS) + 1_500);
  expect(alarms(fleet)).not.toContain('BRAKE');
  expect(fleet.checker.violation).toBeUndefined();
}

it('six of eight killed at once: two are evicted, the rest only after 2T, with an alarm', async () => {
  patchGlobals();
  for (let seed = 1; seed <= 10; seed += 1) await ownTurn(() => massLoss(seed));
});
