/** Faults of the seeds from `WIDE_FROM_SEED` on. Each draws from a chance of its own, so that one more shifts nothing. */
import type {Fault, FaultTime} from './faults.ts';
import {APP, SERVICE} from './fleet.ts';
import type {Fleet} from './fleet.ts';
import type {ContainerNode} from './container-node.ts';
import {OUTER_FAULTS} from './outer-faults.ts';
import type {Random} from './random.ts';

/** Seeds below it have the first faults only, and so the histories that they always had. */
export const WIDE_FROM_SEED = 1_000_000;

export interface WiderFault extends Fault {
  /** Of seeds that have it. */
  readonly share: number;
  /** Before anything has begun. */
  readonly prepare?: (fleet: Fleet, random: Random) => void;
}

const nothing = (): void => undefined;

function container({fleet, random}: FaultTime): ContainerNode | undefined {
  const {living} = fleet;
  return living.length === 0 ? undefined : random.pick(living);
}

/** From 50 ms to 3T, short ones as often as long ones. */
function length({fleet, random, leftMs}: FaultTime): number {
  return Math.min(leftMs, 50 * ((3 * fleet.shape.ttlMs) / 50) ** random.next());
}

export const WIDER_FAULTS = {
  /** Containers of one app differ in T, and one may come back with another. */
  mixedTtl: {
    share: 0.25,
    everyT: 0,
    prepare: (fleet, random) => {
      fleet.drawTtlMs = () => random.pick([3_000, 5_000, fleet.shape.ttlMs]);
    },
    strike: nothing,
  },
  /** Clock rates far beyond A2. */
  wildClocks: {
    share: 0.08,
    everyT: 0,
    prepare: (fleet) => {
      fleet.rateSpread = 0.2;
      fleet.checker.wildClocks = true;
    },
    strike: nothing,
  },
  /** Beats in etcd, and no hint arrives. */
  deafContainer: {
    share: 0.15,
    everyT: 2,
    strike: (time) => {
      const {fleet} = time;
      const node = container(time);
      if (node === undefined) return;
      fleet.hints.deafen(node.endpoint, true);
      fleet.world.after(length(time), () => fleet.hints.deafen(node.endpoint, false));
    },
  },
  /** A container more, whose adds all fail. */
  refusingJoiner: {
    share: 0.12,
    everyT: 0,
    strike: ({fleet}) => {
      fleet.refusing.add('j0');
      fleet.startContainer('j0');
    },
  },
  /** A container more, whose process dies at each add. */
  crashingJoiner: {
    share: 0.12,
    everyT: 0,
    strike: ({fleet}) => {
      fleet.crashing.add('j1');
      fleet.startContainer('j1');
    },
  },
  /** A container of before begins to fail, or to crash, at adds. */
  brokenRelease: {
    share: 0.1,
    everyT: 2,
    strike: (time) => {
      const {fleet, random} = time;
      const node = container(time);
      if (node === undefined) return;
      const broken = random.chance(0.5) ? fleet.refusing : fleet.crashing;
      broken.add(node.container);
      fleet.world.after(length(time), () => broken.delete(node.container));
    },
  },
  /** Processes die right after the store has taken a write of theirs, before they hear of it. */
  killAtWrite: {
    share: 0.15,
    everyT: 0,
    strike: ({fleet, random, leftMs}) => {
      const share = random.between(0.002, 0.05);
      const endsMs = fleet.world.nowMs + leftMs;
      const chance = random.fork();
      fleet.checker.onApplied = (process) => {
        const {world} = fleet;
        if (world.nowMs >= endsMs) return;
        const awayMs = world.choices.value(
          () => `${process.label} is killed at a write, away ms`,
          () => 0,
          () => (chance.chance(share) ? chance.between(100, 3_000) : 0),
        );
        if (awayMs > 0) fleet.restartProcess(process, awayMs);
      };
    },
  },
  /** Voluntary moves are stopped for a while. */
  pauseApp: {
    share: 0.12,
    everyT: 2,
    strike: (time) => {
      const {fleet} = time;
      const pause = (paused: boolean): void =>
        fleet.operator.ask(paused ? 'pause' : 'resume', (admin, caller) =>
          admin.updateSpec({service: APP, paused, dryRun: false, reason: ''}, caller),
        );
      pause(true);
      fleet.world.after(length(time), () => pause(false));
    },
  },
  cancelMoves: {
    share: 0.12,
    everyT: 0.7,
    strike: ({fleet}) => {
      const request = {service: APP, moves: [], all: true, dryRun: false, reason: ''};
      fleet.operator.ask('cancel moves', (admin, caller) => admin.cancelMoves(request, caller));
    },
  },
  /** The operator evicts a daemon. */
  evictDaemon: {
    share: 0.1,
    everyT: 4,
    strike: ({fleet, random}) => {
      const living = [...fleet.daemons.values()].filter(({process}) => process.alive);
      if (living.length === 0) return;
      const node = random.pick(living);
      node.process.touched = true;
      const request = {service: SERVICE, container: node.address, dryRun: false, reason: ''};
      fleet.operator.ask(`evict ${node.address}`, (admin, caller) => admin.evict(request, caller));
    },
  },
  /** Versions of sm before and after this one, together with it. */
  mixedVersions: {
    share: 0.2,
    everyT: 0,
    prepare: (fleet, random) => {
      fleet.drawDialect = () => random.pick(['older', 'newer', undefined, undefined]);
    },
    strike: nothing,
  },
  /** Two processes go on from one state, as after a copy of a running machine; effects of both arrive. */
  forks: {
    share: 0.15,
    everyT: 3,
    strike: (time) => {
      const node = container(time);
      if (node !== undefined) time.fleet.fork(node);
    },
  },
  ...OUTER_FAULTS,
} as const satisfies Record<string, WiderFault>;
