/** Records of one app or of all, listed once and then kept current; shared by all who read them. */
import type {Keys} from '../etcd/keys.ts';
import {compareText} from '../model/compare-text.ts';
import type {AppChange} from '../model/change.ts';
import type {LeaderRecord} from '../model/status.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Logger} from '../runtime/log-port.ts';
import type {Store} from '../store/port.ts';
import {decodeCluster, decodeLeader} from '../protocol/records.ts';
import {newsOf, valueOf} from './app-news.ts';
import type {AppNews, News} from './app-news.ts';
import {AppRecords} from './app-records.ts';
import type {KeptApp} from './kept-app.ts';
import {LIST_TIMEOUT_MS, READERS_RELIST_INTERVAL_MS, UNREAD_CHANGES_MIN} from './limits.ts';
import {ListAndWatch} from './list-and-watch.ts';
import type {ListingStep} from './list-and-watch.ts';
import {NO_CLUSTER_WORD, appExists} from './listing.ts';
import {ScopeListing} from './scope-listing.ts';

export interface ScopeViewOptions {
  readonly store: Store;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly logger: Logger;
  /** ISO time since when no write of this process has committed; '' while they commit. */
  readonly unknownSince: () => string;
  /** The app, if somebody in this process keeps it current already. Default: nobody does. */
  readonly kept?: (app: string) => KeptApp | undefined;
}

export class ScopeView {
  private readonly options: ScopeViewOptions;
  /** The app; undefined for all. */
  private readonly scope: string | undefined;
  private readonly onChange: () => void;
  private records = new Map<string, AppRecords>();
  private listing: ScopeListing | undefined;
  /** Whose view of the app is read; undefined: this lists and watches the app by itself. */
  private kept: KeptApp | undefined;
  /** The view that is kept had everything up to this revision. */
  private keptAt = 0;
  private stopReading: () => void = () => undefined;
  /** Of what is not kept. */
  private source: ListAndWatch<News>;
  private isStarted = false;
  private listedAt = 0;
  /** Changes taken since a reader had it last. */
  private unread = 0;
  private opened: {resolve: () => void; reject: (error: unknown) => void} | undefined;
  leader: LeaderRecord | undefined;
  cluster = NO_CLUSTER_WORD;

  constructor(options: ScopeViewOptions, scope: string | undefined, onChange: () => void) {
    this.options = options;
    this.scope = scope;
    this.onChange = onChange;
    this.kept = scope === undefined ? undefined : options.kept?.(scope);
    this.source = this.newSource();
  }

  /** Resolves when everything is there. @throws what the store throws, at the first failure. */
  async open(): Promise<void> {
    await this.readShared();
    await this.readKept();
    await new Promise<void>((resolve, reject) => {
      this.opened = {resolve, reject};
      this.isStarted = true;
      this.source.start();
    });
  }

  close(): void {
    this.stopReading();
    this.source.close();
  }

  /** A reader is done with it. */
  read(): void {
    this.unread = 0;
  }

  /** Keeping it current for nobody has cost as much as listing it anew would. */
  get costsMoreThanListing(): boolean {
    if (this.unread < UNREAD_CHANGES_MIN) return false;
    let keys = 0;
    for (const {view} of this.records.values()) keys += view.shards.size + view.own.size;
    return this.unread >= keys;
  }

  /** What stands beside the apps. */
  private async readShared(): Promise<void> {
    const {store, keys} = this.options;
    const {entries} = await store.getMany([keys.cluster(), keys.leader()]);
    this.cluster = valueOf(entries[0], decodeCluster) ?? this.cluster;
    this.leader = valueOf(entries[1], decodeLeader);
  }

  /** As `ListAndWatch.untilComplete`. */
  async untilComplete(revision: number, limitMs: number): Promise<boolean> {
    const {kept, source} = this;
    const [isKeptThere, isRestThere] = await Promise.all([
      kept?.untilComplete(revision, limitMs) ?? true,
      source.untilComplete(revision, limitMs),
    ]);
    return isKeptThere && isRestThere;
  }

  /** What is derived may be derived anew: of the records as they are now. */
  refresh(): void {
    const since = this.unknownSince;
    for (const records of this.records.values()) records.refresh(since);
  }

  /** ISO time since when no write has committed; '' while writes commit. */
  get unknownSince(): string {
    return this.options.unknownSince();
  }

  /** Everything up to this revision is in the records. */
  get revision(): number {
    const {kept, keptAt, listedAt, source} = this;
    const complete = Math.max(listedAt, source.complete);
    return kept === undefined ? complete : Math.min(complete, Math.max(keptAt, kept.complete));
  }

  /** sm's own records, when they are in scope. */
  get own(): AppRecords | undefined {
    return this.records.get(this.options.keys.service);
  }

  /** The apps that exist, by name, without sm itself. */
  apps(): AppRecords[] {
    return [...this.records.values()]
      .filter(({app}) => app !== this.options.keys.service && this.isThere(app))
      .sort((a, b) => compareText(a.app, b.app));
  }

  isThere(app: string): boolean {
    const view = this.records.get(app)?.view;
    return view === undefined
      ? app === this.options.keys.service
      : appExists(app, view, this.options.keys.service);
  }

  /** The app's records, if there are any. */
  named(app: string): AppRecords[] {
    const records = this.records.get(app);
    return records === undefined ? [] : [records];
  }

  private newSource(): ListAndWatch<News> {
    const {options, scope} = this;
    return new ListAndWatch<News>({
      ...options,
      prefixes: this.prefixes,
      relistIntervalMs: READERS_RELIST_INTERVAL_MS,
      decode: (parsed, entry, mod) =>
        scope !== undefined && 'app' in parsed && parsed.app !== scope
          ? undefined
          : newsOf(parsed, entry, mod),
      sink: {
        listing: (anew) => this.beginListing(anew),
        isKnown: (parsed, mod) => this.listing?.isKnown(parsed, mod) === true,
        listed: (news, revision) => this.listed(news, revision),
        changed: (news) => this.changed(news),
        failed: (error) => this.opened?.reject(error),
      },
    });
  }

  /** The view that is kept, once it has everything; it may be in its first listing. */
  private async readKept(): Promise<void> {
    const {kept} = this;
    if (kept === undefined) return;
    this.stopReading = kept.read({
      changed: (changes) => this.keptChanged(kept, changes),
      listed: () => this.keptListed(kept),
      ended: () => this.listAlone(),
    });
    if (this.kept !== undefined && !(await kept.untilComplete(1, LIST_TIMEOUT_MS)))
      this.listAlone();
  }

  private keptChanged(kept: KeptApp, changes: readonly AppChange[]): void {
    const nowMs = performance.now();
    let isNews = false;
    this.keptAt = kept.complete;
    for (const records of this.records.values())
      for (const change of changes) if (records.noted(change, nowMs)) isNews = true;
    if (isNews) this.onChange();
  }

  private keptListed(kept: KeptApp): void {
    this.keptAt = kept.complete;
    for (const records of this.records.values()) records.relisted(performance.now());
    this.onChange();
  }

  /** Nobody keeps the app any more: it is listed here. What has been read stays as it is until it is there. */
  private listAlone(): void {
    if (this.kept === undefined) return;
    this.stopReading();
    this.kept = undefined;
    this.source.close();
    this.source = this.newSource();
    if (this.isStarted) this.source.start();
  }

  private get prefixes(): string[] {
    const {keys} = this.options;
    if (this.kept !== undefined && this.scope !== undefined) {
      const {scope} = this;
      return [keys.status(scope), keys.loadPrefix(scope), keys.movesPrefix(scope)];
    }
    if (this.scope === undefined) return [keys.everyAppPrefix()];
    // The runtime prefix of sm itself holds the specs of all apps, its own among them.
    const runtime = keys.appRuntimePrefix(this.scope);
    return this.scope === keys.service ? [runtime] : [keys.appSpecPrefix(this.scope), runtime];
  }

  private beginListing(anew: boolean): void {
    if (anew && this.opened === undefined) void this.readShared().catch(() => undefined);
    // Of another history nothing is known: its revisions may be older.
    const records = anew ? this.newRecords() : this.records;
    this.listing = new ScopeListing(records, this.scope, (news) => this.takeShared(news));
  }

  private newRecords(): Map<string, AppRecords> {
    const {kept, scope} = this;
    if (kept === undefined || scope === undefined) return new Map();
    return new Map([[scope, new AppRecords(scope, kept.view)]]);
  }

  private listed(all: Iterable<News>, revision: number): ListingStep {
    const listing = this.listing ?? new ScopeListing(this.records, this.scope, () => false);
    const parts = listing.taken(all, revision);
    return () => {
      if (parts.next().done !== true) return false;
      this.records = listing.records;
      this.forgetEmpty();
      this.listedAt = revision;
      this.opened?.resolve();
      this.opened = undefined;
      this.onChange();
      return true;
    };
  }

  /** A view of all apps lives for as long as somebody watches: apps that come and go must not stay in it. */
  private forgetEmpty(): void {
    for (const [app, records] of this.records)
      if (app !== this.scope && records.isEmpty) this.records.delete(app);
  }

  private changed(all: readonly News[]): void {
    const nowMs = performance.now();
    let isNews = false;
    this.unread += all.length;
    for (const news of all) {
      if (this.takeShared(news)) isNews = true;
      else if (this.recordsOf((news as AppNews).app).take(news as AppNews, nowMs)) isNews = true;
    }
    if (isNews) this.onChange();
  }

  /** What is said of no app; true when it was that. */
  private takeShared(news: News): boolean {
    if (news.kind === 'leader') this.leader = news.leader;
    else if (news.kind === 'cluster') this.cluster = news.word ?? this.cluster;
    else return false;
    return true;
  }

  private recordsOf(app: string): AppRecords {
    let records = this.records.get(app);
    if (records === undefined) {
      records = new AppRecords(app);
      this.records.set(app, records);
    }
    return records;
  }
}
