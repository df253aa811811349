/**
 * One process a data directory. Node has no flock, so the lock is a file `lock.N` that names its holder: the highest N counts,
 * and whoever finds its holder gone creates N+1, which only one can. The highest file is never removed, so numbers only grow
 * and no late comer can create a number that was used.
 */
import {
  existsSync,
  linkSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {SmError} from '../model/errors.ts';
import {randomId} from '../runtime/ids.ts';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as the kernel counts; tells apart two processes of one pid. Empty where that cannot be read. */
  readonly started: string;
  readonly boot: string;
}

const LOCK = /^lock\.(\d+)$/;
const ATTEMPTS = 10;

/** Returns what releases it. @throws SmError CONFLICT when another process has it */
export function lockDirectory(path: string): () => void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const last = lastLock(path);
    if (last > 0) refuseHeld(path, last);
    if (take(path, last + 1)) {
      for (const number of lockNumbers(path))
        if (number <= last) rmSync(lockFile(path, number), {force: true});
      return () => release(path, last + 1);
    }
  }
  throw new SmError('CONFLICT', `${path}: several processes want this data directory at once`, {
    retryable: true,
  });
}

export function isLockName(name: string): boolean {
  return LOCK.test(name);
}

function lockFile(path: string, number: number): string {
  return join(path, `lock.${number}`);
}

function lockNumbers(path: string): number[] {
  return readdirSync(path).flatMap((name) => {
    const match = LOCK.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
}

function lastLock(path: string): number {
  return Math.max(0, ...lockNumbers(path));
}

function refuseHeld(path: string, number: number): void {
  const holder = readHolder(lockFile(path, number));
  if (holder === undefined || isGone(holder)) return;
  const elsewhere = holder.host !== hostname();
  const where = elsewhere ? ` on ${holder.host}` : '';
  throw new SmError(
    'CONFLICT',
    `${path}: this data directory is in use by process ${holder.pid}${where}`,
    {
      hint: elsewhere
        ? `if that machine or container is gone for good: rm ${lockFile(path, number)}`
        : `stop process ${holder.pid}, or give another data directory`,
    },
  );
}

/** Undefined for a lock that was released, or cut short by a crash of the machine: its holder is gone. */
function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isGone(holder: Holder): boolean {
  if (holder.host !== hostname()) return false;
  const now = identify(holder.pid);
  if (holder.boot !== '' && now.boot !== '' && holder.boot !== now.boot) return true;
  if (!isAlive(holder.pid)) return true;
  return holder.started !== '' && now.started !== '' && holder.started !== now.started;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function identify(pid: number): Holder {
  // After the name in parentheses, which may hold spaces: the 20th field is the start time.
  const stat = readText(`/proc/${pid}/stat`);
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  const boot = readText('/proc/sys/kernel/random/boot_id').trim();
  return {pid, host: hostname(), started, boot};
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** A link is made whole or not at all, and never over another file. */
function take(path: string, number: number): boolean {
  const draft = join(path, `lock-${randomId()}.tmp`);
  try {
    writeFileSync(draft, `${JSON.stringify(identify(process.pid))}\n`);
    linkSync(draft, lockFile(path, number));
    return true;
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    // Without its draft: whoever has the lock clears drafts away.
    if (code === 'EEXIST' || (code === 'ENOENT' && existsSync(path))) return false;
    throw error;
  } finally {
    rmSync(draft, {force: true});
  }
}

/** Takes no room: the disk may be full. */
function release(path: string, number: number): void {
  try {
    truncateSync(lockFile(path, number));
  } catch {
    // The directory is gone; or it cannot be written, and the lock ends with this process.
  }
}
