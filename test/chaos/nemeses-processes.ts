/** Faults of our own processes: containers and daemons. */
import {APPS} from './bed.ts';
import type {Bed} from './bed.ts';
import {aroundTtl} from './nemesis.ts';
import type {Fault, Nemesis} from './nemesis.ts';
import type {Part} from './parts.ts';
import type {Random} from './random.ts';

const DOWN_MS = [300, 8_000] as const;

function paused(part: Part, lastsMs: number): Fault {
  part.signal('SIGSTOP');
  const heal = (): void => part.signal('SIGCONT');
  return {text: `SIGSTOP ${part.name}`, targets: [part.name], lastsMs, heal};
}

function ended(part: Part, name: 'SIGKILL' | 'SIGTERM', random: Random): Fault {
  part.hold();
  part.signal(name);
  const lastsMs = random.between(...DOWN_MS);
  return {
    text: `${name} ${part.name}`,
    targets: [part.name],
    lastsMs,
    heal: () => {
      // One that has not yet left in order starts again when it has.
      part.start();
    },
  };
}

const pauseContainers: Nemesis = async (bed, random) =>
  paused(random.pick(bed.groups), aroundTtl(bed, random));

const killContainers: Nemesis = async (bed, random) =>
  ended(random.pick(bed.groups), 'SIGKILL', random);

const leaveContainers: Nemesis = async (bed, random) =>
  ended(random.pick(bed.groups), 'SIGTERM', random);

/** Half of them at once. */
const killManyContainers: Nemesis = async (bed, random) => {
  const first = random.between(0, bed.groups.length - 1);
  const count = Math.ceil(bed.groups.length / 2);
  const victims = Array.from(
    {length: count},
    (_, index) => bed.groups[(first + index) % bed.groups.length],
  );
  const faults = victims.flatMap((group) =>
    group === undefined ? [] : [ended(group, 'SIGKILL', random)],
  );
  return {
    text: `SIGKILL ${faults.flatMap(({targets}) => targets).join(' ')}`,
    targets: faults.flatMap(({targets}) => targets),
    lastsMs: random.between(...DOWN_MS),
    heal: async () => {
      for (const fault of faults) await fault.heal();
    },
  };
};

/** The event loop stands still: 1 ms to 2 T. */
const stallContainers: Nemesis = async (bed, random) => {
  const group = random.pick(bed.groups);
  const {ttlMs} = bed.options;
  const stallMs = random.chance(0.3) ? random.between(1, 200) : random.between(200, 2 * ttlMs);
  group.stall(stallMs);
  return {
    text: `event loop of ${group.name} stands still for ${stallMs} ms`,
    targets: [group.name],
    lastsMs: stallMs,
    heal: () => undefined,
  };
};

const pauseDaemon: Nemesis = async (bed, random) =>
  paused(random.pick(bed.daemons), aroundTtl(bed, random));
const killDaemon: Nemesis = async (bed, random) =>
  ended(random.pick(bed.daemons), 'SIGKILL', random);
const stopDaemon: Nemesis = async (bed, random) =>
  ended(random.pick(bed.daemons), 'SIGTERM', random);

/** The daemon that governs one of the apps. */
async function governor(bed: Bed, random: Random): Promise<Part | undefined> {
  return bed.governorOf(random.pick(APPS)).catch(() => undefined);
}

const pauseGovernor: Nemesis = async (bed, random) => {
  const found = await governor(bed, random);
  return found === undefined ? undefined : paused(found, aroundTtl(bed, random));
};

const killGovernor: Nemesis = async (bed, random) => {
  const found = await governor(bed, random);
  return found === undefined
    ? undefined
    : ended(found, random.chance(0.5) ? 'SIGKILL' : 'SIGTERM', random);
};

export const PROCESS_NEMESES = {
  pauseContainers,
  killContainers,
  leaveContainers,
  killManyContainers,
  stallContainers,
  pauseDaemon,
  killDaemon,
  stopDaemon,
  pauseGovernor,
  killGovernor,
} as const;
