/**
 * One client's watch stream. A watcher is a place in the history: what the client is too slow for is not queued but read from
 * history again, so a slow client costs a few replies of memory, and is canceled when compaction overtakes it.
 */
import {status} from '@grpc/grpc-js';
import type {Version} from './event-log.ts';
import type {Headers} from './header.ts';
import {keyRange} from './key-range.ts';
import type {Keyspace} from './keyspace.ts';
import {int} from './requests.ts';
import type {WatchCreateRequest, WatchRequest} from './requests.ts';
import {wants} from './watch-hub.ts';
import type {WatchHub, Watcher} from './watch-hub.ts';
import {eventResponses} from './watch-messages.ts';
import type {WatchResponse} from './watch-messages.ts';
import {WATCH_BATCH_LIMIT, WATCH_BATCH_LIMIT_BYTES, WATCH_SCAN_LIMIT} from './limits.ts';

/** Where replies go. */
export interface WatchSink {
  /** False: enough for now; `pump` is called when there is room again. */
  write(response: WatchResponse): boolean;
  /** Why its client may not watch now. */
  refusal(): {readonly code: status; readonly details: string} | undefined;
}

const GO_CODES: Partial<Record<status, string>> = {
  [status.INVALID_ARGUMENT]: 'InvalidArgument',
  [status.UNAUTHENTICATED]: 'Unauthenticated',
};
const NO_PUT = 0;
const NO_DELETE = 1;
const NOBODY = '-1';

export class WatchStream {
  private readonly keys: Keyspace;
  private readonly hub: WatchHub;
  private readonly headers: Headers;
  private readonly sink: WatchSink;
  private readonly watchers = new Map<string, Watcher>();
  private readonly behind = new Set<Watcher>();
  private progressAsked = 0;
  private nextId = 0;
  private full = false;
  private pumping = false;
  private closed = false;

  constructor(keys: Keyspace, hub: WatchHub, headers: Headers, sink: WatchSink) {
    this.keys = keys;
    this.hub = hub;
    this.headers = headers;
    this.sink = sink;
  }

  receive(request: WatchRequest): void {
    if (request.create_request !== undefined) this.create(request.create_request);
    else if (request.cancel_request !== undefined)
      this.cancel(request.cancel_request.watch_id ?? '0');
    else if (request.progress_request !== undefined) {
      this.progressAsked += 1;
      this.answerProgress();
    }
  }

  close(): void {
    this.closed = true;
    for (const watcher of this.watchers.values()) this.hub.remove(watcher);
    this.watchers.clear();
    this.behind.clear();
  }

  /** There is room again. */
  pump(): void {
    this.full = false;
    if (!this.pumping) this.catchUp();
  }

  /** Tells watchers that asked for it, and heard nothing since the last time, how far the store is. */
  reportProgress(): void {
    for (const watcher of this.watchers.values()) {
      if (!watcher.progress || watcher.behind) continue;
      if (!watcher.busy && !this.full) this.send({header: this.headers.at(), watch_id: watcher.id});
      watcher.busy = false;
    }
  }

  private create(request: WatchCreateRequest): void {
    const current = this.keys.revision;
    const header = this.headers.at();
    const range = keyRange(
      (request.key?.length ?? 0) === 0 ? Buffer.from([0]) : request.key,
      request.range_end,
    );
    const problem =
      this.refusal() ??
      (range.to !== undefined && range.from >= range.to
        ? 'mvcc: watcher range is empty'
        : this.idProblem(request.watch_id ?? '0'));
    if (problem !== undefined) {
      const refusal = {created: true, canceled: true, cancel_reason: problem};
      this.send({header, watch_id: NOBODY, ...refusal});
      return;
    }
    const start = int(request.start_revision);
    const watcher: Watcher = {
      id: this.takeId(request.watch_id ?? '0'),
      range,
      prevKv: request.prev_kv === true,
      fragment: request.fragment === true,
      progress: request.progress_notify === true,
      noPut: request.filters?.includes(NO_PUT) === true,
      noDelete: request.filters?.includes(NO_DELETE) === true,
      nextRevision: start === 0 ? current + 1 : start,
      behind: false,
      busy: false,
      deliver: (events) => this.deliver(watcher, events),
    };
    this.watchers.set(watcher.id, watcher);
    this.send({header, watch_id: watcher.id, created: true});
    this.hub.add(watcher);
    if (watcher.nextRevision > current) return;
    this.fallBehind(watcher, watcher.nextRevision);
    if (!this.pumping) this.catchUp();
  }

  /** As Go prints a gRPC error. */
  private refusal(): string | undefined {
    const refused = this.sink.refusal();
    if (refused === undefined) return undefined;
    return `rpc error: code = ${GO_CODES[refused.code] ?? 'Unknown'} desc = ${refused.details}`;
  }

  private idProblem(id: string): string | undefined {
    return id !== '0' && this.watchers.has(id)
      ? 'mvcc: duplicate watch ID provided on the WatchStream'
      : undefined;
  }

  private takeId(asked: string): string {
    if (asked !== '0') return asked;
    while (this.watchers.has(String(this.nextId))) this.nextId += 1;
    this.nextId += 1;
    return String(this.nextId - 1);
  }

  private cancel(id: string): void {
    const watcher = this.watchers.get(id);
    if (watcher === undefined) return;
    this.drop(watcher);
    this.send({header: this.headers.at(), watch_id: id, canceled: true});
    this.answerProgress();
  }

  private drop(watcher: Watcher): void {
    this.hub.remove(watcher);
    this.watchers.delete(watcher.id);
    this.behind.delete(watcher);
  }

  private deliver(watcher: Watcher, events: readonly Version[]): void {
    const revision = events[0]?.modRevision ?? this.keys.revision;
    if (this.full) this.fallBehind(watcher, revision);
    else {
      watcher.nextRevision = revision + 1;
      this.sendEvents(watcher, revision, events);
    }
  }

  private fallBehind(watcher: Watcher, revision: number): void {
    watcher.nextRevision = revision;
    watcher.behind = true;
    this.behind.add(watcher);
  }

  /** Sends history to who is behind, while there is room. */
  private catchUp(): void {
    this.pumping = false;
    let scanned = 0;
    for (const watcher of this.behind) {
      while (watcher.behind && !this.full && scanned < WATCH_SCAN_LIMIT)
        scanned += this.sendHistory(watcher);
      if (this.full) return;
      if (scanned >= WATCH_SCAN_LIMIT) break;
    }
    if (this.behind.size > 0) {
      this.pumping = true;
      setImmediate(() => this.catchUp());
    } else this.answerProgress();
  }

  /** One reply from history, or none when nothing concerned the watcher. Returns how many events were looked at. */
  private sendHistory(watcher: Watcher): number {
    const {keys} = this;
    if (watcher.nextRevision < keys.compactRevision) {
      this.cancelCompacted(watcher);
      return 1;
    }
    const found: Version[] = [];
    let bytes = 0;
    let position = keys.events.seek(watcher.nextRevision);
    const start = position;
    for (let event = keys.events.at(position); event !== undefined;) {
      if (wants(watcher, event) && !isHidden(keys, event)) {
        found.push(event);
        bytes += event.value.length;
      }
      const next = keys.events.at((position += 1));
      const revisionEnds = next?.modRevision !== event.modRevision;
      if (revisionEnds) watcher.nextRevision = event.modRevision + 1;
      const enough =
        bytes >= WATCH_BATCH_LIMIT_BYTES ||
        found.length >= WATCH_BATCH_LIMIT ||
        position - start >= WATCH_SCAN_LIMIT;
      if (revisionEnds && enough) break;
      event = next;
    }
    if (keys.events.at(position) === undefined) {
      watcher.behind = false;
      this.behind.delete(watcher);
    }
    if (found.length > 0) this.sendEvents(watcher, keys.revision, found);
    return Math.max(1, position - start);
  }

  private cancelCompacted(watcher: Watcher): void {
    watcher.behind = false;
    this.drop(watcher);
    this.send({
      header: this.headers.at(0),
      watch_id: watcher.id,
      canceled: true,
      compact_revision: this.keys.compactRevision,
    });
  }

  private sendEvents(watcher: Watcher, revision: number, events: readonly Version[]): void {
    watcher.busy = true;
    const header = this.headers.at(revision);
    for (const response of eventResponses(this.keys, watcher, header, events)) this.send(response);
  }

  /** Progress means that everything up to the header's revision was sent: the answer waits for who is behind. */
  private answerProgress(): void {
    if (this.behind.size > 0) return;
    for (; this.progressAsked > 0; this.progressAsked -= 1)
      this.send({header: this.headers.at(), watch_id: NOBODY});
  }

  private send(response: WatchResponse): void {
    if (this.closed) return;
    if (!this.sink.write(response)) this.full = true;
  }
}

/** Compaction removes deletions of the compacted revision itself. */
function isHidden(keys: Keyspace, event: Version): boolean {
  return event.version === 0 && event.modRevision === keys.compactRevision;
}
