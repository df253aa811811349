/** The store on disk: gets it back at the start, logs what changes, and writes a snapshot when the log has grown. */
import {rmSync} from 'node:fs';
import {EtcdFailure} from './failures.ts';
import type {Logger} from '../runtime/logger.ts';
import type {Entry, Journal} from './commits.ts';
import type {DataDirectory} from './data-directory.ts';
import type {LogEntry} from './log-entries.ts';
import {readSnapshot, writeSnapshot} from './snapshot.ts';
import type {Command, StateMachine} from './state-machine.ts';
import type {Sweeper} from './sweeper.ts';
import type {Wire} from './wire.ts';
import {WriteAheadLog, fileDisk} from './write-ahead-log.ts';
import type {LogDisk} from './write-ahead-log.ts';
import {SNAPSHOT_BYTES} from './limits.ts';

export interface PersistenceOptions {
  readonly directory: DataDirectory;
  /** New, without anything in it. */
  readonly machine: StateMachine;
  readonly sweeper: Sweeper;
  readonly wire: Wire;
  readonly logger: Logger;
  readonly disk?: LogDisk;
  /** Each batch that is on disk, and how long that took, ms. */
  readonly onSync?: (ms: number) => void;
  /** The log grows to this before a snapshot is written. Default: to 16 MiB, or to the size of the store if that is more. */
  readonly snapshotBytes?: number;
}

const SWEEP_ALL = Number.MAX_SAFE_INTEGER;

export class Persistence implements Journal {
  private readonly options: PersistenceOptions;
  private readonly disk: LogDisk;
  private readonly log: WriteAheadLog;
  private snapshotting: Promise<void> | undefined;
  /** After a failure the log grows by as much again before the next attempt. */
  private failedAtBytes = 0;

  /** Reads everything back. @throws SmError STORE_CORRUPT */
  constructor(options: PersistenceOptions) {
    this.options = options;
    this.disk = options.disk ?? fileDisk;
    const {directory, machine, wire, logger} = options;
    const snapshot = directory.snapshots().at(-1) ?? 0;
    if (snapshot > 0) readSnapshot(directory.snapshotPath(snapshot), machine);
    const replay = (entry: LogEntry): void => replayEntry(machine, wire, entry);
    this.log = WriteAheadLog.open(directory, snapshot, replay, logger, this.disk);
    machine.leases.restart();
  }

  async append(entries: readonly Entry[]): Promise<void> {
    const startedMs = performance.now();
    await this.log.append(
      entries.map(({command, bytes}): LogEntry => ({kind: command.kind, bytes})),
    );
    this.options.onSync?.(performance.now() - startedMs);
  }

  /** Of the open file of the log. */
  get bytes(): number {
    return this.log.bytes;
  }

  /** Every appended entry is applied: the moment at which the state is that of the log. */
  applied(): void {
    const {machine, snapshotBytes} = this.options;
    if (this.snapshotting !== undefined) return;
    const grown = snapshotBytes ?? Math.max(SNAPSHOT_BYTES, machine.keys.bytes);
    if (this.log.bytes - this.failedAtBytes < grown) return;
    this.snapshotting = this.snapshot().finally(() => (this.snapshotting = undefined));
  }

  async close(): Promise<void> {
    await this.snapshotting;
    await this.log.close();
  }

  private async snapshot(): Promise<void> {
    const {directory, machine, sweeper, logger} = this.options;
    const release = sweeper.hold();
    try {
      const sequence = this.log.lastSequence;
      this.log.rotate();
      await writeSnapshot(directory, sequence, machine, this.disk);
      directory.lock.verify();
      for (const old of directory.snapshots())
        if (old < sequence) rmSync(directory.snapshotPath(old), {force: true});
      this.log.removeUpTo(sequence);
      this.failedAtBytes = 0;
    } catch (error) {
      this.failedAtBytes = this.log.bytes;
      // The log goes on without it, and is longer to read at the next start.
      logger.warn({error: String(error)}, 'the embedded store could not write a snapshot');
    } finally {
      release();
    }
  }
}

/** What was refused when it was new is refused again: the state is the same. */
function replayEntry(machine: StateMachine, wire: Wire, {kind, bytes}: LogEntry): void {
  try {
    machine.apply({kind, request: wire.decode(kind, bytes)} as Command);
  } catch (error) {
    if (!(error instanceof EtcdFailure)) throw error;
  }
  if (kind === 'compact') machine.keys.sweep(SWEEP_ALL);
}
