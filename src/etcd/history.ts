/**
 * The past of a prefix, revision by revision, as far as etcd still keeps it, and on into the present. Nothing is kept here: each
 * revision is handed on and forgotten, so a long history takes no more memory than a short one.
 */
import {SmError} from '../model/errors.ts';
import type {RawKeys} from './raw-keys.ts';
import {closeStream, endOfPrefix, safeRevision} from './wire.ts';
import type {IDuplexWatchStream, WatchResponse} from './wire.ts';
import {PROGRESS_EVERY_MS, RETRIES_LIMIT, RETRY_MS} from './limits.ts';
import {pause} from '../runtime/pause.ts';

/** One key of one revision; `value` undefined: deleted. */
export interface RevisionChange {
  readonly key: string;
  readonly value: string | undefined;
}

export interface HistoryOptions {
  readonly keys: RawKeys;
  readonly prefix: string;
  /** First revision that is handed on. */
  readonly fromRevision: number;
  /** All changes of one revision; revisions come in ascending order, each once. What it throws ends the reading. */
  readonly onRevision: (revision: number, changes: readonly RevisionChange[]) => void;
}

/** Oldest revision that can still be read. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export async function oldestRevision(keys: RawKeys): Promise<number> {
  if (await keys.isKept(1)) return 1;
  const stream = await keys.openWatch();
  try {
    return await new Promise<number>((resolve, reject) => {
      const failed = (): void =>
        reject(new SmError('STORE_UNAVAILABLE', 'the watch of etcd ended', {retryable: true}));
      stream.on('error', failed);
      stream.on('end', failed);
      stream.on('data', (response) => {
        // It is created first, and then cancelled with the revision asked for.
        if (response.canceled) resolve(Math.max(1, safeRevision(response.compact_revision)));
      });
      stream.write({create_request: {key: keys.statusKey, start_revision: '1'}});
    });
  } finally {
    closeStream(stream);
  }
}

export class HistoryReader {
  private readonly options: HistoryOptions;
  private next: number;
  private stream: IDuplexWatchStream | undefined;
  private over: ((fault: unknown) => void) | undefined;
  private reached = 0;
  private quiet = 0;
  private stopped = false;

  constructor(options: HistoryOptions) {
    this.options = options;
    this.next = options.fromRevision;
  }

  /** Newest revision that etcd says has been sent in full; on versions that say so too early, only together with `quietFor`. */
  get progress(): number {
    return this.reached;
  }

  /** Answers about progress in a row without a change between them. */
  get quietFor(): number {
    return this.quiet;
  }

  /**
   * Reads until `done` says so, which is asked after every answer about progress, or until `stop`. A lost stream is opened anew where
   * it ended. @throws SmError CONFLICT: what comes next has been compacted; STORE_UNAVAILABLE; or what `onRevision` threw.
   */
  async read(done: () => boolean | Promise<boolean>): Promise<void> {
    for (let failures = 0; !this.stopped;) {
      const before = this.next;
      const fault = await this.readStream(done);
      if (fault === undefined || this.stopped) return;
      if (!(fault instanceof SmError && fault.retryable)) throw fault;
      failures = this.next > before ? 0 : failures + 1;
      if (failures >= RETRIES_LIMIT) throw fault;
      this.options.keys.leaveEndpoint();
      await pause(RETRY_MS);
    }
  }

  stop(): void {
    this.stopped = true;
    this.over?.(undefined);
  }

  /** Resolves with undefined when it is done, or with why it cannot go on. */
  private async readStream(done: () => boolean | Promise<boolean>): Promise<unknown> {
    const {keys, prefix} = this.options;
    const stream = await keys.openWatch().catch((error: unknown) => error as Error);
    if (stream instanceof Error) return stream;
    this.stream = stream;
    this.quiet = 0;
    const ended = new Promise<unknown>((resolve) => (this.over = resolve));
    const lost = (): void =>
      this.over?.(new SmError('STORE_UNAVAILABLE', 'the watch of etcd ended', {retryable: true}));
    stream.on('error', lost);
    stream.on('end', lost);
    stream.on('data', (response) => this.received(stream, response, done));
    const key = Buffer.from(prefix);
    // One earlier than needed, and dropped again: at exactly the compacted revision etcd hides deletions in silence.
    const start = String(Math.max(1, this.next - 1));
    stream.write({create_request: {key, range_end: endOfPrefix(key), start_revision: start}});
    const asking = setInterval(() => stream.write({progress_request: {}}), PROGRESS_EVERY_MS);
    const fault = await ended;
    clearInterval(asking);
    stream.removeAllListeners('data');
    closeStream(stream);
    return fault;
  }

  private received(
    stream: IDuplexWatchStream,
    response: WatchResponse,
    done: () => boolean | Promise<boolean>,
  ): void {
    if (this.stream !== stream) return;
    if (response.canceled) {
      this.over?.(canceled(response));
      return;
    }
    if (response.created) return;
    try {
      if (response.events.length > 0) this.deliver(response);
      else this.progressed(safeRevision(response.header.revision), done);
    } catch (error) {
      this.over?.(error);
    }
  }

  private deliver({events}: WatchResponse): void {
    this.quiet = 0;
    let changes: RevisionChange[] = [];
    let revision = 0;
    const handOn = (): void => {
      if (changes.length === 0) return;
      this.next = revision + 1;
      this.options.onRevision(revision, changes);
      changes = [];
    };
    for (const {type, kv} of events) {
      const mod = safeRevision(kv.mod_revision);
      if (mod < this.next) continue;
      if (mod !== revision) handOn();
      revision = mod;
      const deleted = type.toUpperCase() === 'DELETE';
      changes.push({
        key: kv.key.toString('utf8'),
        value: deleted ? undefined : kv.value.toString('utf8'),
      });
    }
    handOn();
  }

  private progressed(revision: number, done: () => boolean | Promise<boolean>): void {
    this.reached = Math.max(this.reached, revision);
    this.quiet += 1;
    Promise.resolve(done()).then(
      (isDone) => {
        if (isDone) this.over?.(undefined);
      },
      (error: unknown) => this.over?.(error),
    );
  }
}

function canceled({compact_revision}: WatchResponse): SmError {
  const compacted = safeRevision(compact_revision);
  if (compacted === 0)
    return new SmError('STORE_UNAVAILABLE', 'etcd cancelled the watch', {retryable: true});
  return new SmError('CONFLICT', `history before revision ${compacted} is compacted`, {
    hint: 'leave --since out to audit the history that etcd still keeps',
  });
}
