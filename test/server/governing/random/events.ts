/** What happens to daemons. */
import {decodeIdHolder} from '../../../../src/protocol/container-id.ts';
import {acceptRestore} from '../../../../src/server/governing/cluster-record.ts';
import {MemoryKv} from '../../../support/memory-store.ts';
import {SimProcess} from '../../../simulation/process.ts';
import {SimulatedStore} from '../../../simulation/simulated-store.ts';
import {WalkedDaemon} from './daemon.ts';
import {APPS, IDS, TTL_MS} from './world.ts';
import type {LeadershipWorld} from './world.ts';

const STALL_MS = 12_000;
const AWAY_MS = 9_000;
const RESTART_MS = 6_000;
const ACCEPT_MS = 3 * TTL_MS;
const ACCEPT_RETRY_MS = 500;

/** How often each comes, in a hundred; in the rest nothing happens. */
const EVENTS: readonly (readonly [number, (world: LeadershipWorld) => void])[] = [
  [18, stall],
  [10, kill],
  [7, restartAtOnce],
  [7, leave],
  [4, startTwice],
  [10, badWeather],
  [5, storeAway],
  [4, storeFull],
  [9, cut],
  [7, loseEvents],
  [10, evict],
  [2, restore],
];

export function randomEvent(world: LeadershipWorld): void {
  world.random.byShare(EVENTS)?.(world);
}

/** The leader as often as any other. */
function anyDaemon(world: LeadershipWorld): WalkedDaemon | undefined {
  const all = [...world.daemons];
  if (all.length === 0) return undefined;
  const leading = all.find(({leads}) => leads);
  return leading !== undefined && world.random.chance(0.5) ? leading : world.random.pick(all);
}

function stall(world: LeadershipWorld): void {
  const {random} = world;
  const one = anyDaemon(world);
  one?.process.pause(random.between(0, STALL_MS), random.chance(0.2));
}

function kill(world: LeadershipWorld): void {
  const one = anyDaemon(world);
  one?.kill();
  comeBack(world, one);
}

/** A process under the same id, before anybody has noticed the loss of the one before. */
function restartAtOnce(world: LeadershipWorld): void {
  const one = anyDaemon(world);
  one?.kill();
  if (one !== undefined) new WalkedDaemon(world, one.id);
}

function leave(world: LeadershipWorld): void {
  const one = anyDaemon(world);
  one?.shutdown();
  comeBack(world, one);
}

/** Two processes have one id. */
function startTwice(world: LeadershipWorld): void {
  const one = anyDaemon(world);
  if (one === undefined || world.daemons.size > IDS.length) return;
  world.say('operator: starts a second one of', one.id);
  new WalkedDaemon(world, one.id);
}

function comeBack(world: LeadershipWorld, one: WalkedDaemon | undefined): void {
  if (one === undefined) return;
  world.sim.after(world.random.between(0, RESTART_MS), () => ensureDaemon(world, one.id));
}

/** One of the id, where there is none. */
export function ensureDaemon(world: LeadershipWorld, id: string): void {
  if (![...world.daemons].some((one) => one.id === id)) new WalkedDaemon(world, id);
}

function badWeather(world: LeadershipWorld): void {
  const {random, weather} = world;
  world.say('bad weather');
  weather.rates = {
    ...weather.rates,
    ...{lost: random.between(0, 0.15), answerLost: random.between(0, 0.25)},
    ...{late: random.between(0, 0.3), lateMs: random.between(0, 6_000)},
    ...{stale: random.between(0, 0.5), staleRevisions: 60, staleLooks: random.between(0, 1)},
    ...{watchLagMs: random.between(0, 4_000), watchBreak: random.between(0, 0.1)},
    ...{hintLost: random.between(0, 0.5), hintTwice: random.between(0, 0.5)},
  };
}

function storeAway(world: LeadershipWorld): void {
  world.weather.setOutage(true);
  world.sim.after(world.random.between(0, AWAY_MS), () => world.weather.setOutage(false));
}

function storeFull(world: LeadershipWorld): void {
  world.weather.setNoSpace(true);
  world.sim.after(world.random.between(0, AWAY_MS), () => world.weather.setNoSpace(false));
}

function cut(world: LeadershipWorld): void {
  const {random, weather, sim} = world;
  const process = anyDaemon(world)?.process;
  if (process === undefined) return;
  weather.cut(process, random.pick(['requests', 'answers', 'both'] as const));
  sim.after(random.between(0, AWAY_MS), () => weather.cut(process, undefined));
}

/** Watches stay open and lose what happens. */
function loseEvents(world: LeadershipWorld): void {
  const {random, weather, sim} = world;
  const process = anyDaemon(world)?.process;
  if (process === undefined) return;
  weather.silenceWatches(process, false);
  sim.after(random.between(0, STALL_MS), () => weather.silenceWatches(process, undefined));
}

/** By an operator: who holds the id; often one that hears nothing of it for long. */
function evict(world: LeadershipWorld): void {
  const {keys, server, random, evicted} = world;
  const id = anyDaemon(world)?.id;
  if (id === undefined || world.isRestored) return;
  const held = server.kv.get(keys.containerId(keys.service, id));
  const incarnation = decodeIdHolder(held?.value ?? '');
  const key = keys.heartbeat(keys.service, incarnation);
  const entry = server.kv.get(key);
  const one = world.processWith(incarnation);
  if (entry === undefined || one === undefined) return;
  // The id names only the last one, and whoever leaves it in order takes the word along.
  for (const other of evicted.keys()) if (other.id === id) evicted.delete(other);
  if (random.chance(0.5)) one.process.pause(random.between(0, STALL_MS), false);
  world.say('operator: evicts', one.process.name, incarnation);
  evicted.set(one, incarnation);
  world.put(key, {...(JSON.parse(entry.value) as object), state: 'evicting'});
  comeBack(world, one);
}

/** From a backup of just now, as another cluster; an operator accepts that later. */
function restore(world: LeadershipWorld): void {
  const {server, checker, sim, random} = world;
  if (world.isRestored) return;
  const entries = server.kv.list('');
  const {revision} = server.kv;
  sim.after(random.between(0, STALL_MS), () => {
    if (world.isRestored) return;
    world.isRestored = checker.restoring = checker.restored = true;
    checker.restoredAtMs = sim.nowMs;
    world.evicted.clear();
    server.restore(MemoryKv.restored(entries, revision), `${server.clusterId}'`);
    sim.after(ACCEPT_MS, () => accept(world));
  });
}

function accept(world: LeadershipWorld): void {
  const {sim, server, keys} = world;
  const process = new SimProcess(sim, world.newName('operator'), {rate: 1, offsetMs: 0});
  sim.as(process, () => {
    const store = new SimulatedStore(server, process);
    acceptRestore(store, keys, 1, process.clock.wallMs()).then(
      () => {
        world.say('operator: accepts the restored store');
        world.isRestored = world.checker.restoring = false;
      },
      () => sim.after(ACCEPT_RETRY_MS, () => accept(world)),
    );
  });
}

/** Everything works from now on, and every id has a process. */
export function heal(world: LeadershipWorld): void {
  world.weather.clear();
  for (const id of IDS) ensureDaemon(world, id);
}

export function firstSpecs(world: LeadershipWorld): void {
  const {keys} = world;
  for (const app of APPS) {
    world.put(keys.appSpec(app), {
      ...{v: 1, service: app, createTime: 1, maxShardCount: 0, maxRecoveryTime: 0},
    });
    world.put(keys.shardSpec(keys.service, app), {
      ...{v: 1, id: app, service: keys.service, task: '', updateTime: 1},
      ...{manualContainerId: '', group: '', workerGroup: ''},
    });
  }
}
