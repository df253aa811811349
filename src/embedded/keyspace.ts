/** Keys with their history (MVCC). Pure: no clock, no I/O. One writer: changes between two `commit`s are one revision. */
import {EventLog} from './event-log.ts';
import type {Version} from './event-log.ts';
import {failure} from './failures.ts';
import type {KeyRange} from './key-range.ts';
import {OrderedIndex} from './ordered-index.ts';
import {VERSION_OVERHEAD_BYTES} from './limits.ts';

export interface ReadOptions {
  /** 0 or less: the newest. */
  readonly revision?: number;
  /** 0 or less: no limit. */
  readonly limit?: number;
  readonly countOnly?: boolean;
}

export interface ReadResult {
  readonly versions: Version[];
  /** Keys in the range, whatever the limit. */
  readonly count: number;
  /** The store's newest revision as the reader sees it, own changes included. */
  readonly revision: number;
}

const START_REVISION = 1;
const NEVER_COMPACTED = -1;

export class Keyspace {
  readonly events = new EventLog();
  private readonly index = new OrderedIndex<Version>();
  private pending: Version[] = [];
  private committed = START_REVISION;
  private compacted = NEVER_COMPACTED;
  private size = 0;

  get revision(): number {
    return this.committed;
  }

  /** Reads before this revision are refused. -1: never compacted. */
  get compactRevision(): number {
    return this.compacted;
  }

  /** Estimate of what keys, values and history take. */
  get bytes(): number {
    return this.size;
  }

  /** @throws EtcdFailure compacted, futureRevision */
  read(range: KeyRange, options: ReadOptions = {}): ReadResult {
    const current = this.committed + (this.pending.length > 0 ? 1 : 0);
    let revision = options.revision ?? 0;
    if (revision > current) throw failure('futureRevision');
    if (revision <= 0) revision = current;
    if (revision < this.compacted) throw failure('compacted');
    const limit = options.limit ?? 0;
    const versions: Version[] = [];
    let count = 0;
    const take = (newest: Version): boolean => {
      const version = at(newest, revision);
      if (version === undefined) return true;
      count += 1;
      if (options.countOnly !== true && (limit <= 0 || versions.length < limit))
        versions.push(version);
      return true;
    };
    if (range.single) {
      const newest = this.index.find(range.from);
      if (newest !== undefined) take(newest);
    } else this.index.visit(range, take);
    return {versions, count, revision: current};
  }

  /** The key as it is now, changes not yet committed included. */
  get(key: string): Version | undefined {
    const newest = this.index.find(key);
    return newest === undefined || newest.version === 0 ? undefined : newest;
  }

  /** The key before an event, as long as history has it. */
  before(event: Version): Version | undefined {
    if (event.modRevision - 1 < this.compacted || event.previous === undefined) return undefined;
    return at(event.previous, event.modRevision - 1);
  }

  put(key: string, value: string, lease: string): Version {
    const newest = this.index.find(key);
    const alive = newest !== undefined && newest.version > 0;
    const revision = this.committed + 1;
    const version: Version = {
      key: newest?.key ?? key,
      value,
      lease,
      createRevision: alive ? newest.createRevision : revision,
      modRevision: revision,
      version: alive ? newest.version + 1 : 1,
      previous: newest,
    };
    this.add(version);
    return version;
  }

  /** Deletes what is alive in the range; returns the versions that were, in key order. */
  deleteRange(range: KeyRange): Version[] {
    const {versions} = this.read(range);
    for (const previous of versions) {
      const {key} = previous;
      this.add({
        key,
        value: '',
        lease: '0',
        createRevision: 0,
        modRevision: this.committed + 1,
        version: 0,
        previous,
      });
    }
    return versions;
  }

  get hasChanges(): boolean {
    return this.pending.length > 0;
  }

  /** Ends the transaction: its events, in order. Empty, and no new revision, when nothing was changed. */
  commit(): readonly Version[] {
    const events = this.pending;
    if (events.length === 0) return events;
    this.pending = [];
    this.committed += 1;
    for (const event of events) this.events.append(event);
    return events;
  }

  /** Refuses older reads from now on; `sweep` frees the memory. @throws EtcdFailure compacted, futureRevision */
  compact(revision: number): void {
    if (revision <= this.compacted) throw failure('compacted');
    if (revision > this.committed) throw failure('futureRevision');
    this.compacted = revision;
  }

  /** Frees up to so many superseded versions; false when there is nothing left to free. */
  sweep(limit: number): boolean {
    let last: number | undefined;
    for (let done = 0; ; done += 1) {
      // Only between revisions, so that the log never begins in the middle of one.
      if (done >= limit && this.events.at(0)?.modRevision !== last) return true;
      const event = this.events.shiftBefore(this.compacted);
      if (event === undefined) {
        this.sweepAtCompaction();
        return false;
      }
      last = event.modRevision;
      this.forget(event.key);
    }
  }

  /**
   * The state of some keys as of before the first event of the log, with the key to go on from: up to so many keys, and so many
   * bytes or one version. Together with the log this is all that can be read. Not to be mixed with `sweep`.
   */
  base(
    from: string,
    limit: {readonly keys: number; readonly bytes: number},
  ): {versions: Version[]; next: string | undefined} {
    const first = this.events.at(0)?.modRevision ?? Number.POSITIVE_INFINITY;
    const versions: Version[] = [];
    let seen = 0;
    let bytes = 0;
    let next: string | undefined;
    this.index.visit({from, to: undefined, single: false}, (newest) => {
      seen += 1;
      if (seen > limit.keys || bytes > limit.bytes) next = newest.key;
      let version: Version | undefined = newest;
      while (version !== undefined && version.modRevision >= first) version = version.previous;
      if (next !== undefined) return false;
      if (version === undefined) return true;
      versions.push(version);
      bytes += cost(version);
      return true;
    });
    return {versions, next};
  }

  /** Puts back what a snapshot holds: first the base, then the log's events, in order; `finishLoad` ends it. */
  load(version: Version, isEvent: boolean): void {
    version.previous = this.index.find(version.key);
    this.index.set(version);
    this.size += cost(version);
    if (isEvent) this.events.append(version);
  }

  finishLoad(revision: number, compactRevision: number): void {
    this.committed = revision;
    this.compacted = compactRevision;
    this.sweepAtCompaction();
  }

  /** Events of the compacted revision itself stay readable, unless they were deletions. */
  private sweepAtCompaction(): void {
    for (let position = 0; ; position += 1) {
      const event = this.events.at(position);
      if (event === undefined || event.modRevision !== this.compacted) return;
      this.forget(event.key);
    }
  }

  /** Drops what no readable revision of this key can show. */
  private forget(key: string): void {
    const newest = this.index.find(key);
    if (newest === undefined) return;
    let later: Version | undefined;
    let version: Version | undefined = newest;
    while (version !== undefined && version.modRevision > this.compacted) {
      later = version;
      version = version.previous;
    }
    if (version === undefined) return;
    this.dropChain(version.previous);
    version.previous = undefined;
    if (version.version > 0) return;
    this.size -= cost(version);
    if (later === undefined) this.index.delete(key);
    else later.previous = undefined;
  }

  private dropChain(oldest: Version | undefined): void {
    for (let version = oldest; version !== undefined; version = version.previous)
      this.size -= cost(version);
  }

  private add(version: Version): void {
    this.index.set(version);
    this.pending.push(version);
    this.size += cost(version);
  }
}

/** What the key was at a revision; undefined when it was not there. */
function at(newest: Version, revision: number): Version | undefined {
  let version: Version | undefined = newest;
  while (version !== undefined && version.modRevision > revision) version = version.previous;
  return version === undefined || version.version === 0 ? undefined : version;
}

function cost(version: Version): number {
  return version.key.length + version.value.length + VERSION_OVERHEAD_BYTES;
}
