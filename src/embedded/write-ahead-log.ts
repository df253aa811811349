/** The log on disk: appended and synced before anything is acknowledged, read back at the start. */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncate,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  write,
} from 'node:fs';
import {promisify} from 'node:util';
import {SmError} from '../model/errors.ts';
import type {Logger} from '../runtime/logger.ts';
import type {DataDirectory} from './data-directory.ts';
import {diskFailed} from './failures.ts';
import type {EtcdFailure} from './failures.ts';
import {FrameReader} from './frame-reader.ts';
import {encodeFrame, readRest} from './frames.ts';
import {decodeEntries, encodeEntries} from './log-entries.ts';
import type {LogEntry} from './log-entries.ts';

/** What the log does to a file; another one in tests, where the disk is full or fails. */
export interface LogDisk {
  write(fd: number, bytes: Buffer, position: number): Promise<void>;
  sync(fd: number): Promise<void>;
  truncate(fd: number, bytes: number): Promise<void>;
  /** As `sync`, at the start. */
  syncNow(fd: number): void;
}

const writeOnce = promisify(write);

export const fileDisk: LogDisk = {
  write: async (fd, bytes, position) => {
    for (let done = 0; done < bytes.length;) {
      const rest = bytes.length - done;
      done += (await writeOnce(fd, bytes, done, rest, position + done)).bytesWritten;
    }
  },
  sync: promisify(fdatasync),
  truncate: promisify(ftruncate),
  syncNow: fdatasyncSync,
};

export class WriteAheadLog {
  private readonly directory: DataDirectory;
  private readonly disk: LogDisk;
  private readonly logger: Pick<Logger, 'error'>;
  private fd: number;
  /** Length of the open file that is on disk. */
  private length: number;
  private sequence: number;
  /** Why nothing is written here any more. */
  private broken: EtcdFailure | undefined;

  private constructor(
    directory: DataDirectory,
    disk: LogDisk,
    logger: Pick<Logger, 'error'>,
    {fd, length, sequence}: LogEnd,
  ) {
    this.directory = directory;
    this.disk = disk;
    this.logger = logger;
    this.fd = fd;
    this.length = length;
    this.sequence = sequence;
  }

  /**
   * Hands every entry after `sequence` to `replay`, in order, and opens the log for what comes next. An unfinished last write
   * is cut off. @throws SmError STORE_CORRUPT
   */
  static open(
    directory: DataDirectory,
    sequence: number,
    replay: (entry: LogEntry) => void,
    logger: Logger,
    disk: LogDisk = fileDisk,
  ): WriteAheadLog {
    const end = readLogs(directory, sequence, replay, logger);
    // A process that was killed may have written and not synced: what is read from here on must survive a loss of power.
    disk.syncNow(end.fd);
    return new WriteAheadLog(directory, disk, logger, end);
  }

  /** Number of the last frame on disk. */
  get lastSequence(): number {
    return this.sequence;
  }

  /** Bytes in the open file. */
  get bytes(): number {
    return this.length;
  }

  /**
   * All on disk, or rejects and none of them counts; after a take-over what was under way may count there. One call at a time.
   * @throws SmError CONFLICT when another process has taken over; EtcdFailure once the disk has failed
   */
  async append(entries: readonly LogEntry[]): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    this.directory.lock.assertHeld();
    const frame = encodeFrame(this.sequence + 1, encodeEntries(entries));
    try {
      await this.disk.write(this.fd, frame, this.length);
    } catch (error) {
      await this.takeBack();
      throw this.broken ?? error;
    }
    try {
      await this.disk.sync(this.fd);
    } catch (error) {
      // What a failed sync left on disk is unknown, and a second one may call it good: nothing more is written here.
      throw this.broke(error);
    }
    // Whoever took over has read the log after its lock could be seen: what was synced before is in it.
    this.directory.lock.verify();
    this.sequence += 1;
    this.length += frame.length;
  }

  /** What comes next goes to a new file. Not during an append. @throws SmError CONFLICT as `append` */
  rotate(): void {
    this.directory.lock.verify();
    const path = this.directory.logPath(this.sequence + 1);
    const next = openSync(path, 'wx', 0o600);
    try {
      this.directory.sync();
    } catch (error) {
      // Behind a newer file the open one would have to be whole to its end.
      closeSync(next);
      rmSync(path, {force: true});
      throw error;
    }
    closeSync(this.fd);
    this.fd = next;
    this.length = 0;
  }

  /** Removes the files whose entries all are at or before this sequence. */
  removeUpTo(sequence: number): void {
    const starts = this.directory.logs();
    for (const [index, start] of starts.entries()) {
      const next = starts[index + 1];
      if (next !== undefined && next <= sequence + 1)
        rmSync(this.directory.logPath(start), {force: true});
    }
    this.directory.sync();
  }

  /** An empty frame says that the one before it was whole. */
  async close(): Promise<void> {
    try {
      await this.append([]);
    } catch {
      // The disk is full or broken: the log is as good without it.
    } finally {
      closeSync(this.fd);
    }
  }

  private async takeBack(): Promise<void> {
    try {
      await this.disk.truncate(this.fd, this.length);
    } catch (error) {
      this.broke(error);
    }
  }

  /** Logged once; later calls fail with the same error. Lack of space counts as well: space that is freed later does not help. */
  private broke(error: unknown): EtcdFailure {
    this.broken = diskFailed(error);
    this.logger.error({error: String(error)}, this.broken.message);
    return this.broken;
  }
}

interface LogEnd {
  readonly fd: number;
  readonly length: number;
  readonly sequence: number;
}

function readLogs(
  directory: DataDirectory,
  after: number,
  replay: (entry: LogEntry) => void,
  logger: Logger,
): LogEnd {
  const starts = directory.logs();
  let sequence = after;
  for (const [index, start] of starts.entries()) {
    const path = directory.logPath(start);
    if (start > sequence + 1) throw missing(directory, sequence + 1);
    const isLast = index === starts.length - 1;
    const fd = openSync(path, 'r+');
    try {
      const reader = new FrameReader(fd);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        if (frame.sequence > sequence + 1) throw missing(directory, sequence + 1);
        if (frame.sequence <= sequence) continue;
        for (const entry of decodeEntries(frame.body)) replay(entry);
        sequence = frame.sequence;
      }
      cutTornTail(fd, path, reader.offset, isLast, logger);
      if (isLast) return {fd, length: reader.offset, sequence};
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
  // The first log is older than the store, and a snapshot is finished only when the log that goes on behind it is there.
  throw missing(directory, sequence + 1);
}

function cutTornTail(
  fd: number,
  path: string,
  offset: number,
  isLast: boolean,
  logger: Logger,
): void {
  const rest = Buffer.alloc(fstatSync(fd).size - offset);
  if (rest.length === 0) return;
  for (let done = 0; done < rest.length;) {
    const got = readSync(fd, rest, done, rest.length - done, offset + done);
    if (got === 0) break;
    done += got;
  }
  if (!isLast || readRest(rest, offset) === 'corrupt')
    throw new SmError('STORE_CORRUPT', `${path}: the log is damaged at byte ${offset}`, {
      hint:
        'restore the data directory from a copy; or, to continue without everything written after that byte: ' +
        `truncate -s ${offset} ${path}, and remove the log files after it`,
    });
  logger.warn(
    {path, offset, bytes: rest.length},
    'an incomplete last write was removed from the end of the log',
  );
  ftruncateSync(fd, offset);
  fsyncSync(fd);
}

function missing(directory: DataDirectory, sequence: number): SmError {
  return new SmError(
    'STORE_CORRUPT',
    `${directory.path}: entry ${sequence} of the log is missing`,
    {hint: 'a file of the data directory was removed: restore the directory from a copy'},
  );
}
