/**
 * The one way a change takes: admitted, logged, applied, answered, in this order and one after the other. What can be read is
 * therefore on disk already, and what the disk refused has changed nothing.
 */
import {ALARM_NOSPACE} from './state-machine.ts';
import type {Command, Reply, StateMachine} from './state-machine.ts';
import {failure} from './failures.ts';
import type {RequestOp, TxnRequest} from './requests.ts';
import {DISK_TRY_MS, LOG_BATCH_LIMIT_BYTES} from './limits.ts';

export interface Entry {
  readonly command: Command;
  /** The request as it came in. */
  readonly bytes: Buffer;
}

/** Where entries go before they are applied. */
export interface Journal {
  /** Resolves when all of them are on disk; rejects when none of them counts. At most one call at a time. */
  append(entries: readonly Entry[]): Promise<void>;
  /** Called when all that was appended is applied. */
  applied(): void;
}

export interface CommitsOptions {
  readonly machine: StateMachine;
  /** Undefined: nothing is kept. */
  readonly journal: Journal | undefined;
  readonly quotaBytes: number;
  readonly memberId: string;
}

interface Waiting extends Entry {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

export class Commits {
  private readonly options: CommitsOptions;
  private queue: Waiting[] = [];
  private queuedBytes = 0;
  private draining: Promise<void> | undefined;
  private closed = false;
  /** When the disk was last tried, ms; undefined while it has room. */
  private diskTriedMs: number | undefined;

  constructor(options: CommitsOptions) {
    this.options = options;
  }

  /** Resolves with the reply when the change is durable and applied. @throws EtcdFailure */
  submit(command: Command, bytes: Buffer): Reply | Promise<Reply> {
    if (this.closed) throw failure('stopped');
    this.admit(command, bytes.length);
    const {journal, machine} = this.options;
    if (journal === undefined) return machine.apply(command);
    return new Promise((resolve, reject) => {
      this.queue.push({command, bytes, resolve, reject});
      this.queuedBytes += bytes.length;
      this.draining ??= this.drain(journal);
    });
  }

  /** Nothing new is taken; resolves when what was taken is done. */
  async close(): Promise<void> {
    this.closed = true;
    await this.draining;
  }

  get outOfSpace(): boolean {
    return this.options.machine.alarms.some(({alarm}) => alarm === ALARM_NOSPACE);
  }

  /** What grows the store is refused while an alarm is on; the first such refusal raises it. */
  private admit(command: Command, bytes: number): void {
    if (!grows(command)) return;
    if (this.outOfSpace && !this.triesDisk()) throw failure('noSpace');
    const {machine, quotaBytes} = this.options;
    if (machine.keys.bytes + this.queuedBytes + bytes < quotaBytes) return;
    this.raiseNoSpace();
    throw failure('noSpace');
  }

  /** While the disk is full one write a second is let through: the first that fits ends the alarm. One raised by the quota stays. */
  private triesDisk(): boolean {
    const nowMs = performance.now();
    if (this.diskTriedMs === undefined || nowMs - this.diskTriedMs < DISK_TRY_MS) return false;
    this.diskTriedMs = nowMs;
    return true;
  }

  private diskTook(): void {
    if (this.diskTriedMs === undefined) return;
    this.diskTriedMs = undefined;
    const {machine, memberId} = this.options;
    machine.alarms = machine.alarms.filter(
      ({alarm, memberID}) => alarm !== ALARM_NOSPACE || memberID !== memberId,
    );
  }

  private diskFull(): void {
    this.diskTriedMs ??= performance.now();
    this.raiseNoSpace();
  }

  /** Not logged: a full disk takes no entry, and after a restart the next write raises it again. */
  private raiseNoSpace(): void {
    const {machine, memberId} = this.options;
    if (!this.outOfSpace) machine.alarms.push({memberID: memberId, alarm: ALARM_NOSPACE});
  }

  private async drain(journal: Journal): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.takeBatch();
      try {
        await journal.append(batch);
      } catch (error) {
        if (isNoSpace(error)) this.diskFull();
        for (const {reject} of batch) reject(isNoSpace(error) ? failure('noSpace') : error);
        continue;
      }
      if (batch.some(({command}) => grows(command))) this.diskTook();
      for (const entry of batch) this.apply(entry);
      journal.applied();
    }
    this.draining = undefined;
  }

  private takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const entry of this.queue) {
      if (count > 0 && bytes + entry.bytes.length > LOG_BATCH_LIMIT_BYTES) break;
      bytes += entry.bytes.length;
      count += 1;
    }
    this.queuedBytes -= bytes;
    return this.queue.splice(0, count);
  }

  private apply({command, resolve, reject}: Waiting): void {
    try {
      resolve(this.options.machine.apply(command));
    } catch (error) {
      reject(error);
    }
  }
}

function grows({kind, request}: Command): boolean {
  if (kind === 'put' || kind === 'grant') return true;
  return kind === 'txn' && hasPut(request);
}

function hasPut(request: TxnRequest): boolean {
  const some = (op: RequestOp): boolean =>
    op.request_put !== undefined || (op.request_txn !== undefined && hasPut(op.request_txn));
  return (request.success ?? []).some(some) || (request.failure ?? []).some(some);
}

/** EFBIG: the log may not grow beyond a limit of the process (`ulimit -f`). */
function isNoSpace(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}
