/**
 * One process a data directory. Node has no flock, so the lock is a directory `lock.N` that is renamed into place, which only one
 * process can do for each N: the highest N counts, and whoever finds its holder gone makes N+1. Numbers only grow, so no late
 * comer can make a number that was used. docs/decisions/0010 says why, and what is not promised.
 */
import {mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {open} from 'node:fs/promises';
import type {Server} from 'node:net';
import {join} from 'node:path';
import {SmError} from '../model/errors.ts';
import type {Clock, Timer} from '../runtime/clock.ts';
import {randomId} from '../runtime/ids.ts';
import {BEAT, HOLDER, beatText, holderNote, holderState, readBeat} from './lock-holder.ts';
import {bindLockSocket} from './lock-socket.ts';
import {LOCK_ATTEMPTS, LOCK_BEAT_INTERVAL_MS, LOCK_TRUSTED_MS, LOCK_TTL_MS} from './limits.ts';

/** A new file that is on disk when the call returns. */
const SYNCED = {mode: 0o600, flag: 'wx', flush: true};
const LOCK = /^lock\.(\d+)$/;

/** Names of the lock and of what is left of one. */
export function isLockName(name: string): boolean {
  return LOCK.test(name);
}

/** @throws SmError CONFLICT when another process has it */
export async function lockDirectory(
  path: string,
  clock: Clock,
  onLost: (error: SmError) => void = () => undefined,
): Promise<DirectoryLock> {
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt += 1) {
    const last = Math.max(0, ...lockNumbers(path));
    const before = lockPath(path, last);
    const isSilent = last > 0 && (await holderState(before, clock)) === 'silent';
    const beat = readBeat(before);
    const lock = await DirectoryLock.make({path, number: last + 1, isSilent, clock, onLost});
    if (lock === undefined) continue;
    // It woke up between its last reading and our lock: until it has looked again it may answer.
    if (isSilent && readBeat(before) !== beat) await clock.sleep(LOCK_TTL_MS);
    for (const number of lockNumbers(path))
      if (number <= last) rmSync(lockPath(path, number), {force: true, recursive: true});
    return lock;
  }
  throw new SmError(
    'CONFLICT',
    `${path}: several processes are trying to use this data directory at once`,
    {
      retryable: true,
    },
  );
}

function lockPath(path: string, number: number): string {
  return join(path, `lock.${number}`);
}

function lockNumbers(path: string): number[] {
  return numbersIn(path, LOCK);
}

/** Of the names in a directory that have this form. */
export function numbersIn(path: string, form: RegExp): number[] {
  return readdirSync(path).flatMap((name) => {
    const match = form.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
}

interface LockOptions {
  readonly path: string;
  readonly number: number;
  /** The holder before was not seen to end: it only was silent. */
  readonly isSilent: boolean;
  readonly clock: Clock;
  readonly onLost: (error: SmError) => void;
}

/** The lock in the hands of its holder. It renews it until `release`. */
export class DirectoryLock {
  /** The process before may still run, paused or on another machine: a file that it has open must not be written on. */
  readonly predecessorMayWake: boolean;
  private readonly options: LockOptions;
  private readonly socket: Server | undefined;
  private readonly inode: number;
  private beats = 0;
  private trustedUntilMs = 0;
  private timer: Timer | undefined;
  private lost: SmError | undefined;

  private constructor(options: LockOptions, socket: Server | undefined) {
    this.options = options;
    this.socket = socket;
    this.predecessorMayWake = options.isSilent;
    this.inode = statSync(this.file(BEAT)).ino;
    this.beatLater();
  }

  /** Undefined when another process was first. */
  static async make(options: LockOptions): Promise<DirectoryLock | undefined> {
    const {path, number} = options;
    const draft = join(path, `lock-${randomId()}.tmp`);
    mkdirSync(draft, {mode: 0o700});
    const socket = await bindLockSocket(draft);
    try {
      writeFileSync(join(draft, BEAT), beatText(0), SYNCED);
      writeFileSync(join(draft, HOLDER), holderNote(socket !== undefined), SYNCED);
      // Fails when there is a lock of this number: that directory is never empty.
      renameSync(draft, lockPath(path, number));
      return new DirectoryLock(options, socket);
    } catch (error) {
      socket?.close();
      if (wasFirst(error, path)) return undefined;
      throw error;
    } finally {
      rmSync(draft, {force: true, recursive: true});
    }
  }

  /** Cheap: for answers. @throws SmError CONFLICT when another process has taken over */
  assertHeld(): void {
    if (this.lost !== undefined || this.options.clock.ownerMs() >= this.trustedUntilMs)
      this.verify();
  }

  /**
   * Asks the directory. What was on disk before a call that returns is in the history of every later holder: it reads the log
   * only after its lock can be seen. @throws SmError CONFLICT when another process has taken over
   */
  verify(): void {
    if (this.lost === undefined && !this.isThere()) this.lose();
    if (this.lost !== undefined) throw this.lost;
  }

  /** Takes no room: the disk may be full. */
  release(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.lost ??= taken(this.options.path, 'this process has released it');
    try {
      rmSync(this.file(HOLDER), {force: true});
    } catch {
      // The directory is gone; or it cannot be written, and the lock ends with the socket.
    }
    this.socket?.close();
  }

  private file(name: string): string {
    return join(lockPath(this.options.path, this.options.number), name);
  }

  private isThere(): boolean {
    const {path, number} = this.options;
    try {
      const next = statSync(lockPath(path, number + 1), {throwIfNoEntry: false});
      return next === undefined && statSync(this.file(BEAT)).ino === this.inode;
    } catch {
      return false;
    }
  }

  private lose(): void {
    this.timer?.cancel();
    this.lost = taken(this.options.path, 'another process has taken over, or its lock was removed');
    this.options.onLost(this.lost);
  }

  private beatLater(): void {
    this.timer = this.options.clock.after(LOCK_BEAT_INTERVAL_MS, () => void this.beat());
  }

  private async beat(): Promise<void> {
    const sentMs = this.options.clock.ownerMs();
    const isWritten = await this.writeBeat();
    if (this.timer === undefined) return;
    try {
      this.verify();
    } catch {
      return;
    }
    // Without a beat somebody may take over: every answer asks the directory then.
    if (isWritten) this.trustedUntilMs = sentMs + LOCK_TRUSTED_MS;
    this.beatLater();
  }

  /** Opened each time: only that shows a holder on a network file system that the file is there no more. */
  private async writeBeat(): Promise<boolean> {
    try {
      const file = await open(this.file(BEAT), 'r+');
      try {
        this.beats += 1;
        await file.write(beatText(this.beats), 0);
      } finally {
        await file.close();
      }
      return true;
    } catch {
      return false;
    }
  }
}

function taken(path: string, why: string): SmError {
  return new SmError('CONFLICT', `${path}: this daemon no longer owns the data directory: ${why}`, {
    hint: 'run one daemon for each data directory; this one has stopped answering',
  });
}

/** Drafts are cleared away by whoever has the lock. */
function wasFirst(error: unknown, path: string): boolean {
  const {code = ''} = error as NodeJS.ErrnoException;
  if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(code)) return true;
  return code === 'ENOENT' && statSync(path, {throwIfNoEntry: false}) !== undefined;
}
