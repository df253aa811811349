/** What may go wrong, each kind by itself; all of it is over at a given time. */
import {NoSuchTarget, ReplayedRandom} from './choices.ts';
import type {Strike} from './choices.ts';
import type {ContainerNode} from './container-node.ts';
import {GOOD_MANNERS} from './container-node.ts';
import type {Daemon} from './daemon-node.ts';
import {POOL} from './fleet.ts';
import type {Fleet} from './fleet.ts';
import type {Random} from './random.ts';
import type {CutKind} from './weather.ts';
import {WIDER_FAULTS} from './wider-faults.ts';
import type {WiderFault} from './wider-faults.ts';

/** The world at the time of a fault. */
export interface FaultTime {
  readonly fleet: Fleet;
  readonly random: Random;
  /** Ms until all faults are over. */
  readonly leftMs: number;
}

export interface Fault {
  /** Mean wait between two of the kind, in T of the containers. 0: once, at the beginning. */
  readonly everyT: number;
  readonly strike: (time: FaultTime) => void;
}

const CUTS: readonly CutKind[] = ['requests', 'answers', 'both'];

function container({fleet, random}: FaultTime): ContainerNode | undefined {
  const {living} = fleet;
  return living.length === 0 ? undefined : random.pick(living);
}

function daemon({fleet, random}: FaultTime): Daemon | undefined {
  const living = [...fleet.daemons.values()].filter(({process}) => process.alive);
  return living.length === 0 ? undefined : random.pick(living);
}

/** From 50 ms to 3T, short ones as often as long ones. */
function length({fleet, random, leftMs}: FaultTime): number {
  const longest = 3 * fleet.shape.ttlMs;
  return Math.min(leftMs, 50 * (longest / 50) ** random.next());
}

function cut(time: FaultTime, node: ContainerNode | Daemon | undefined): void {
  if (node === undefined) return;
  const {fleet, random} = time;
  const {process} = node;
  fleet.weather.cut(process, random.pick(CUTS));
  fleet.world.after(length(time), () => fleet.weather.cut(process, undefined));
}

function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list.length === 0 ? undefined : random.pick(list);
}

export const FAULTS = {
  pauseContainer: {
    everyT: 1,
    strike: (time) => container(time)?.process.pause(length(time), time.random.chance(0.2)),
  },
  pauseDaemon: {
    everyT: 1.5,
    strike: (time) => daemon(time)?.process.pause(length(time), time.random.chance(0.2)),
  },
  killContainer: {
    everyT: 1.5,
    strike: (time) => {
      const node = container(time);
      if (node !== undefined) time.fleet.restartContainer(node, length(time));
    },
  },
  killDaemon: {
    everyT: 2,
    strike: (time) => {
      const node = daemon(time);
      if (node !== undefined) time.fleet.restartDaemon(node, length(time));
    },
  },
  leaveContainer: {everyT: 2, strike: (time) => container(time)?.leave()},
  shutDaemonDown: {everyT: 3, strike: (time) => daemon(time)?.shutdown()},
  cutContainer: {everyT: 1.5, strike: (time) => cut(time, container(time))},
  cutDaemon: {everyT: 2, strike: (time) => cut(time, daemon(time))},
  storeAway: {
    everyT: 3,
    strike: (time) => {
      const {fleet} = time;
      fleet.checker.everybodyTouched = true;
      fleet.weather.setOutage(true);
      fleet.world.after(length(time), () => fleet.weather.setOutage(false));
    },
  },
  noSpace: {
    everyT: 3,
    strike: (time) => {
      const {fleet} = time;
      fleet.checker.everybodyTouched = true;
      fleet.weather.setNoSpace(true);
      fleet.world.after(length(time), () => fleet.weather.setNoSpace(false));
    },
  },
  lostMessages: {
    everyT: 0,
    strike: ({fleet, random}) => {
      fleet.checker.everybodyTouched = true;
      fleet.weather.rates.lost = random.between(0, 0.2);
      fleet.weather.rates.answerLost = random.between(0, 0.3);
    },
  },
  lateMessages: {
    everyT: 0,
    strike: ({fleet, random}) => {
      fleet.checker.everybodyTouched = true;
      fleet.weather.rates.late = random.between(0, 0.3);
      fleet.weather.rates.lateMs = random.between(0.05, 3) * fleet.shape.ttlMs;
    },
  },
  staleReads: {
    everyT: 0,
    strike: ({fleet, random}) => {
      fleet.weather.rates.stale = random.between(0, 0.3);
      fleet.weather.rates.staleRevisions = random.whole(1, 60);
    },
  },
  lateWatches: {
    everyT: 0,
    strike: ({fleet, random}) => {
      fleet.weather.rates.watchLagMs = random.between(5, 1_500);
      fleet.weather.rates.watchBreak = random.between(0, 0.02);
    },
  },
  stalledWatches: {
    everyT: 2,
    strike: (time) => {
      const process = daemon(time)?.process;
      if (process === undefined) return;
      const {fleet} = time;
      fleet.weather.stallWatches(process, true);
      fleet.world.after(length(time), () => fleet.weather.stallWatches(process, false));
    },
  },
  badHints: {
    everyT: 0,
    strike: ({fleet, random}) => {
      fleet.weather.rates.hintLost = random.between(0, 0.5);
      fleet.weather.rates.hintTwice = random.between(0, 0.5);
      fleet.weather.rates.hintLies = random.between(0, 0.5);
      fleet.weather.rates.hintLateMs = random.between(5, 3_000);
    },
  },
  slowHooks: {
    everyT: 0,
    strike: ({fleet, random}) => {
      fleet.manners.addMs = random.between(100, 6_000);
      fleet.manners.dropMs = random.between(100, 6_000);
    },
  },
  failingHooks: {
    everyT: 0,
    strike: ({fleet, random}) => {
      fleet.manners.addFails = random.between(0, 0.3);
      fleet.manners.dropFails = random.between(0, 0.3);
    },
  },
  hangingHooks: {
    everyT: 0,
    strike: ({fleet, random}) => {
      fleet.manners.hangs = random.between(0, 0.1);
    },
  },
  doubleId: {
    everyT: 3,
    strike: (time) => {
      const node = container(time);
      const {fleet, leftMs, random} = time;
      if (node === undefined || fleet.doubles.size > 0) return;
      fleet.startDouble(node.container);
      fleet.world.after(random.between(0.2, 1) * leftMs, () => {
        for (const double of fleet.doubles) fleet.restartContainer(double, 0);
      });
    },
  },
  shardChurn: {
    everyT: 0.7,
    strike: ({fleet, random}) => {
      const known = fleet.shards;
      const shard = `s${random.whole(0, fleet.shape.shards + 3)}`;
      if (!known.includes(shard)) fleet.putShard(shard);
      else if (random.chance(0.4)) fleet.removeShard(shard);
      else fleet.putShard(shard, {taskVersion: random.whole(1, 9), task: 'changed'});
    },
  },
  pins: {
    everyT: 1,
    strike: ({fleet, random}) => {
      const shard = pick(fleet.shards, random);
      if (shard === undefined) return;
      const pinned = random.chance(0.6) ? `c${random.whole(0, fleet.shape.containers - 1)}` : '';
      fleet.putShard(shard, {manualContainerId: pinned});
    },
  },
  orders: {
    everyT: 1.2,
    strike: ({fleet, random}) => {
      const container = `c${random.whole(0, fleet.shape.containers - 1)}`;
      fleet.order(container, random.pick(['cordon', 'drain', undefined]));
    },
  },
  operatorEvicts: {
    everyT: 3,
    strike: (time) => {
      const node = container(time);
      if (node !== undefined) time.fleet.evict(node);
    },
  },
  workerGroups: {
    everyT: 1.2,
    strike: ({fleet, random}) => {
      const member = `c${random.whole(0, fleet.shape.containers - 1)}`;
      if (random.chance(0.6)) fleet.worker(member, random.chance(0.6));
      const shard = pick(fleet.shards, random);
      if (shard !== undefined) fleet.putShard(shard, {workerGroup: random.chance(0.5) ? POOL : ''});
    },
  },
  clones: {
    everyT: 3,
    strike: (time) => {
      const node = container(time);
      if (node !== undefined) time.fleet.clone(node);
    },
  },
  ...WIDER_FAULTS,
} as const satisfies Record<string, Fault>;

/** Faults that came later draw from a chance of their own: the seeds that once failed keep their histories. */
export const LATER: ReadonlySet<FaultName> = new Set<FaultName>(['workerGroups', 'clones']);

export type FaultName = keyof typeof FAULTS;
export type WiderFaultName = keyof typeof WIDER_FAULTS;

/** Chance of one wider fault, whatever others there are. */
export type ChanceOf = (fault: WiderFaultName) => Random;

export function isWider(fault: FaultName): fault is WiderFaultName {
  return fault in WIDER_FAULTS;
}

/** The wider faults that a seed has. */
export function widerSwarm(chanceOf: ChanceOf): WiderFaultName[] {
  const kinds = Object.keys(WIDER_FAULTS) as WiderFaultName[];
  return kinds.filter((kind) => chanceOf(kind).chance(WIDER_FAULTS[kind].share));
}

/** What has to be so from the beginning. */
export function prepare(fleet: Fleet, faults: readonly FaultName[], chanceOf: ChanceOf): void {
  for (const kind of faults) {
    if (!isWider(kind)) continue;
    const fault: WiderFault = WIDER_FAULTS[kind];
    fault.prepare?.(fleet, chanceOf(kind));
  }
}

/** Faults that have something to say before the world begins. */
export function preparing(faults: readonly FaultName[]): FaultName[] {
  return faults.filter((kind) => {
    if (!isWider(kind)) return false;
    const fault: WiderFault = WIDER_FAULTS[kind];
    return fault.prepare !== undefined;
  });
}

/** Lets the faults happen from one moment to the other, each from a stream of chance of its own. */
export function unleash(
  fleet: Fleet,
  faults: readonly FaultName[],
  fromMs: number,
  endsMs: number,
  later: Random,
  chanceOf: ChanceOf,
): void {
  const {world, shape} = fleet;
  const kinds = Object.keys(FAULTS) as FaultName[];
  for (const kind of kinds) {
    const random = isWider(kind) ? chanceOf(kind) : (LATER.has(kind) ? later : world.random).fork();
    if (!faults.includes(kind)) continue;
    const {everyT, strike}: Fault = FAULTS[kind];
    const again = (atMs: number): void => {
      if (atMs >= endsMs) return;
      world.at(atMs, () => {
        world.choices.strike(kind, world.nowMs, random, (chance) =>
          strike({fleet, random: chance, leftMs: endsMs - world.nowMs}),
        );
        if (everyT > 0) again(world.nowMs + random.between(0.1, 2) * everyT * shape.ttlMs);
      });
    };
    again(fromMs + (everyT === 0 ? 0 : random.next() * everyT * shape.ttlMs));
  }
  world.at(endsMs, () => heal(fleet));
}

/** The faults that a scenario file tells of; one whose target is not there does not happen. */
export function strikeAgain(fleet: Fleet, strikes: readonly Strike[], endsMs: number): void {
  const {world} = fleet;
  for (const {atMs, fault, draws} of strikes) {
    if (!(fault in FAULTS)) throw new Error(`no fault is named ${fault}`);
    const {strike}: Fault = FAULTS[fault as FaultName];
    world.at(atMs, () => {
      try {
        strike({fleet, random: new ReplayedRandom(draws), leftMs: endsMs - world.nowMs});
      } catch (error) {
        if (!(error instanceof NoSuchTarget)) throw error;
      }
    });
  }
  world.at(endsMs, () => heal(fleet));
}

/** Leaves a world in which every shard can be placed. */
function heal(fleet: Fleet): void {
  const {world, manners, shape} = fleet;
  world.note('all faults are over');
  fleet.weather.clear();
  Object.assign(manners, GOOD_MANNERS);
  fleet.healWider();
  for (const double of fleet.doubles) fleet.restartContainer(double, 0);
  for (let at = 0; at < shape.containers; at += 1) fleet.order(`c${at}`, undefined);
  for (const shard of fleet.shards) fleet.putShard(shard, {manualContainerId: ''});
}
