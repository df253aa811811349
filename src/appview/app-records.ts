/** One app's records, kept current, with what many readers derive from them counted once. */
import {AppView} from '../appstate/app-view.ts';
import {joinedSummary} from '../load/summary.ts';
import type {LoadSummary, ReadLoads} from '../load/summary.ts';
import type {AppChange, CorruptChange} from '../model/change.ts';
import type {Heartbeat} from '../model/container.ts';
import type {AppStatus, FinishedMove} from '../model/status.ts';
import {encodeRecord} from '../protocol/records.ts';
import type {AppNews} from './app-news.ts';
import type {AppListing, ClusterWord} from './listing.ts';

export interface EndedMove {
  readonly move: FinishedMove;
  readonly endedAtMs: number;
}

/** The last heartbeat that was seen. */
interface Beat {
  /** Monotonic. */
  readonly atMs: number;
  /** Undefined: what came since cannot be read. */
  readonly said: Heartbeat | undefined;
}

/** The listing that readers share; as new as the records are. */
type SharedListing = {-readonly [K in keyof AppListing]: AppListing[K]};

/** A complete listing of one app while it is taken in. */
export interface RecordsListing {
  /** As `ListingMarks.isKnown`; false where somebody else keeps the view. */
  isKnown(kind: 'shard' | 'own', shard: string, mod: number): boolean;
  take(news: AppNews, nowMs: number): void;
  /** As `ListingMarks.missing`. */
  missing(revision: number): Iterable<AppChange | undefined>;
  takeMissing(gone: AppChange, nowMs: number): void;
  /** Everything has been taken. */
  finish(): void;
}

export class AppRecords {
  readonly app: string;
  readonly view: AppView;
  /** Somebody else keeps the view current: it is not changed here. */
  private readonly isKept: boolean;
  private rounds = new Map<string, readonly EndedMove[]>();
  /** By incarnation. */
  private readonly beats = new Map<string, Beat>();
  private loadParts = new Map<number, LoadSummary>();
  private status: AppStatus | undefined;
  private changes = 0;
  /** What is derived holds the changes up to this one. */
  private version = 0;
  /** Values of which it was learnt that they cannot be read. */
  private unreadable = 0;
  private unknownSince = '';
  private readonly derived = new Map<string, {readonly version: number; readonly value: unknown}>();

  /** `kept`: the view, if somebody else keeps it current. Whoever does says by `noted` and `relisted` what has changed in it. */
  constructor(app: string, kept?: AppView) {
    this.app = app;
    this.view = kept ?? new AppView();
    this.isKept = kept !== undefined;
    if (this.isKept) this.relisted(performance.now());
  }

  /** The change is in the view that is kept; true when it says something that a reader may want to know. */
  noted(change: AppChange, nowMs: number): boolean {
    if (change.kind === 'heartbeat') return this.beat(change.incarnation, nowMs);
    if (change.kind === 'corrupt') this.noteUnreadable(change);
    return this.touched(true);
  }

  /** A complete listing is in the view that is kept. */
  relisted(nowMs: number): void {
    const {heartbeats} = this.view;
    for (const [incarnation, {value}] of heartbeats)
      if (this.beats.get(incarnation)?.said !== value)
        this.beats.set(incarnation, {atMs: nowMs, said: value});
    for (const incarnation of this.beats.keys())
      if (!heartbeats.has(incarnation)) this.beats.delete(incarnation);
    this.touched(true);
  }

  /** Takes what a key says; true when it says something that a reader may want to know. */
  take(news: AppNews, nowMs: number): boolean {
    if (news.kind === 'change') return this.apply(news.change, nowMs);
    if (news.kind === 'status') this.status = news.status;
    else if (news.kind === 'load') putPart(this.loadParts, news);
    else if (news.moves === undefined) this.rounds.delete(news.round);
    else this.rounds.set(news.round, news.moves.map(endedMove));
    return this.touched(true);
  }

  /** Nothing of the app is there any more. */
  get isEmpty(): boolean {
    const {view, rounds, loadParts, status} = this;
    const isOwn = !this.isKept && view.isGone && view.stops === undefined && status === undefined;
    const {rows, pools, orders, overrides, heartbeats, ids, quarantined} = view;
    const parts = [rows, pools, orders, overrides, heartbeats, ids, quarantined, rounds, loadParts];
    return isOwn && parts.every(({size}) => size === 0);
  }

  /** A complete listing of it begins. */
  beginListing(): RecordsListing {
    const marks = this.isKept ? undefined : this.view.beginListing();
    const rounds = new Map<string, readonly EndedMove[]>();
    const loadParts = new Map<number, LoadSummary>();
    let status: AppStatus | undefined;
    return {
      isKnown: (kind, shard, mod) => marks?.isKnown(kind, shard, mod) === true,
      take: (news, nowMs) => {
        if (news.kind === 'status') ({status} = news);
        else if (news.kind === 'load') putPart(loadParts, news);
        else if (news.kind === 'moves') rounds.set(news.round, (news.moves ?? []).map(endedMove));
        else {
          this.apply(news.change, nowMs);
          marks?.show(news.change);
        }
      },
      missing: (revision) => marks?.missing(revision) ?? [],
      takeMissing: (gone, nowMs) => void this.apply(gone, nowMs),
      finish: () => {
        this.rounds = rounds;
        this.loadParts = loadParts;
        this.status = status;
        this.touched(true);
      },
    };
  }

  /** Lets what is derived be derived anew, if there is anything new: once a round, or every view would count for itself. */
  refresh(unknownSince: string): void {
    if (unknownSince !== this.unknownSince) this.changes++;
    this.unknownSince = unknownSince;
    this.version = this.changes;
  }

  /** Monotonic ms of the last heartbeat of the incarnation; undefined when none was seen. */
  lastBeatMs(incarnation: string): number | undefined {
    return this.beats.get(incarnation)?.atMs;
  }

  /** Moves that have ended, oldest first. */
  get ended(): readonly EndedMove[] {
    return this.once('ended', () =>
      [...this.rounds.values()].flat().sort((a, b) => a.endedAtMs - b.endedAtMs),
    );
  }

  /** The same object until something has changed and `refresh` was called; its revision is moved on. */
  listing(revision: number, {epoch, accepted}: ClusterWord): AppListing {
    const shared = this.once(`listing ${epoch}`, (): SharedListing => {
      const {app, view, status, unknownSince} = this;
      const finished = (): readonly FinishedMove[] => this.ended.map(({move}) => move);
      const ids: AppListing['ids'] = (make) => this.cached('ids', this.idsVersion, make);
      const loads = (): ReadLoads =>
        this.once('loads', () => joinedSummary(this.loadParts.values()));
      return {app, revision, view, status, finished, loads, epoch, accepted, unknownSince, ids};
    });
    shared.revision = Math.max(shared.revision, revision);
    return shared;
  }

  /** What `make` made the last time, until something has changed and `refresh` was called. */
  once<T>(name: string, make: () => T): T {
    return this.cached(name, this.version, make);
  }

  private apply(change: AppChange, nowMs: number): boolean {
    const isNews = this.view.apply(change);
    if (!isNews) return false;
    return this.noted(change, nowMs);
  }

  private beat(incarnation: string, nowMs: number): boolean {
    const before = this.beats.get(incarnation)?.said;
    const said = this.view.heartbeats.get(incarnation)?.value;
    if (said === undefined) this.beats.delete(incarnation);
    else this.beats.set(incarnation, {atMs: nowMs, said});
    return this.touched(!saysTheSame(before, said));
  }

  /** A heartbeat that can be read again says something new, whatever it says. */
  private noteUnreadable({what, id}: CorruptChange): void {
    this.unreadable += 1;
    const beat = this.beats.get(id);
    if (what === 'heartbeat' && beat !== undefined) this.beats.set(id, {...beat, said: undefined});
  }

  /** Another one whenever a shard has got its first value or lost its last one. */
  private get idsVersion(): number {
    const {born, size} = this.view.rows;
    return 2 * born - size + this.unreadable;
  }

  private cached<T>(name: string, version: number, make: () => T): T {
    const known = this.derived.get(name);
    if (known?.version === version) return known.value as T;
    const value = make();
    this.derived.set(name, {version, value});
    return value;
  }

  private touched(isNews: boolean): boolean {
    if (isNews) this.changes++;
    return isNews;
  }
}

function putPart(
  parts: Map<number, LoadSummary>,
  {part, summary}: Extract<AppNews, {kind: 'load'}>,
): void {
  if (summary === undefined) parts.delete(part);
  else parts.set(part, summary);
}

function endedMove(move: FinishedMove): EndedMove {
  return {move, endedAtMs: Date.parse(move.endedAt)};
}

/** A renewed heartbeat usually says nothing but that it is renewed. */
function saysTheSame(before: Heartbeat | undefined, after: Heartbeat | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return shown(before) === shown(after);
}

function shown({state, endpoint, zone, version, ttlMs, overdue}: Heartbeat): string {
  return encodeRecord([state, endpoint, zone, version, ttlMs, overdue]);
}
