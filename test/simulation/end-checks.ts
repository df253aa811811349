/** After the faults: who is recorded does govern, nothing of the ended is left, and what is lost next is made up for in time again. */
import {decodeIdHolder} from '../../src/protocol/container-id.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {Daemon} from './daemon-node.ts';
import {APP, SERVICE} from './fleet.ts';
import type {Fleet} from './fleet.ts';
import type {SimProcess} from './process.ts';

/** A change is noticed, decided on, hinted at and claimed within so long in a calm world. */
const CHANGE_MS = 3_000;
const PROBE = 'probe';
interface Limits {
  readonly watches: number;
  readonly timers: number;
}

/** Most that a process has in a calm world: its app's spec; a call to the store or two may be under way. */
const CONTAINER_LIMITS: Limits = {watches: 1, timers: 6};
/** A daemon's own: the leader and the daemons. */
const DAEMON_LIMITS: Limits = {watches: 2, timers: 8};
const WATCHES_AN_APP = 4;
const TIMERS_AN_APP = 4;

/** The daemon of the app's record takes a change and acts on it, and so does the leader. */
export function checkGoverned(fleet: Fleet): void {
  const {world, checker} = fleet;
  const governor = governorOf(fleet, APP);
  if (governor === undefined)
    return checker.violated('I6', `${APP} is recorded as governed by nobody who lives`);
  if (!governor.apps.includes(APP))
    return checker.violated('I6', `${governor.address} is recorded as governing and does not`);
  if (![...fleet.daemons.values()].some(({process, leads}) => process.alive && leads))
    return checker.violated('I6', 'nobody leads');
  const shard = `${PROBE}${Math.round(world.nowMs)}`;
  fleet.putShard(shard);
  const app = `${PROBE}-${Math.round(world.nowMs)}`;
  fleet.operator.insist('create an app', (admin, caller) =>
    admin.addSpec(
      {service: app, maxShardCount: 0, maxRecoveryTime: 0, dryRun: false, reason: ''},
      caller,
    ),
  );
  world.run(world.nowMs + CHANGE_MS);
  if (checker.acting(APP, shard).length !== 1)
    checker.violated('I6', `the governor of ${APP} does nothing about a new shard`);
  if (governorOf(fleet, app) === undefined)
    checker.violated('I6', 'the leader does nothing about a new app');
}

/** The living daemon that the record of the app names. */
export function governorOf(fleet: Fleet, app: string): Daemon | undefined {
  const value = fleet.server.kv.get(fleet.keys.ownership(SERVICE, app))?.value;
  const record = value === undefined ? undefined : (JSON.parse(value) as OwnershipRecord);
  if (record?.state !== 'owned') return undefined;
  return [...fleet.daemons.values()].find(
    ({process, incarnation}) => process.alive && incarnation === record.incarnation,
  );
}

/** Heartbeats and ids are those of processes that live. */
export function checkNothingLeft(fleet: Fleet): void {
  const left = leftOver(fleet);
  if (left !== undefined) fleet.checker.violated('leak', `${left} is left`);
  checkNoLeaks(fleet);
}

/** Who has lived through faults holds no more timers and watches than one that has just begun. */
function checkNoLeaks({server, checker, containers, daemons}: Fleet): void {
  const {watches} = server;
  const check = ({alive, name, timers}: SimProcess, open: number, limits: Limits): void => {
    if (alive && open > limits.watches) checker.violated('leak', `${name} has ${open} watches`);
    if (alive && timers > limits.timers) checker.violated('leak', `${name} has ${timers} timers`);
  };
  for (const {process} of containers.values())
    check(process, watches.get(process) ?? 0, CONTAINER_LIMITS);
  for (const {process, apps} of daemons.values()) {
    const limits = {
      watches: DAEMON_LIMITS.watches + WATCHES_AN_APP * apps.length,
      timers: DAEMON_LIMITS.timers + TIMERS_AN_APP * apps.length,
    };
    check(process, watches.get(process) ?? 0, limits);
  }
}

/** A key of a process that does not live any more. An id of nobody tells who was evicted. */
export function leftOver({server, keys, containers, daemons}: Fleet): string | undefined {
  const living = new Set<string>();
  for (const {process, incarnation} of [...containers.values(), ...daemons.values()])
    if (process.alive) living.add(incarnation);
  for (const app of [APP, SERVICE]) {
    const prefix = keys.heartbeatPrefix(app);
    for (const {key} of server.kv.list(prefix))
      if (!living.has(key.slice(prefix.length))) return key;
    for (const {key, value} of server.kv.list(keys.containerIdPrefix(app)))
      if (decodeIdHolder(value) !== '' && !living.has(decodeIdHolder(value))) return key;
  }
  return undefined;
}

/** A living daemon governs the app, in fact and by the record, and one leads. */
export function isGoverned(fleet: Fleet): boolean {
  if (governorOf(fleet, APP)?.apps.includes(APP) !== true) return false;
  return [...fleet.daemons.values()].some(({process, leads}) => process.alive && leads);
}

/** One container and the governing daemon are gone for good. */
export function loseAgain(fleet: Fleet): void {
  const {world} = fleet;
  const [shard = ''] = fleet.shards;
  const [owner] = fleet.checker.acting(APP, shard);
  const container = fleet.living.find(({process}) => process === owner?.process);
  world.note('a second fault');
  container?.kill();
  governorOf(fleet, APP)?.kill();
}
