/**
 * One data directory through many crashes: clients write all at once, the disk stops at some operation, the store is opened again. What it
 * then has must be what a store has that was given the first so many of the commands, in the order in which they came: all that were answered,
 * and of the others none that comes after one that is missing.
 */
import {isDeepStrictEqual} from 'node:util';
import {StateMachine} from '../../../src/embedded/state-machine.ts';
import type {Command} from '../../../src/embedded/state-machine.ts';
import {EtcdFailure} from '../../../src/embedded/failures.ts';
import {Random} from '../../simulation/random.ts';
import {DiskStore, contentOf} from '../disk-store.ts';
import {anyCommand} from './commands.ts';
import {CrashDisk} from './crash-disk.ts';
import type {CrashKind} from './crash-disk.ts';

const CLIENTS = 6;
const NO_SPACE = 'etcdserver: mvcc: database space exceeded';

export interface CrashOptions {
  readonly path: string;
  readonly seed: number;
  readonly crashes: number;
  readonly kind: CrashKind;
}

export interface CrashCounts {
  /** Commands that were answered, refusals too. */
  answered: number;
  /** Commands under way at a crash, and how many of them the store has. */
  underway: number;
  kept: number;
  snapshots: number;
}

export interface Sent {
  readonly command: Command;
  /** Revision of the reply; 0: refused. */
  answer: number | undefined;
}

/** @throws at the first crash that loses, invents or reorders anything */
export async function runCrashes(options: CrashOptions): Promise<CrashCounts> {
  const random = new Random(options.seed);
  const model = new StateMachine(() => 0);
  const counts: CrashCounts = {answered: 0, underway: 0, kept: 0, snapshots: 0};
  for (let crash = 0; crash < options.crashes; crash += 1) {
    const sent = await live(options, random.fork(), counts);
    const store = await DiskStore.open(options.path);
    try {
      judge(store.machine, model, sent, counts);
    } catch (error) {
      throw new Error(`seed ${options.seed}, crash ${crash}, ${options.kind}: ${String(error)}`);
    } finally {
      await store.close();
    }
  }
  return counts;
}

/** A life of the store, up to its crash; returns what went into its log or may have, in order. */
async function live(options: CrashOptions, random: Random, counts: CrashCounts): Promise<Sent[]> {
  const {path, kind} = options;
  const disk = new CrashDisk(random, {
    kind,
    operations: random.whole(1, 80),
    fullChance: random.chance(0.3) ? 0.1 : 0,
  });
  const store = await DiskStore.open(path, {disk, snapshotBytes: random.whole(300, 6_000)});
  const names = store.directory;
  names.sync = () => disk.syncNames(path);
  disk.begin(path);
  const sent: Sent[] = [];
  const clients = Array.from({length: CLIENTS}, () => write(store, random, disk, sent));
  await Promise.race([disk.over, Promise.all(clients)]);
  counts.snapshots += names.snapshots().length;
  store.drop();
  disk.settle(path);
  return sent;
}

async function write(
  store: DiskStore,
  random: Random,
  disk: CrashDisk,
  sent: Sent[],
): Promise<void> {
  while (!disk.crashed) {
    const one: Sent = {command: anyCommand(random, store.machine.keys.revision), answer: undefined};
    sent.push(one);
    try {
      one.answer = (await store.submit(one.command)).header.revision ?? 0;
      if (one.command.kind === 'compact') void store.sweeper.sweep();
    } catch (error) {
      if (!(error instanceof EtcdFailure)) throw error;
      one.answer = 0;
      // Not in the log: it never was a command.
      if (error.message === NO_SPACE) sent.splice(sent.indexOf(one), 1);
    }
    // Others go on when one waits, and all go on when the loop turns.
    if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Brings the model to where the store is, command by command. */
export function judge(
  found: StateMachine,
  model: StateMachine,
  sent: readonly Sent[],
  counts: CrashCounts,
): void {
  const before = model.applied;
  const known = found.applied - before;
  const answered = sent.findLastIndex(({answer}) => answer !== undefined) + 1;
  if (known < answered || known > sent.length)
    throw new Error(`${answered} of ${sent.length} were answered, the store has ${known}`);
  for (const {command, answer} of sent.slice(0, known)) {
    const revision = apply(model, command);
    if (answer !== undefined && answer !== revision)
      throw new Error(`${command.kind} was answered with ${answer}, and is at ${revision}`);
  }
  found.keys.sweep(Number.MAX_SAFE_INTEGER);
  const [has, should] = [contentOf(found), contentOf(model)];
  if (!isDeepStrictEqual(has, should))
    throw new Error(`has ${JSON.stringify(has)} and should have ${JSON.stringify(should)}`);
  counts.answered += answered;
  counts.underway += sent.length - answered;
  counts.kept += known - answered;
}

/** The revision of the reply; 0: refused, or none. */
function apply(model: StateMachine, command: Command): number {
  try {
    return model.apply(command).header.revision ?? 0;
  } catch (error) {
    if (error instanceof EtcdFailure) return 0;
    throw error;
  } finally {
    if (command.kind === 'compact') model.keys.sweep(Number.MAX_SAFE_INTEGER);
  }
}
