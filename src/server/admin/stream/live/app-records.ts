/** One app's records, kept current, with what many views derive from them counted once. */
import {AppView} from '../../../../governor/view.ts';
import type {AppChange} from '../../../../model/change.ts';
import type {Heartbeat} from '../../../../model/container.ts';
import type {AppStatus, FinishedMove} from '../../../../model/status.ts';
import {encodeRecord} from '../../../../protocol/records.ts';
import type {AppListing} from '../../read/listing.ts';
import {shardIds} from '../../read/shard-views.ts';

export interface EndedMove {
  readonly move: FinishedMove;
  readonly endedAtMs: number;
}

export class AppRecords {
  readonly app: string;
  readonly view = new AppView();
  private readonly rounds = new Map<string, readonly EndedMove[]>();
  /** Monotonic ms of the last heartbeat seen, by incarnation. */
  private readonly beats = new Map<string, number>();
  private status: AppStatus | undefined;
  private changes = 0;
  /** What is derived holds the changes up to this one. */
  private version = 0;
  private idsVersion = 0;
  private unknownSince = '';
  private readonly derived = new Map<string, {readonly version: number; readonly value: unknown}>();

  constructor(app: string) {
    this.app = app;
  }

  /** Takes a change; true when it says something that a view may show. */
  apply(change: AppChange, nowMs: number): boolean {
    if (change.kind !== 'heartbeat') {
      const known = this.knows(change);
      const told = this.view.apply(change);
      if (told && (change.kind === 'corrupt' || known !== this.knows(change))) this.idsVersion++;
      return this.touched(told);
    }
    const {incarnation} = change;
    const before = this.view.heartbeats.get(incarnation)?.value;
    if (!this.view.apply(change)) return false;
    if (change.entry === undefined) this.beats.delete(incarnation);
    else this.beats.set(incarnation, nowMs);
    return this.touched(!saysTheSame(before, change.entry?.value));
  }

  takeStatus(status: AppStatus | undefined): void {
    this.status = status;
    this.touched(true);
  }

  takeRound(round: string, moves: readonly FinishedMove[] | undefined): void {
    if (moves === undefined) this.rounds.delete(round);
    else
      this.rounds.set(
        round,
        moves.map((move) => ({move, endedAtMs: Date.parse(move.endedAt)})),
      );
    this.touched(true);
  }

  /** Lets what is derived be derived anew, if there is anything new: once a round, or every view would count for itself. */
  refresh(unknownSince: string): void {
    if (unknownSince !== this.unknownSince) this.changes++;
    this.unknownSince = unknownSince;
    this.version = this.changes;
  }

  /** Monotonic ms of the last heartbeat of the incarnation; undefined when none was seen. */
  lastBeatMs(incarnation: string): number | undefined {
    return this.beats.get(incarnation);
  }

  /** Moves that have ended, oldest first. */
  get ended(): readonly EndedMove[] {
    return this.once('ended', () =>
      [...this.rounds.values()].flat().sort((a, b) => a.endedAtMs - b.endedAtMs),
    );
  }

  /** The same object until something has changed and `refresh` was called. */
  listing(revision: number, epoch: number): AppListing {
    return this.once('listing', () => ({
      app: this.app,
      revision,
      view: this.view,
      status: this.status,
      finished: [],
      epoch,
      unknownSince: this.unknownSince,
    }));
  }

  /** Ids of all shards, sorted; sorting 100,000 of them anew at every move would cost a tenth of a second each time. */
  ids(listing: AppListing): readonly string[] {
    return this.cached('ids', this.idsVersion, () => shardIds(listing));
  }

  /** What `make` made the last time, until something has changed and `refresh` was called. */
  once<T>(name: string, make: () => T): T {
    return this.cached(name, this.version, make);
  }

  private cached<T>(name: string, version: number, make: () => T): T {
    const known = this.derived.get(name);
    if (known?.version === version) return known.value as T;
    const value = make();
    this.derived.set(name, {version, value});
    return value;
  }

  /** Whether the shard of the change has a spec or a record. */
  private knows(change: AppChange): boolean {
    if (change.kind !== 'shard' && change.kind !== 'own') return true;
    return this.view.shards.has(change.shard) || this.view.own.has(change.shard);
  }

  private touched(told: boolean): boolean {
    if (told) this.changes++;
    return told;
  }
}

/** A renewed heartbeat usually says nothing but that it is renewed. */
function saysTheSame(before: Heartbeat | undefined, after: Heartbeat | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return shown(before) === shown(after);
}

function shown({state, endpoint, zone, version, ttlMs, overdue}: Heartbeat): string {
  return encodeRecord([state, endpoint, zone, version, ttlMs, overdue]);
}
