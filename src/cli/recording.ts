/** The work of `sm record`: looks at a running app again and again, and writes what happens to it as a trace. */
import {closeSync, ftruncateSync, rmSync, writeSync} from 'node:fs';
import type {AdminClient} from '../admin/admin-client.ts';
import {RemoteError} from '../admin/remote-error.ts';
import {counted} from '../model/counted.ts';
import {SmError} from '../model/errors.ts';
import type {ContainerView} from '../protocol/admin.ts';
import {pause} from '../runtime/pause.ts';
import {TRACE_LIMIT_BYTES, TRACE_LONGEST_MS} from '../simulator/limits.ts';
import {TraceRecorder} from '../simulator/trace-recorder.ts';
import {traceHeader, traceLine} from '../simulator/trace.ts';
import type {TraceEvent, TraceHeader} from '../simulator/trace.ts';
import {
  RECORD_CONTAINERS_EVERY_MS,
  RECORD_END_BYTES,
  RECORD_PAGE,
  RECORD_PAUSE_FACTOR,
  RECORD_SHARDS_EVERY_MS,
} from './limits.ts';
import {isRetryable} from './retryable.ts';
import {everyShard} from './shard-batches.ts';
import {isFile, openOutput, refuseExisting, unwritable} from './text-output.ts';
import {TTL_DEFAULT_MS} from '../model/limits.ts';

export interface RecordingRequest {
  readonly client: Pick<AdminClient, 'call'>;
  readonly app: string;
  readonly file: string;
  /** Replaces a file that is there, once there is something to write. */
  readonly overwrite?: boolean;
  /** Of now, RFC 3339. */
  readonly startedAt: string;
  /** Ends the recording in order. */
  readonly signal: AbortSignal;
  /** Ends it in order so long after the first answer. */
  readonly limitMs?: number | undefined;
  readonly say: (text: string) => void;
  readonly onProgress: (recorded: Recorded) => void;
}

export interface Recorded {
  readonly durationMs: number;
  readonly events: number;
  readonly bytes: number;
}

/** asked: by signal or time; limit: the file has reached the largest size, or length; removed: the app is gone. */
export type RecordingEnd = 'asked' | 'limit' | 'removed';

/** @throws SmError INVALID_INPUT for a file that cannot be written; whatever the first look throws. */
export async function record(request: RecordingRequest): Promise<Recorded & {ended: RecordingEnd}> {
  refuseExisting(request.file, request.overwrite ?? false);
  const recording = new Recording(request);
  try {
    const ended = await recording.run();
    return {...recording.end(), ended};
  } finally {
    recording.close();
  }
}

class Recording {
  private readonly request: RecordingRequest;
  private readonly recorder = new TraceRecorder();
  private readonly signal: AbortSignal;
  private readonly timeUp = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  /** When the first answer was there. */
  private startedMs = performance.now();
  private file: number | undefined;
  private shardsAtMs = 0;
  private bytes = 0;
  private events = 0;
  private lastMs = 0;
  private isCut = false;
  private isFull = false;

  constructor(request: RecordingRequest) {
    this.request = request;
    this.signal = AbortSignal.any([request.signal, this.timeUp.signal]);
  }

  async run(): Promise<RecordingEnd> {
    const {signal} = this;
    const {onProgress} = this.request;
    while (!signal.aborted) {
      const isGone = await this.look();
      if (isGone) return 'removed';
      if (this.isFull || this.nowMs >= TRACE_LONGEST_MS) return 'limit';
      onProgress({durationMs: this.nowMs, events: this.events, bytes: this.bytes});
      await pause(RECORD_CONTAINERS_EVERY_MS, signal);
    }
    return 'asked';
  }

  /** Writes the last line. */
  end(): Recorded {
    const durationMs = Math.max(this.lastMs, Math.min(this.nowMs, TRACE_LONGEST_MS));
    if (this.file !== undefined) this.put({atMs: durationMs, event: 'end'});
    return {durationMs, events: this.events, bytes: this.bytes};
  }

  close(): void {
    clearTimeout(this.timer);
    if (this.file === undefined) return;
    closeSync(this.file);
    // The next try would find it there, and nothing in it.
    const {file} = this.request;
    if (this.events === 0 && isFile(file)) rmSync(file, {force: true});
  }

  private get nowMs(): number {
    return Math.round(performance.now() - this.startedMs);
  }

  /** Whether the app is gone. What cannot be read now is read the next time; the first look has to succeed. */
  private async look(): Promise<boolean> {
    const {say} = this.request;
    try {
      await this.lookAtAll();
      if (this.isCut) say('the daemon answers again');
      this.isCut = false;
      return false;
    } catch (error) {
      if (this.signal.aborted && this.file !== undefined) return false;
      if (this.file === undefined) throw this.signal.aborted ? nothingYet() : error;
      if (error instanceof RemoteError && error.failure.code === 'APP_NOT_FOUND') return true;
      if (!isRetryable(error)) throw error;
      if (!this.isCut) say('the daemon does not answer: recording continues when it does');
      this.isCut = true;
      return false;
    }
  }

  private async lookAtAll(): Promise<void> {
    const {signal} = this;
    const {client, app} = this.request;
    const {containers} = await client.call('getContainers', {service: app}, signal);
    const beganMs = performance.now();
    const query = {service: app, limit: RECORD_PAGE};
    const isTime = this.nowMs >= this.shardsAtMs;
    const shards = isTime ? (await everyShard(client, query, signal)).shards : undefined;
    if (this.file === undefined) this.begin(containers);
    // What is there when it begins was there at its beginning.
    const atMs = this.events === 0 ? 0 : this.nowMs;
    this.write(this.recorder.containersSeen(containers.map(containerOf), atMs));
    if (shards === undefined) return;
    const tookMs = Math.round(performance.now() - beganMs);
    this.shardsAtMs = this.nowMs + Math.max(RECORD_SHARDS_EVERY_MS, RECORD_PAUSE_FACTOR * tookMs);
    this.write(this.recorder.shardsSeen(shards, atMs));
  }

  private begin(containers: readonly ContainerView[]): void {
    const {app, file, overwrite = false, startedAt, limitMs} = this.request;
    this.startedMs = performance.now();
    if (limitMs !== undefined) this.timer = setTimeout(() => this.timeUp.abort(), limitMs);
    this.file = openOutput(file, overwrite);
    const ttlMs = containers.find((one) => one.ttlMs > 0)?.ttlMs ?? TTL_DEFAULT_MS;
    this.put(traceHeader(app, ttlMs, `recorded ${startedAt}`));
  }

  private write(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (this.isFull) return;
      this.put(event);
    }
  }

  /** A line, or nothing of it: what was recorded before stays a trace. */
  private writeWhole(line: Buffer): void {
    const file = this.file ?? -1;
    try {
      writeAll(file, line);
    } catch (error) {
      if (isFile(this.request.file)) ftruncateSync(file, this.bytes);
      const kept =
        this.events === 0
          ? undefined
          : `it has the trace of ${counted(this.events, 'event')} until then`;
      throw unwritable(this.request.file, error, kept);
    }
  }

  private put(part: TraceHeader | TraceEvent): void {
    const line = Buffer.from(`${traceLine(part)}\n`);
    const isEnd = 'event' in part && part.event === 'end';
    if (!isEnd && this.bytes + line.length > TRACE_LIMIT_BYTES - RECORD_END_BYTES) {
      this.isFull = true;
      return;
    }
    this.writeWhole(line);
    this.bytes += line.length;
    if (!('event' in part)) return;
    this.events += 1;
    this.lastMs = part.atMs;
  }
}

/** A disk that gets full takes the beginning of a line without an error. */
function writeAll(file: number, line: Buffer): void {
  for (let done = 0; done < line.length;) done += writeSync(file, line, done);
}

function nothingYet(): SmError {
  return new SmError('INTERRUPTED', 'nothing was recorded: no daemon had answered yet', {
    hint: 'sm status shows whether a daemon answers',
  });
}

function containerOf({labels: _labels, ...view}: ContainerView) {
  return view;
}
