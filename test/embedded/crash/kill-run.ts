/** One data directory through many kills of the process that has it open: see killed-store.ts for what it writes down meanwhile. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {StateMachine} from '../../../src/embedded/state-machine.ts';
import type {Command} from '../../../src/embedded/state-machine.ts';
import {wire} from '../../../src/embedded/wire.ts';
import type {LoggedKind} from '../../../src/embedded/wire.ts';
import {Random} from '../../simulation/random.ts';
import {bundled} from '../../support/bundle.ts';
import {pause} from '../../support/until.ts';
import {DiskStore} from '../disk-store.ts';
import {judge} from './crash-run.ts';
import type {CrashCounts, CrashOptions, Sent} from './crash-run.ts';

const LONGEST_LIFE_MS = 200;
const LONGEST_STOP_MS = 300;

/** @throws at the first kill that loses, invents or reorders anything */
export async function runKills({
  path,
  seed,
  crashes,
}: Omit<CrashOptions, 'kind'>): Promise<CrashCounts> {
  const random = new Random(seed);
  const model = new StateMachine(() => 0);
  const counts: CrashCounts = {answered: 0, underway: 0, kept: 0, snapshots: 0};
  const program = bundled(join(import.meta.dirname, 'killed-store.ts'));
  for (let kill = 0; kill < crashes; kill += 1) {
    const notes = `${path}.notes`;
    rmSync(notes, {force: true});
    await life(program, [path, notes, String(random.bits())], random);
    const store = await DiskStore.open(path);
    counts.snapshots += store.directory.snapshots().length;
    try {
      judge(store.machine, model, sentBy(notes), counts);
    } catch (error) {
      throw new Error(`seed ${seed}, kill ${kill}: ${String(error)}`);
    } finally {
      await store.close();
    }
  }
  return counts;
}

/** Until it is killed; some are stopped for a while first, as a starved machine does. */
async function life(program: string, args: readonly string[], random: Random): Promise<void> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  await once(child.stdout, 'data');
  await pause(random.between(0, LONGEST_LIFE_MS));
  if (random.chance(0.3)) {
    child.kill('SIGSTOP');
    await pause(random.between(0, LONGEST_STOP_MS));
    if (random.chance(0.5)) child.kill('SIGCONT');
    await pause(random.between(0, LONGEST_LIFE_MS));
  }
  child.kill('SIGKILL');
  await gone;
}

/** What the dead process was asked and what it answered, by its own notes. */
function sentBy(notes: string): Sent[] {
  const sent: {command: Command; answer: number | undefined}[] = [];
  const lines = readFileSync(notes, 'utf8').split('\n');
  // The last one may be cut short.
  for (const line of lines.slice(0, -1)) {
    const [word, subject = '', value = ''] = line.split(' ');
    if (word === 'answered') {
      const one = sent[Number(subject)];
      if (one !== undefined) one.answer = Number(value);
    } else {
      const request = wire().decode(subject as LoggedKind, Buffer.from(value, 'base64'));
      sent.push({command: {kind: subject, request} as Command, answer: undefined});
    }
  }
  return sent;
}
