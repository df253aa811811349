/**
 * Who has a lock, and whether that process still runs. On one kernel its socket tells, whatever PID namespaces and host names say;
 * for another kernel, or where there are no sockets, only silence does.
 */
import {readFileSync, statSync} from 'node:fs';
import {hostname} from 'node:os';
import {dirname, join} from 'node:path';
import {SmError} from '../model/errors.ts';
import type {Clock} from '../runtime/clock.ts';
import {knockAtLockSocket} from './lock-socket.ts';
import {LOCK_LOOK_INTERVAL_MS, LOCK_SILENCE_MS} from './limits.ts';
import {bootId} from '../runtime/boot-id.ts';

/** Files of a lock. */
export const HOLDER = 'holder.json';
export const BEAT = 'beat';

interface Holder {
  /** As its own PID namespace counts: for messages only, as is the host. */
  readonly pid: number;
  readonly host: string;
  /** Of its kernel; empty where that cannot be read. */
  readonly boot: string;
  readonly socket: boolean;
}

/** `gone`: certainly; `silent`: not heard of for LOCK_SILENCE_MS. @throws SmError CONFLICT when it lives */
export async function holderState(lock: string, clock: Clock): Promise<'gone' | 'silent'> {
  const holder = readHolder(lock);
  if (holder === undefined) return 'gone';
  const isSameKernel = holder.boot !== '' && holder.boot === bootId();
  const answer = isSameKernel && holder.socket ? await knockAtLockSocket(lock) : 'absent';
  if (answer === 'refused') return 'gone';
  if (answer === 'absent' && (await staysSilent(lock, clock))) return 'silent';
  throw inUse(lock, holder);
}

export function holderNote(socket: boolean): string {
  const holder: Holder = {pid: process.pid, host: hostname(), boot: bootId() ?? '', socket};
  return `${JSON.stringify(holder)}\n`;
}

/** Of one length, so that a beat needs no more room on the disk. */
export function beatText(count: number): string {
  return `${String(count).padStart(16, '0')}\n`;
}

/** Undefined when there is none. */
export function readBeat(lock: string): string | undefined {
  try {
    return readFileSync(join(lock, BEAT), 'utf8');
  } catch {
    return undefined;
  }
}

/** Undefined for a lock that was released. @throws SmError CONFLICT for one of an older version, which has no beat */
function readHolder(lock: string): Holder | undefined {
  const found = statSync(lock, {throwIfNoEntry: false});
  if (found === undefined) return undefined;
  if (!found.isDirectory()) {
    if (found.size === 0) return undefined;
    throw new SmError(
      'CONFLICT',
      `${dirname(lock)}: an older version may still use this data directory`,
      {
        hint: `if no daemon uses it any more: rm ${lock}`,
      },
    );
  }
  try {
    return JSON.parse(readFileSync(join(lock, HOLDER), 'utf8')) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // A crash of the machine may leave anything: its beat decides.
    return {pid: 0, host: '', boot: '', socket: false};
  }
}

async function staysSilent(lock: string, clock: Clock): Promise<boolean> {
  const first = readBeat(lock);
  const startMs = clock.nowMs();
  for (;;) {
    await clock.sleep(LOCK_LOOK_INTERVAL_MS);
    // Before the reading: what it shows is at least so old.
    const passedMs = clock.nowMs() - startMs;
    if (readBeat(lock) !== first) return false;
    if (passedMs >= LOCK_SILENCE_MS) return true;
  }
}

function inUse(lock: string, {pid, host}: Holder): SmError {
  const path = dirname(lock);
  const isElsewhere = host !== hostname();
  const where = isElsewhere ? ` on ${host}` : '';
  return new SmError(
    'CONFLICT',
    `${path}: this data directory is in use by process ${pid}${where}`,
    {hint: `stop process ${pid}${where}, or give another data directory`},
  );
}
