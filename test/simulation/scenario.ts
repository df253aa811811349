/** One seed: a small world, a while of faults, then calm; what was promised is checked all the way. */
import {RELIST_INTERVAL_MS} from '../../src/appview/limits.ts';
import {silenceMs} from '../../src/model/container.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {Coverage} from './coverage.ts';
import type {RecordedChoices} from './choices.ts';
import type {Violation} from './checker.ts';
import {
  checkGoverned,
  checkNothingLeft,
  governorOf,
  isGoverned,
  leftOver,
  loseAgain,
} from './end-checks.ts';
import {FAULTS, LATER, isWider, prepare, unleash, widerSwarm} from './faults.ts';
import type {ChanceOf, FaultName} from './faults.ts';
import {APP, CLONE_NONCE, Fleet} from './fleet.ts';
import type {Shape} from './fleet.ts';
import {Random} from './random.ts';
import {Weather} from './weather.ts';
import {WIDE_FROM_SEED} from './wider-faults.ts';
import {World, ownTurn, patchGlobals} from './world.ts';

export interface ScenarioOptions {
  /** Faults that may happen; by default the seed chooses. */
  readonly faults?: readonly FaultName[];
  readonly trace?: (line: string) => void;
  /** Faults besides those that the seed chooses. */
  readonly more?: readonly FaultName[];
  readonly coverage?: Coverage;
  /** The app is removed in the middle of the faults: at the end nothing of it is left. */
  readonly removes?: boolean;
  /** Keeps every choice that is not calm. */
  readonly choices?: RecordedChoices;
  /** Each clock's rate is off by up to this share. Default: what assumption A2 allows. */
  readonly rateSpread?: number;
}

/** All that there is to a run besides its choices. */
export interface Course {
  readonly shape: Shape;
  /** When all faults are over. */
  readonly endsMs: number;
  /** When the app is removed, if it is. */
  readonly removeAtMs: number | undefined;
  /** On production's own wiring, down to the sockets. */
  readonly real: boolean;
}

export interface Outcome {
  readonly faults: readonly FaultName[];
  readonly course: Course;
  readonly violation: Violation | undefined;
  readonly hash: number;
  readonly events: number;
  readonly recordWrites: number;
  readonly simulatedMs: number;
}

/** Everything has joined and is placed before the first fault. */
export const FAULTS_FROM_MS = 6_000;
/** Seeds that have each of the later faults. */
const LATER_SHARE = 0.15;
/** I6: so much beyond the waits that safety needs. */
const CONVERGE_MS = 5_000;
/** After that no record may change for so long, one of these times. */
const QUIET_MS = 8_000;
const QUIET_WINDOWS = 6;
/** A removal waits for the last container, an accepted restore for the longest T there may be. */
const TASKS_LIMIT_MS = 150_000;
/** How often it is looked whether everything has come to rest. */
const REST_LOOK_MS = 500;
/** From one listing of everything to the next, at most. */
const LONGEST_RELIST_MS = 1.2 * RELIST_INTERVAL_MS;
/** Records may settle for so long after everything is placed: last balancing moves. */
const SETTLE_MS = 4_000;

/** What the admin API refuses while an app is being removed, and second processes, which would be turned away. */
const OF_OPERATORS: ReadonlySet<FaultName> = new Set<FaultName>([
  ...(['shardChurn', 'pins', 'orders', 'workerGroups', 'operatorEvicts', 'doubleId'] as const),
  ...(['recreateApp', 'restoreStore'] as const),
]);

/** Runs the seed. Equal seeds and options give equal outcomes. */
export function runScenario(seed: number, options: ScenarioOptions = {}): Promise<Outcome> {
  patchGlobals();
  return ownTurn(() => runNow(seed, options));
}

/** The same, but the app is removed in the middle of the faults: at the end nothing of it is left. */
export function runRemoval(seed: number, options: ScenarioOptions = {}): Promise<Outcome> {
  patchGlobals();
  return ownTurn(() => runNow(seed, {...options, removes: true}));
}

function runNow(seed: number, options: ScenarioOptions): Outcome {
  const {removes = false} = options;
  const world = new World(seed, options.choices);
  world.trace = options.trace;
  const shape = shapeOf(world);
  const endsMs = FAULTS_FROM_MS + world.random.between(2, 6) * shape.ttlMs + 8_000;
  const weather = new Weather(world, endsMs);
  const fleet = new Fleet(world, shape, weather, new Random(seed ^ 0x51ed270b));
  const later = new Random(seed ^ 0x2545f491);
  const chosen = [...swarm(world), ...[...LATER].filter(() => later.chance(LATER_SHARE))];
  const chanceOf = widerChance(seed);
  const wider = seed >= WIDE_FROM_SEED ? widerSwarm(chanceOf) : [];
  const swarmed = new Set([...chosen, ...wider, ...(options.more ?? [])]);
  const wanted = options.faults ?? [...swarmed];
  const faults = removes ? wanted.filter((kind) => !OF_OPERATORS.has(kind)) : wanted;
  fleet.real = seed >= WIDE_FROM_SEED;
  options.coverage?.met(faults);
  options.coverage?.watch(fleet);
  prepare(fleet, faults, chanceOf);
  fleet.rateSpread = options.rateSpread ?? fleet.rateSpread;
  fleet.begin();
  unleash(fleet, faults, FAULTS_FROM_MS, endsMs, later, chanceOf);
  const removeAtMs = removes ? later.between(FAULTS_FROM_MS, endsMs) : undefined;
  return runCourse(fleet, {shape, endsMs, removeAtMs, real: fleet.real}, faults);
}

/** Runs a fleet that has begun and whose faults are waiting, to the end. Call within `ownTurn`. */
export function runCourse(fleet: Fleet, course: Course, faults: readonly FaultName[]): Outcome {
  const {world} = fleet;
  const {endsMs, removeAtMs} = course;
  if (removeAtMs !== undefined) world.at(removeAtMs, () => fleet.removeApp());
  world.run(endsMs);
  if (fleet.checker.violation === undefined)
    (removeAtMs === undefined ? calm : emptied)(fleet, endsMs);
  return {
    faults,
    course,
    violation: fleet.checker.violation,
    hash: world.hash >>> 0,
    events: world.events,
    recordWrites: fleet.checker.recordWrites,
    simulatedMs: world.nowMs,
  };
}

/** A stream of its own for each of the wider faults. */
function widerChance(seed: number): ChanceOf {
  const streams = new Map<string, Random>();
  return (fault) => {
    const stream = streams.get(fault) ?? new Random(seed ^ textHash(fault));
    streams.set(fault, stream);
    return stream;
  };
}

function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return hash;
}

function shapeOf({random}: World): Shape {
  return {
    containers: random.whole(3, 5),
    daemons: random.chance(0.2) ? 3 : 2,
    shards: random.whole(4, 9),
    ttlMs: random.pick([3_000, 5_000, 10_000]),
    daemonTtlMs: random.pick([3_000, 5_000]),
    maxRecoveryTimeS: random.pick([0, 4, 10]),
  };
}

/** Each seed has some faults only: rare combinations come up, and what hides another is sometimes absent. */
function swarm({random}: World): FaultName[] {
  const share = random.between(0.05, 0.5);
  const kinds = (Object.keys(FAULTS) as FaultName[]).filter(
    (kind) => !LATER.has(kind) && !isWider(kind),
  );
  return kinds.filter(() => random.chance(share));
}

/** The faults are over: everything has to come right in time, and then be still. */
function calm(fleet: Fleet, endsMs: number): void {
  const {world, checker} = fleet;
  awaitTasks(fleet, endsMs + TASKS_LIMIT_MS);
  const fromMs = world.nowMs;
  const leaderMs = areLeaderAndGovernorLost(fleet) ? 1.2 * fleet.shape.daemonTtlMs : 0;
  // What was failing at the end is written down by then.
  world.run(fromMs + CONVERGE_MS);
  if (checker.violation !== undefined) return;
  awaitRest(fleet, fromMs + leaderMs + convergenceMs(fleet));
  if (checker.violation !== undefined) return;
  if (!fleet.appStands) return checker.violated('I6', 'there is no app any more');
  checkPlaced(fleet);
  world.run(world.nowMs + SETTLE_MS);
  awaitQuiet(fleet);
  if (checker.violation === undefined) checkPlaced(fleet);
  if (checker.violation === undefined && fleet.real) again(fleet);
}

/** What operators have begun comes to its end. */
function awaitTasks(fleet: Fleet, byMs: number): void {
  const {world, checker} = fleet;
  while (checker.violation === undefined && fleet.tasks > 0 && world.nowMs < byMs)
    world.run(world.nowMs + REST_LOOK_MS);
  if (fleet.tasks > 0) checker.violated('I6', 'what the operator began does not come to an end');
}

/** Until nothing is left to be made up for, at the latest until then: from there on nothing but heartbeats would be seen. */
function awaitRest(fleet: Fleet, byMs: number): void {
  const {world, checker} = fleet;
  while (checker.violation === undefined && world.nowMs < byMs && !isAtRest(fleet))
    world.run(Math.min(byMs, world.nowMs + REST_LOOK_MS));
}

function isAtRest(fleet: Fleet): boolean {
  if (fleet.shards.some((shard) => misplaced(fleet, shard) !== undefined)) return false;
  return (
    leftOver(fleet) === undefined && isGoverned(fleet) && fleet.world.nowMs >= listedByMs(fleet)
  );
}

/** Everything is well: it is so in fact and not by the records alone, and stays so when something is lost again. */
function again(fleet: Fleet): void {
  const {world, checker} = fleet;
  checkNothingLeft(fleet);
  checkGoverned(fleet);
  if (checker.violation !== undefined) return;
  loseAgain(fleet);
  awaitRest(fleet, world.nowMs + convergenceMs(fleet));
  if (checker.violation === undefined) checkPlaced(fleet);
  if (checker.violation === undefined) checkGoverned(fleet);
}

/** Nothing is left of the app: containers, records, specs, and the record that said who governs it. */
function emptied(fleet: Fleet, endsMs: number): void {
  const {world, checker} = fleet;
  world.run(endsMs + convergenceMs(fleet) + SETTLE_MS);
  const {leftovers} = fleet;
  if (leftovers.length > 0) checker.violated('I6', `the app left ${leftovers.join(' ')}`);
}

/** No record changes for a while; a container that counted as unreachable may first come back and be given its share. */
function awaitQuiet({world, checker}: Fleet): void {
  let writes = 0;
  for (let window = 0; window < QUIET_WINDOWS; window += 1) {
    writes = checker.recordWrites;
    world.run(world.nowMs + QUIET_MS);
    if (checker.violation !== undefined || checker.recordWrites === writes) return;
  }
  checker.violated('quiet', `${checker.recordWrites - writes} record writes in a settled world`);
}

/**
 * The wait for a silent daemon, then the wait of a governor that began anew for a silent container, or for its recovery
 * time; twice the longest T more if many are silent at once; the back-off of shards whose adds have failed; the next listing.
 */
function convergenceMs(fleet: Fleet): number {
  const {shape, server, keys} = fleet;
  const ttlMs = longestTtlMs(fleet);
  const recoveryMs = Math.max(1.1 * ttlMs, 1_000 * shape.maxRecoveryTimeS);
  const failures = server.kv
    .list(keys.ownershipPrefix(APP))
    .map(({value}) => (JSON.parse(value) as OwnershipRecord).failures);
  const most = Math.max(0, ...failures);
  const backOffMs = most === 0 ? 0 : Math.min(60_000, 1_000 * 2 ** (most - 1));
  const breakerMs =
    (manyLost(fleet, keys.service, shape.daemonTtlMs) ? 2 * shape.daemonTtlMs : 0) +
    (manyLost(fleet, APP, ttlMs) ? 2 * ttlMs : 0);
  const relistMs = Math.max(0, listedByMs(fleet) - fleet.world.nowMs);
  return 1.2 * shape.daemonTtlMs + recoveryMs + breakerMs + backOffMs + relistMs + CONVERGE_MS;
}

/** What a watch has lost is found by the next listing. */
function listedByMs({weather}: Fleet): number {
  return weather.missedAtMs + LONGEST_RELIST_MS;
}

/** The leader and the governor of the app are both gone: the next leader counts the silence of that governor from its own beginning on. */
function areLeaderAndGovernorLost(fleet: Fleet): boolean {
  const {server, keys, daemons} = fleet;
  const value = server.kv.get(keys.leader())?.value;
  if (value === undefined || governorOf(fleet, APP) !== undefined) return false;
  const {incarnation} = JSON.parse(value) as {incarnation: string};
  return ![...daemons.values()].some((one) => one.process.alive && one.incarnation === incarnation);
}

/** Containers of one app may differ in T. */
function longestTtlMs({shape, server, keys}: Fleet): number {
  const heartbeats = server.kv.list(keys.heartbeatPrefix(APP));
  return Math.max(
    shape.ttlMs,
    ...heartbeats.map(({value}) => (JSON.parse(value) as Heartbeat).ttlMs),
  );
}

/** Whether so many containers are silent, or were evicted within one window of W and the 2T for which that holds, that the circuit breaker may hold. */
function manyLost(fleet: Fleet, app: string, ttlMs: number): boolean {
  const {server, keys, containers, daemons, checker, world} = fleet;
  // Everybody registers anew: all that the backup knew of are lost at once.
  if (checker.restored) return true;
  const living = new Set<string>();
  for (const {process, incarnation} of [...containers.values(), ...daemons.values()])
    if (process.alive) living.add(incarnation);
  const prefix = keys.heartbeatPrefix(app);
  const all = new Set<string>();
  const lost = new Set<string>();
  for (const one of checker.evictions)
    if (one.app === app && one.atMs > world.nowMs - silenceMs(ttlMs) - 2 * ttlMs)
      lost.add(one.container);
  for (const {key, value} of server.kv.list(prefix)) {
    const {container, nonce} = JSON.parse(value) as Heartbeat;
    all.add(container);
    const incarnation = key.slice(prefix.length);
    // Two processes with one incarnation see each other at their next beat: both end, and neither takes its heartbeat away.
    const isCopied = nonce === CLONE_NONCE || checker.forked.has(incarnation);
    if (!living.has(incarnation) || isCopied) lost.add(container);
  }
  return lost.size > Math.max(2, 0.3 * all.size);
}

/** Every shard has exactly one acting, ready owner. */
function checkPlaced(fleet: Fleet): void {
  for (const shard of fleet.shards) {
    const problem = misplaced(fleet, shard);
    if (problem !== undefined) fleet.checker.violated('I6', problem);
  }
}

function misplaced({server, keys, checker}: Fleet, shard: string): string | undefined {
  const value = server.kv.get(keys.ownership(APP, shard))?.value;
  const record = value === undefined ? undefined : (JSON.parse(value) as OwnershipRecord);
  const acting = checker.acting(APP, shard);
  const owner = acting[0];
  const placed = record?.state === 'owned' && record.ready && acting.length === 1;
  if (placed && owner?.incarnation === record.incarnation) return undefined;
  return (
    `${shard} is ${record?.state ?? 'without record'}${record?.ready === true ? ' ready' : ''} ` +
    `at ${record?.container ?? ''}; acting: ${acting.map(({process}) => process.name).join(' ')}`
  );
}
