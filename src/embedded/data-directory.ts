/** The data directory: its lock, its format, its files, and the words for what is wrong with it. */
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import {join} from 'node:path';
import {SmError} from '../model/errors.ts';
import type {FilePermissions} from '../runtime/file-rights.ts';
import {makeFolder} from '../runtime/make-folder.ts';
import {systemClock} from '../runtime/clock.ts';
import type {Clock} from '../runtime/clock.ts';
import {checkContentRights, checkDirectoryRights} from './directory-rights.ts';
import {isLockName, lockDirectory, numbersIn} from './directory-lock.ts';
import type {DirectoryLock} from './directory-lock.ts';
import type {StoreUser} from './auth.ts';
import {newIdentity} from './identity.ts';
import type {Identity} from './identity.ts';
import {MADE_USER, PASSWORD_FILE, madePassword} from './made-password.ts';
import {syncPath, writeWhole} from './whole-file.ts';

/** Raised when an older version could not read what this one writes. */
const FORMAT = 1;
const FIRST_SEQUENCE = 1;
const FORMAT_FILE = 'store.json';
const LOG = /^log-(\d{16})$/;
const SNAPSHOT = /^snapshot-(\d{16})$/;
const DRAFT = /\.tmp$/;

interface FormatFile extends Identity {
  readonly format: number;
  /** The store asks for the password that lies beside. Default false: directories of before have none. */
  readonly password?: boolean;
}

/** `new`: a password, but none in directories of before, which know of none; `password`: always one; `none`: nobody is asked. */
export type StoreAuth = 'new' | 'password' | 'none';

export interface DataDirectoryOptions {
  /** Default none. */
  readonly auth?: StoreAuth;
  /** `any`: whose the directory is, and who else may read and write it, is not looked at. Default strict. */
  readonly filePermissions?: FilePermissions;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Called once, when another process has taken the directory over: nothing may be written or answered any more. */
  readonly onLost?: (error: SmError) => void;
}

export class DataDirectory {
  readonly path: string;
  readonly identity: Identity;
  readonly lock: DirectoryLock;
  /** The store's one user; undefined: nobody is asked. */
  readonly user: StoreUser | undefined;

  private constructor(path: string, format: FormatFile, lock: DirectoryLock, auth: StoreAuth) {
    this.path = path;
    this.identity = {clusterId: format.clusterId, memberId: format.memberId};
    this.lock = lock;
    const isAsked = auth === 'password' || (auth === 'new' && format.password === true);
    this.user = isAsked ? {name: MADE_USER, password: madePassword(path)} : undefined;
  }

  /**
   * Makes it when it is not there. Takes some seconds when the process before was of another kernel and did not close it.
   * @throws SmError INVALID_CONFIG, CONFLICT (in use), STORE_CORRUPT
   */
  static async open(path: string, options: DataDirectoryOptions = {}): Promise<DataDirectory> {
    const {auth = 'none', filePermissions: permissions = 'strict'} = options;
    const lock = await translated(path, () => {
      makeFolder(path);
      if (permissions === 'strict') checkDirectoryRights(path);
      refuseForeign(path);
      if (permissions === 'strict') checkContentRights(path, isStoreFile);
      return lockDirectory(path, options.clock ?? systemClock(), options.onLost);
    });
    try {
      return await translated(path, () => {
        for (const name of readdirSync(path))
          if (DRAFT.test(name)) rmSync(join(path, name), {force: true, recursive: true});
        const format = formatOf(path, auth);
        const directory = new DataDirectory(path, format, lock, auth);
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

  /** Of `user`. */
  get passwordFile(): string {
    return join(this.path, PASSWORD_FILE);
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
    syncPath(this.path);
  }

  /** A late write of the process before goes to a file that has no name any more. */
  private detachLog(): void {
    const last = this.logs().at(-1);
    if (last === undefined) return;
    const path = this.logPath(last);
    const draft = `${path}.tmp`;
    copyFileSync(path, draft);
    syncPath(draft);
    renameSync(draft, path);
    this.sync();
  }

  private numbered(pattern: RegExp): number[] {
    return numbersIn(this.path, pattern).sort((a, b) => a - b);
  }
}

/** What the file system refuses, in words that name the directory. @throws SmError INVALID_CONFIG; what `work` throws for other reasons. */
export async function translated<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const {syscall, message} = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new SmError('INVALID_CONFIG', `${path}: this data directory cannot be used: ${message}`, {
      hint: 'this user must be able to read and write all of it (chown), on a disk with room; another directory would begin an empty store',
      cause: error,
    });
  }
}

function isStoreFile(name: string): boolean {
  return name === FORMAT_FILE || LOG.test(name) || SNAPSHOT.test(name);
}

/** A directory that holds other things is taken for a mistake, above all that of a real etcd. */
function refuseForeign(path: string): void {
  const names = readdirSync(path);
  if (names.includes(FORMAT_FILE)) return;
  const [foreign] = names.filter(
    (name) => !isLockName(name) && !DRAFT.test(name) && !isUnbegun(path, name),
  );
  if (foreign === undefined) return;
  if (LOG.test(foreign) || SNAPSHOT.test(foreign))
    throw new SmError('STORE_CORRUPT', `${path}: ${FORMAT_FILE} is missing`, {
      hint: `put ${FORMAT_FILE} back, or restore the directory from a copy`,
    });
  throw new SmError('INVALID_CONFIG', `${path}: not a data directory of the embedded store`, {
    hint: `it holds "${foreign}"; give an empty directory or one that does not exist yet`,
  });
}

/** What a first start leaves that was cut short before the store had its identity: nothing was in it. */
function isUnbegun(path: string, name: string): boolean {
  return LOG.test(name) && statSync(join(path, name)).size === 0;
}

/** As the directory has it, which is made where there is nothing, and gets a password where one is asked for from now on. */
function formatOf(path: string, auth: StoreAuth): FormatFile {
  const found = readFormat(path);
  if (found === undefined) {
    makeFirstLog(path);
    return writeFormat(path, {format: FORMAT, ...newIdentity(), password: true});
  }
  if (auth !== 'password' || found.password === true) return found;
  return writeFormat(path, {...found, password: true});
}

function readFormat(path: string): FormatFile | undefined {
  if (!readdirSync(path).includes(FORMAT_FILE)) return undefined;
  const {format, clusterId, memberId, password = false} = parse(path);
  if (typeof format === 'number' && format > FORMAT)
    throw new SmError(
      'INVALID_CONFIG',
      `${path}: written by a newer version (format ${format}, this version reads ${FORMAT})`,
      {hint: 'start the version that wrote it, or move its content with sm store export'},
    );
  if (format !== FORMAT || !/^\d+$/.test(clusterId ?? '') || !/^\d+$/.test(memberId ?? ''))
    throw corruptFormat(path);
  return {format, clusterId: String(clusterId), memberId: String(memberId), password};
}

function parse(path: string): Partial<FormatFile> {
  try {
    return (JSON.parse(readFileSync(join(path, FORMAT_FILE), 'utf8')) ?? {}) as Partial<FormatFile>;
  } catch (error) {
    if (error instanceof SyntaxError) throw corruptFormat(path);
    throw error;
  }
}

function corruptFormat(path: string): SmError {
  return new SmError('STORE_CORRUPT', `${path}: ${FORMAT_FILE} cannot be read`, {
    hint: `restore ${FORMAT_FILE} or the whole directory from a copy`,
  });
}

/** Before the store has its identity: where that is and no log is, somebody has removed the log. */
function makeFirstLog(path: string): void {
  closeSync(openSync(join(path, `log-${padded(FIRST_SEQUENCE)}`), 'w', 0o600));
  syncPath(path);
}

function writeFormat(path: string, content: FormatFile): FormatFile {
  writeWhole(join(path, FORMAT_FILE), `${JSON.stringify(content)}\n`);
  return content;
}

function padded(sequence: number): string {
  return String(sequence).padStart(16, '0');
}
