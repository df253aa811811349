/** All live views of a daemon: watchers of the same query share a feed, feeds of the same app share its records. */
import {SmError} from '../../../../model/errors.ts';
import type {LiveBeat, LiveMessage, LiveQuery} from '../../../../protocol/admin.ts';
import {LIVE_BEAT_MS} from '../../../../protocol/admin.ts';
import type {AdminDependencies} from '../../dependencies.ts';
import {LiveFeed} from './live-feed.ts';
import {LivePace} from './live-pace.ts';
import {LiveRecords, OneApp} from './live-records.ts';
import {StoreProbe} from './store-probe.ts';
import {appNotFound} from '../../guards.ts';

/** Different queries watched at once. */
const FEEDS_LIMIT = 50;
/** What nobody watches is kept for so long, for whoever comes back after a broken connection, ms. */
const LINGER_MS = 15_000;

/** Name of the records of all apps among those of one. */
const ALL = '';

/** Something shared, open while it has users and a while longer. */
interface Shared<T> {
  readonly key: string;
  readonly value: Promise<T>;
  readonly close: () => void;
  users: number;
  timer: NodeJS.Timeout | undefined;
}

/** A feed and whose records it shows. */
interface OpenFeed {
  readonly feed: LiveFeed;
  source: Shared<LiveRecords>;
}

export class LiveHub {
  private readonly dependencies: AdminDependencies;
  private readonly feeds = new Map<string, Shared<LiveFeed>>();
  private readonly open = new Set<OpenFeed>();
  private readonly records = new Map<string, Shared<LiveRecords>>();
  /** Records of all apps, once they are listed: views of one app take theirs from here, too. */
  private all: {readonly source: Shared<LiveRecords>; readonly records: LiveRecords} | undefined;
  private readonly pace = new LivePace();
  private readonly probe: StoreProbe;

  constructor(dependencies: AdminDependencies) {
    this.dependencies = dependencies;
    this.probe = new StoreProbe(dependencies);
  }

  /**
   * Everything the view shows, then what changes, with a beat every LIVE_BEAT_MS; ends when the signal is aborted.
   * @throws SmError INVALID_INPUT, APP_NOT_FOUND, SERVER_UNAVAILABLE and store errors before the first message.
   */
  async *messages(
    query: LiveQuery,
    lastEventId: string,
    signal: AbortSignal,
  ): AsyncGenerator<LiveMessage> {
    checkQuery(query);
    const key = JSON.stringify(query);
    if (!this.feeds.has(key) && this.feeds.size >= FEEDS_LIMIT)
      throw new SmError('SERVER_UNAVAILABLE', 'too many live views', {retryable: true});
    const shared = await acquire(this.feeds, key, () => this.openFeed(key, query));
    const release = this.probe.use();
    try {
      yield* this.follow(await shared.value, lastEventId, signal);
    } finally {
      release();
      // Whoever comes back gets a new one.
      if ((await shared.value).isClosed && this.feeds.get(key) === shared) this.feeds.delete(key);
      this.release(this.feeds, shared);
    }
  }

  private async *follow(
    feed: LiveFeed,
    lastEventId: string,
    signal: AbortSignal,
  ): AsyncGenerator<LiveMessage> {
    const {view} = feed.query;
    let place = feed.placeOf(lastEventId);
    yield {type: 'hello', view, at: this.at(), resumed: place !== undefined, beatMs: LIVE_BEAT_MS};
    let beatMs = performance.now();
    yield this.beat();
    while (!signal.aborted && !feed.isClosed) {
      const newer = (place === undefined ? undefined : feed.after(place)) ?? feed.everything();
      place = newer.place;
      yield* newer.parts;
      const leftMs = beatMs + LIVE_BEAT_MS - performance.now();
      if (leftMs <= 0) {
        beatMs = performance.now();
        yield this.beat();
      } else await feed.change(place, leftMs, signal);
    }
    if (feed.brokenBy !== undefined) throw feed.brokenBy;
  }

  private beat(): LiveBeat {
    return {type: 'beat', at: this.at(), ...this.probe.word()};
  }

  private at(): string {
    return new Date(this.dependencies.wallMs()).toISOString();
  }

  private openFeed(key: string, query: LiveQuery): Shared<LiveFeed> {
    let opened: OpenFeed | undefined;
    const close = (): void => {
      if (opened === undefined) return;
      this.open.delete(opened);
      this.pace.remove(opened.feed);
      opened.feed.close();
      this.release(this.records, opened.source);
    };
    const open = async (): Promise<LiveFeed> => {
      opened = await this.newFeed(query);
      await opened.feed.start();
      this.open.add(opened);
      this.pace.add(opened.feed);
      this.shareAll(opened);
      return opened.feed;
    };
    return {key, value: open(), close, users: 0, timer: undefined};
  }

  /** @throws SmError APP_NOT_FOUND, and what the store throws. */
  private async newFeed(query: LiveQuery): Promise<OpenFeed> {
    const {service: cluster, wallMs} = this.dependencies;
    const app = query.service;
    const key = app === undefined || this.records.has(ALL) ? ALL : app;
    const source = await acquire(this.records, key, () => this.openRecords(key));
    const records = await source.value;
    if (app !== undefined && !records.isThere(app)) {
      this.release(this.records, source);
      throw appNotFound(app);
    }
    const shown = app === undefined || key !== ALL ? records : new OneApp(records, app);
    return {feed: new LiveFeed(shown, {query, cluster, wallMs}), source};
  }

  private openRecords(key: string): Shared<LiveRecords> {
    const scope = key === ALL ? undefined : key;
    const records = new LiveRecords(this.dependencies, scope, () => this.changed(shared));
    const value = records.open().then(() => {
      if (key === ALL) this.all = {source: shared, records};
      for (const open of this.open) this.shareAll(open);
      return records;
    });
    const close = (): void => {
      records.close();
      if (this.all?.source === shared) this.all = undefined;
    };
    const shared: Shared<LiveRecords> = {key, value, close, users: 0, timer: undefined};
    return shared;
  }

  /** What is held for views of all apps need not be held again for a view of one. */
  private shareAll(open: OpenFeed): void {
    const {feed, source} = open;
    const app = feed.query.service;
    if (this.all === undefined || app === undefined || source.key === ALL) return;
    if (!this.all.records.isThere(app)) return;
    keep(this.all.source);
    feed.use(new OneApp(this.all.records, app));
    open.source = this.all.source;
    this.release(this.records, source);
  }

  private changed(source: Shared<LiveRecords>): void {
    for (const open of this.open) if (open.source === source) open.feed.recordsChanged();
    this.pace.changed();
  }

  private release<T>(all: Map<string, Shared<T>>, shared: Shared<T>): void {
    shared.users--;
    if (shared.users > 0) return;
    shared.timer = setTimeout(() => {
      if (all.get(shared.key) === shared) all.delete(shared.key);
      shared.close();
    }, LINGER_MS);
    // Nobody waits for it: it must not keep a daemon from ending.
    shared.timer.unref();
  }
}

function keep<T>(shared: Shared<T>): void {
  clearTimeout(shared.timer);
  shared.users++;
}

/** Opens it unless it is open. What cannot be opened is forgotten at once. */
async function acquire<T>(
  all: Map<string, Shared<T>>,
  key: string,
  open: () => Shared<T>,
): Promise<Shared<T>> {
  let shared = all.get(key);
  if (shared === undefined) {
    shared = open();
    all.set(key, shared);
  }
  keep(shared);
  try {
    await shared.value;
    return shared;
  } catch (error) {
    if (all.get(key) === shared) {
      all.delete(key);
      shared.close();
    }
    throw error;
  }
}

function checkQuery({view, service}: LiveQuery): void {
  const ofOne = view !== 'apps' && view !== 'top';
  if (ofOne && service === undefined)
    throw new SmError('INVALID_INPUT', `a view of ${view} is of one app: service is missing`);
  if (!ofOne && service !== undefined)
    throw new SmError('INVALID_INPUT', `a view of ${view} is of all apps: leave service out`);
}
