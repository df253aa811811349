/** What happens to push containers and the daemons that govern them. */
import {decodeIdHolder} from '../../../../src/protocol/container-id.ts';
import {PushDaemon} from './daemon.ts';
import {APP, SHARDS} from './world.ts';
import type {PushWorld} from './world.ts';

const STALL_MS = 12_000;
const AWAY_MS = 9_000;
const HEARS_AFTER_MS = 8_000;
const RESTART_MS = 6_000;
const DEAF_MS = 15_000;
const RECOVERY_S = 8;
const BACK_MS = 3_000;

/** How often each comes, in a hundred; in the rest nothing happens. */
const EVENTS: readonly (readonly [number, (world: PushWorld) => void])[] = [
  [9, stallDaemon],
  [6, killDaemon],
  [11, handOver],
  [8, stallContainer],
  [9, crashContainer],
  [5, deafen],
  [4, hang],
  [4, garble],
  [7, badWeather],
  [4, storeAway],
  [6, cutDaemon],
  [5, loseEvents],
  [7, order],
  [6, evict],
  [6, removeOrAdd],
  [3, pin],
];

export function randomEvent(world: PushWorld): void {
  world.random.byShare(EVENTS)?.(world);
}

/** Another daemon, or the same one again, governs from now on; the one before hears of that late, or by a refused write. */
export function handOver(world: PushWorld): void {
  const {random, daemons} = world;
  const before = daemons.filter(({governs}) => governs);
  const next = random.pick(daemons.filter(({process}) => process.alive));
  const name = next.process.name;
  const token = `0000000001-${name}`;
  const revision = world.put(world.keys.ownership('sm', APP), {
    ...{v: 1, state: 'owned', container: name, incarnation: name, token, ready: true},
    ...{move: null, failures: 0, lastError: ''},
  });
  world.say(name, 'governs, with', revision);
  world.claim = revision;
  next.govern(revision);
  for (const one of before) {
    const {claim} = one;
    if (one !== next && random.chance(0.5))
      world.sim.after(random.between(0, HEARS_AFTER_MS), () => one.stop(claim));
  }
}

/** A daemon comes in the place of one that is gone. */
export function ensureDaemons(world: PushWorld, count: number): void {
  const {daemons} = world;
  const living = daemons.filter(({process}) => process.alive);
  daemons.splice(0, daemons.length, ...living);
  while (daemons.length < count) daemons.push(new PushDaemon(world));
}

function anyContainer(world: PushWorld) {
  return world.random.pick([...world.containers.values()]);
}

function stallDaemon(world: PushWorld): void {
  const {random, daemons} = world;
  const {process} = random.pick(daemons);
  const forMs = random.between(0, STALL_MS);
  world.say(process.name, 'stalls for', forMs.toFixed(0));
  process.pause(forMs, false);
}

function killDaemon(world: PushWorld): void {
  const {random, daemons} = world;
  const one = random.pick(daemons);
  world.say(one.process.name, 'is killed');
  one.process.kill();
  ensureDaemons(world, daemons.length);
  world.sim.after(random.between(0, STALL_MS), () => handOver(world));
}

function stallContainer(world: PushWorld): void {
  const {id, process} = anyContainer(world);
  const forMs = world.random.between(0, STALL_MS);
  world.say('container', id, 'stalls for', forMs.toFixed(0));
  process.pause(forMs, false);
}

function crashContainer(world: PushWorld): void {
  anyContainer(world).crash(world.random.between(0, RESTART_MS));
}

function deafen(world: PushWorld): void {
  const one = anyContainer(world);
  world.say('container', one.id, 'is deaf');
  one.isDeaf = true;
  world.sim.after(world.random.between(0, DEAF_MS), () => (one.isDeaf = false));
}

/** It listens, and no call is ever answered or carried out. */
function hang(world: PushWorld): void {
  const one = anyContainer(world);
  world.say('container', one.id, 'hangs');
  one.hangs = true;
  world.sim.after(world.random.between(0, DEAF_MS), () => (one.hangs = false));
}

function garble(world: PushWorld): void {
  const one = anyContainer(world);
  world.say('container', one.id, 'cannot be read');
  one.isGarbled = true;
  world.sim.after(world.random.between(0, DEAF_MS), () => (one.isGarbled = false));
}

function badWeather(world: PushWorld): void {
  const {random, weather} = world;
  world.say('bad weather');
  weather.rates = {
    ...weather.rates,
    lost: random.between(0, 0.1),
    answerLost: random.between(0, 0.2),
    ...{late: random.between(0, 0.3), lateMs: random.between(0, 4_000)},
    ...{watchLagMs: random.between(0, 3_000), watchBreak: random.between(0, 0.1)},
  };
}

function storeAway(world: PushWorld): void {
  world.say('the store is away');
  world.weather.setOutage(true);
  world.sim.after(world.random.between(0, AWAY_MS), () => world.weather.setOutage(false));
}

function cutDaemon(world: PushWorld): void {
  const {random, weather, sim} = world;
  const {process} = random.pick(world.daemons);
  world.say(process.name, 'is cut off');
  weather.cut(process, random.pick(['requests', 'answers', 'both'] as const));
  sim.after(random.between(0, AWAY_MS), () => weather.cut(process, undefined));
}

/** Watches stay open and lose what happens. */
function loseEvents(world: PushWorld): void {
  const {random, weather, sim} = world;
  const {process} = random.pick(world.daemons);
  world.say('watches of', process.name, 'lose what happens');
  weather.silenceWatches(process, false);
  sim.after(random.between(0, STALL_MS), () => weather.silenceWatches(process, undefined));
}

/** An operator drains a container, or lifts that. */
function order(world: PushWorld): void {
  const {id} = anyContainer(world);
  const key = world.keys.containerOrder(APP, id);
  world.say('operator: drain or not', id);
  if (world.server.kv.get(key) !== undefined) return world.delete(key);
  world.put(key, {
    ...{v: 1, order: 'drain', reason: '', by: '', at: '', incarnation: '', keep: true},
  });
}

/** By an operator: who holds the id. What happens then is the operator's business: the container runs on. */
function evict(world: PushWorld): void {
  const {keys, server} = world;
  const {id} = anyContainer(world);
  const incarnation = decodeIdHolder(server.kv.get(keys.containerId(APP, id))?.value ?? '');
  const key = keys.heartbeat(APP, incarnation);
  const entry = server.kv.get(key);
  if (entry === undefined) return;
  world.say('operator: evicts', id, incarnation);
  world.evicted.add(incarnation);
  world.put(key, {...(JSON.parse(entry.value) as object), state: 'evicting'});
}

/** A shard is removed, or comes back under the same name: at once, too, while its container still adds or drops it. */
function removeOrAdd(world: PushWorld): void {
  const {random, sim} = world;
  const id = random.pick(SHARDS);
  if (!isSpecified(world, id)) return addAgain(world, id);
  world.say('operator: removes', id);
  world.delete(world.keys.shardSpec(APP, id));
  if (random.chance(0.7)) sim.after(random.between(0, BACK_MS), () => addAgain(world, id));
}

function addAgain(world: PushWorld, id: string): void {
  if (isSpecified(world, id)) return;
  world.say('operator: adds', id);
  putSpec(world, id);
}

function isSpecified({server, keys}: PushWorld, id: string): boolean {
  return server.kv.get(keys.shardSpec(APP, id)) !== undefined;
}

/** To a container that may be gone, or no longer. */
function pin(world: PushWorld): void {
  const {random} = world;
  const id = random.pick(SHARDS);
  if (!isSpecified(world, id)) return;
  const to = random.chance(0.7) ? anyContainer(world).id : '';
  world.say('operator: pins', id, 'to', to);
  putSpec(world, id, to);
}

/** All that an operator has said is taken back, and everything works. */
export function heal(world: PushWorld): void {
  world.weather.clear();
  for (const container of world.containers.values()) {
    container.isDeaf = container.isGarbled = container.hangs = false;
    world.delete(world.keys.containerOrder(APP, container.id));
  }
  // Whom an operator has evicted takes nothing before it is started again: where all are, one is.
  const containers = [...world.containers.values()];
  if (containers.every(({incarnation}) => world.evicted.has(incarnation)))
    world.random.pick(containers).crash(RESTART_MS);
  // A container that an operator has evicted takes nothing: what is pinned there would wait for ever.
  for (const id of SHARDS) if (isSpecified(world, id)) putSpec(world, id);
  ensureDaemons(world, world.daemons.length);
  // Otherwise what the present one remembers wrongly would be forgotten.
  if (!world.daemons.some(({governs, claim}) => governs && claim === world.claim)) handOver(world);
}

export function firstSpecs(world: PushWorld): void {
  const maxRecoveryTime = world.random.chance(0.5) ? RECOVERY_S : 0;
  world.put(world.keys.appSpec(APP), {
    ...{v: 1, service: APP, createTime: 1, maxShardCount: 0, maxRecoveryTime},
  });
  for (const id of SHARDS) putSpec(world, id);
}

function putSpec(world: PushWorld, id: string, manualContainerId = ''): void {
  world.put(world.keys.shardSpec(APP, id), {
    ...{v: 1, id, service: APP, task: '', updateTime: world.nowMs},
    ...{manualContainerId, group: '', workerGroup: ''},
  });
}
