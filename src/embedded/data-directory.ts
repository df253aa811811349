/** The data directory: its lock, its format, its files, and the words for what is wrong with it. */
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {SmError} from '../model/errors.ts';
import {systemClock} from '../runtime/clock.ts';
import type {Clock} from '../runtime/clock.ts';
import {isLockName, lockDirectory} from './directory-lock.ts';
import type {DirectoryLock} from './directory-lock.ts';
import {newIdentity} from './identity.ts';
import type {Identity} from './identity.ts';

/** Raised when an older version could not read what this one writes. */
const FORMAT = 1;
const FORMAT_FILE = 'store.json';
const LOG = /^log-(\d{16})$/;
const SNAPSHOT = /^snapshot-(\d{16})$/;
const DRAFT = /\.tmp$/;

interface FormatFile extends Identity {
  readonly format: number;
}

export interface DataDirectoryOptions {
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Called once, when another process has taken the directory over: nothing may be written or answered any more. */
  readonly onLost?: (error: SmError) => void;
}

export class DataDirectory {
  readonly path: string;
  readonly identity: Identity;
  readonly lock: DirectoryLock;

  private constructor(path: string, identity: Identity, lock: DirectoryLock) {
    this.path = path;
    this.identity = identity;
    this.lock = lock;
  }

  /**
   * Makes it when it is not there. Takes some seconds when the process before was of another kernel and did not close it.
   * @throws SmError INVALID_CONFIG, CONFLICT (in use), STORE_CORRUPT
   */
  static async open(path: string, options: DataDirectoryOptions = {}): Promise<DataDirectory> {
    const lock = await translated(path, () => {
      mkdirSync(path, {recursive: true, mode: 0o700});
      refuseForeign(path);
      return lockDirectory(path, options.clock ?? systemClock(), options.onLost);
    });
    try {
      return await translated(path, () => {
        for (const name of readdirSync(path))
          if (DRAFT.test(name)) rmSync(join(path, name), {force: true, recursive: true});
        const directory = new DataDirectory(path, readIdentity(path) ?? create(path), lock);
        if (lock.predecessorMayWake) directory.detachLog();
        return directory;
      });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  close(): void {
    this.lock.release();
  }

  /** Sequences at which logs begin, ascending. */
  logs(): number[] {
    return this.numbered(LOG);
  }

  /** Sequences up to which snapshots go, ascending. */
  snapshots(): number[] {
    return this.numbered(SNAPSHOT);
  }

  logPath(sequence: number): string {
    return join(this.path, `log-${padded(sequence)}`);
  }

  snapshotPath(sequence: number): string {
    return join(this.path, `snapshot-${padded(sequence)}`);
  }

  /** Makes names that were created, renamed or removed survive a crash. */
  sync(): void {
    syncDirectory(this.path);
  }

  /** A late write of the process before goes to a file that has no name any more. */
  private detachLog(): void {
    const last = this.logs().at(-1);
    if (last === undefined) return;
    const path = this.logPath(last);
    const draft = `${path}.tmp`;
    copyFileSync(path, draft);
    const fd = openSync(draft, 'r+');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
    this.sync();
  }

  private numbered(pattern: RegExp): number[] {
    return readdirSync(this.path)
      .flatMap((name) => {
        const match = pattern.exec(name);
        return match === null ? [] : [Number(match[1])];
      })
      .sort((a, b) => a - b);
  }
}

/** Whatever the file system refuses, in words that name the directory. */
async function translated<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SmError) throw error;
    const {code} = error as NodeJS.ErrnoException;
    throw new SmError(
      'INVALID_CONFIG',
      `${path}: this data directory cannot be written (${code})`,
      {
        hint: 'give a directory that this user may write to, on a disk with room',
        cause: error,
      },
    );
  }
}

/** A directory that holds other things is taken for a mistake, above all that of a real etcd. */
function refuseForeign(path: string): void {
  const names = readdirSync(path);
  if (names.includes(FORMAT_FILE)) return;
  const [foreign] = names.filter((name) => !isLockName(name) && !DRAFT.test(name));
  if (foreign === undefined) return;
  if (LOG.test(foreign) || SNAPSHOT.test(foreign))
    throw new SmError('STORE_CORRUPT', `${path}: ${FORMAT_FILE} is missing`, {
      hint: `put ${FORMAT_FILE} back, or restore the directory from a copy`,
    });
  throw new SmError('INVALID_CONFIG', `${path}: not a data directory of the embedded store`, {
    hint: `it holds "${foreign}"; give an empty directory or one that does not exist yet`,
  });
}

function readIdentity(path: string): Identity | undefined {
  if (!readdirSync(path).includes(FORMAT_FILE)) return undefined;
  const {format, clusterId, memberId} = parse(path);
  if (typeof format === 'number' && format > FORMAT)
    throw new SmError(
      'INVALID_CONFIG',
      `${path}: written by a newer version (format ${format}, this version reads ${FORMAT})`,
      {hint: 'start the version that wrote it, or move its content with sm store export'},
    );
  if (format !== FORMAT || !/^\d+$/.test(clusterId ?? '') || !/^\d+$/.test(memberId ?? ''))
    throw corruptFormat(path);
  return {clusterId: String(clusterId), memberId: String(memberId)};
}

function parse(path: string): Partial<FormatFile> {
  try {
    return JSON.parse(readFileSync(join(path, FORMAT_FILE), 'utf8')) as Partial<FormatFile>;
  } catch (error) {
    if (error instanceof SyntaxError) throw corruptFormat(path);
    throw error;
  }
}

function corruptFormat(path: string): SmError {
  return new SmError('STORE_CORRUPT', `${path}: ${FORMAT_FILE} does not read`, {
    hint: `restore ${FORMAT_FILE} or the whole directory from a copy`,
  });
}

function create(path: string): Identity {
  const identity = newIdentity();
  const content: FormatFile = {format: FORMAT, ...identity};
  const draft = join(path, `${FORMAT_FILE}.tmp`);
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(fd, `${JSON.stringify(content)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, join(path, FORMAT_FILE));
  syncDirectory(path);
  return identity;
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function padded(sequence: number): string {
  return String(sequence).padStart(16, '0');
}
