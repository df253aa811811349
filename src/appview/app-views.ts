/**
 * The views of apps that a daemon holds: at most one an app, however many read it, kept while somebody does and a short while longer; of an app that is governed
 * here, the governor's. A read is
 * as new as the store at its beginning, for the price of one small read instead of a listing.
 */
import type {AppRecords} from './app-records.ts';
import {valueOf} from './app-news.ts';
import {CATCH_UP_LIMIT_MS, LINGER_MS, LOOKS_LIMIT} from './limits.ts';
import {NO_CLUSTER_WORD} from './listing.ts';
import type {AppListing, ClusterWord} from './listing.ts';
import {ScopeView} from './scope-view.ts';
import type {ScopeViewOptions} from './scope-view.ts';
import {SharedMap} from './shared.ts';
import type {Shared} from './shared.ts';
import {SharedRounds} from './shared-rounds.ts';
import {decodeCluster} from '../protocol/records.ts';
import type {LeaderRecord} from '../model/status.ts';

/** Name of the view of all apps among those of one. */
const ALL = '';

/** A reader's hold on a view. When a view of all apps is opened, readers of one app go over to it without noticing. */
export class ViewLease {
  readonly app: string | undefined;
  readonly onChange: () => void;
  source: Shared<ScopeView>;
  view: ScopeView;
  private readonly onRelease: (lease: ViewLease) => void;

  constructor(
    app: string | undefined,
    {source, view}: {source: Shared<ScopeView>; view: ScopeView},
    {onChange, onRelease}: {onChange: () => void; onRelease: (lease: ViewLease) => void},
  ) {
    this.app = app;
    this.onChange = onChange;
    this.source = source;
    this.view = view;
    this.onRelease = onRelease;
  }

  /** The reader is done. Once. */
  release(): void {
    this.onRelease(this);
  }

  /** As `ListAndWatch.untilComplete`. */
  untilComplete(revision: number, limitMs: number): Promise<boolean> {
    return this.view.untilComplete(revision, limitMs);
  }

  refresh(): void {
    this.view.refresh();
  }

  get revision(): number {
    return this.view.revision;
  }

  get cluster(): ClusterWord {
    return this.view.cluster;
  }

  get unknownSince(): string {
    return this.view.unknownSince;
  }

  get leader(): LeaderRecord | undefined {
    return this.view.leader;
  }

  /** sm's own records, when the reader asks for them or for all. */
  get own(): AppRecords | undefined {
    const {own} = this.view;
    return this.app === undefined || own?.app === this.app ? own : undefined;
  }

  /** The app of the reader, if there is anything of it; of all: those that exist, by name, without sm itself. */
  apps(): AppRecords[] {
    return this.app === undefined ? this.view.apps() : this.view.named(this.app);
  }

  isThere(app: string): boolean {
    return this.view.isThere(app);
  }
}

export class AppViews {
  /** For readers whose view is behind: what they list, they list together. */
  readonly listings = new SharedRounds<AppListing>();
  private readonly options: ScopeViewOptions;
  private readonly views: SharedMap<ScopeView>;
  private readonly leases = new Set<ViewLease>();
  /** The view of all apps, once it is listed. */
  private all: {readonly source: Shared<ScopeView>; readonly view: ScopeView} | undefined;

  /** `lingerMs`: how long a view that nobody reads is kept. Default 15000. */
  constructor(options: ScopeViewOptions, lingerMs = LINGER_MS) {
    this.options = options;
    this.views = new SharedMap(lingerMs);
  }

  /** Views that are open now. */
  get size(): number {
    return this.views.size;
  }

  /** Whether the app is in a view already. */
  holds(app: string): boolean {
    if (this.all !== undefined || this.views.has(app)) return true;
    return (this.options.kept?.(app)?.complete ?? 0) > 0;
  }

  /**
   * Holds the view of an app, or of all (`app` undefined), until `release` is called. `onChange`: something in it has changed.
   * @throws what the store throws.
   */
  async acquire(
    app: string | undefined,
    onChange: () => void = () => undefined,
  ): Promise<ViewLease> {
    const key = app === undefined || this.all !== undefined ? ALL : app;
    const source = await this.views.acquire(key, () => this.open(key));
    const view = await source.value;
    const onRelease = (lease: ViewLease): void => {
      if (!this.leases.delete(lease)) return;
      lease.view.read();
      this.views.release(lease.source);
    };
    const lease = new ViewLease(app, {source, view}, {onChange, onRelease});
    this.leases.add(lease);
    this.goOver(lease);
    return lease;
  }

  /**
   * The app as it is now: as new as the store at the call. Undefined when the view cannot be brought so far in time: list.
   * @throws what the store throws.
   */
  async current(app: string): Promise<AppListing | undefined> {
    const {store, keys} = this.options;
    const open = this.holds(app) ? await this.acquire(app) : undefined;
    try {
      const before = open?.revision ?? 0;
      const {revision, entries} = await store.getMany([keys.cluster(), keys.appSpec(app)]);
      // The store has gone back, as after a restore, and the view has not noticed yet.
      if (revision < before) return undefined;
      // Nothing is kept of what does not exist.
      if (entries[1] === undefined && app !== keys.service) return undefined;
      const word = valueOf(entries[0], decodeCluster) ?? NO_CLUSTER_WORD;
      return await this.currentTo(revision, app, word);
    } finally {
      open?.release();
    }
  }

  private async currentTo(
    revision: number,
    app: string,
    word: ClusterWord,
  ): Promise<AppListing | undefined> {
    const lease = await this.acquire(app);
    try {
      if (!(await lease.untilComplete(revision, CATCH_UP_LIMIT_MS))) return undefined;
      const [records] = lease.apps();
      records?.refresh(lease.unknownSince);
      return records?.listing(lease.revision, word);
    } finally {
      lease.release();
    }
  }

  /** As `current`, at one revision: nothing newer is in it than what it is complete to. Undefined also when there was no such moment in time. */
  async atOneRevision(app: string): Promise<AppListing | undefined> {
    for (let look = 0; look < LOOKS_LIMIT; look += 1) {
      const listing = await this.current(app);
      if (listing === undefined || listing.view.newest <= listing.revision) return listing;
    }
    return undefined;
  }

  close(): void {
    this.leases.clear();
    this.views.closeAll();
  }

  private open(key: string): {value: Promise<ScopeView>; close: () => void} {
    const view: ScopeView = new ScopeView(this.options, key === ALL ? undefined : key, () =>
      this.changed(view, key),
    );
    const value = view.open().then(() => view);
    if (key === ALL)
      void value.then(
        () => this.allOpened(),
        () => undefined,
      );
    const close = (): void => {
      view.close();
      if (this.all?.view === view) this.all = undefined;
    };
    return {value, close};
  }

  private allOpened(): void {
    void this.views
      .acquire(ALL, () => this.open(ALL))
      .then(async (source) => {
        this.all = {source, view: await source.value};
        for (const lease of this.leases) this.goOver(lease);
        this.views.release(source);
      });
  }

  /** What is open for readers of all apps need not be opened again for a reader of one. */
  private goOver(lease: ViewLease): void {
    if (this.all === undefined || lease.app === undefined || lease.source.key === ALL) return;
    const before = lease.source;
    this.views.keep(this.all.source);
    lease.source = this.all.source;
    lease.view = this.all.view;
    this.views.retire(before);
  }

  private changed(view: ScopeView, key: string): void {
    for (const lease of this.leases) if (lease.view === view) lease.onChange();
    if (view.costsMoreThanListing) this.views.dropUnused(key);
  }
}
