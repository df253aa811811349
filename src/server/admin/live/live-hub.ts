/** All live views of a daemon: watchers of the same query share a feed, feeds of the same app share its records. */
import {SmError} from '../../../model/errors.ts';
import type {LiveBeat, LiveMessage, LiveQuery} from '../../../protocol/admin.ts';
import {LIVE_BEAT_MS} from '../../../protocol/admin.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {LiveFeed} from './live-feed.ts';
import {LiveRecords} from './live-records.ts';
import {StoreProbe} from './store-probe.ts';

/** Different queries watched at once. */
const FEEDS_LIMIT = 50;
/** What nobody watches is kept for so long, for whoever comes back after a broken connection, ms. */
const LINGER_MS = 15_000;

/** Something shared, open while it has users and a while longer. */
interface Shared<T> {
  readonly value: Promise<T>;
  readonly close: () => void;
  users: number;
  timer: NodeJS.Timeout | undefined;
}

export class LiveHub {
  private readonly dependencies: AdminDependencies;
  private readonly feeds = new Map<string, Shared<LiveFeed>>();
  private readonly records = new Map<string, Shared<LiveRecords>>();
  private readonly probe: StoreProbe;

  constructor(dependencies: AdminDependencies) {
    this.dependencies = dependencies;
    this.probe = new StoreProbe(dependencies.store, dependencies.wallMs);
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
    const feed = await acquire(this.feeds, key, () => this.openFeed(query));
    if (feed.isClosed) {
      this.feeds.delete(key);
      throw new SmError('SERVER_UNAVAILABLE', 'the view has broken down', {retryable: true});
    }
    const release = this.probe.use();
    try {
      yield* this.follow(feed, lastEventId, signal);
    } finally {
      release();
      this.release(this.feeds, key);
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
  }

  private beat(): LiveBeat {
    return {type: 'beat', at: this.at(), ...this.probe.word()};
  }

  private at(): string {
    return new Date(this.dependencies.wallMs()).toISOString();
  }

  private openFeed(query: LiveQuery): Shared<LiveFeed> {
    const {service: cluster, wallMs} = this.dependencies;
    const scope = query.service ?? '';
    let acquired = false;
    let opened: LiveFeed | undefined;
    const open = async (): Promise<LiveFeed> => {
      const records = await acquire(this.records, scope, () => this.openRecords(query.service));
      acquired = true;
      opened = new LiveFeed(records, {query, cluster, wallMs});
      await opened.start();
      return opened;
    };
    const close = (): void => {
      opened?.close();
      if (acquired) this.release(this.records, scope);
    };
    return {value: open(), close, users: 0, timer: undefined};
  }

  private openRecords(scope: string | undefined): Shared<LiveRecords> {
    const records = new LiveRecords(this.dependencies, scope, () => this.changed(scope));
    const value = records.open().then(() => records);
    return {value, close: () => records.close(), users: 0, timer: undefined};
  }

  private changed(scope: string | undefined): void {
    for (const {value} of this.feeds.values())
      value.then(
        (feed) => (feed.query.service === scope ? feed.recordsChanged() : undefined),
        () => undefined,
      );
  }

  private release<T>(all: Map<string, Shared<T>>, key: string): void {
    const shared = all.get(key);
    if (shared === undefined) return;
    shared.users--;
    if (shared.users > 0) return;
    shared.timer = setTimeout(() => {
      all.delete(key);
      shared.close();
    }, LINGER_MS);
    // Nobody waits for it: it must not keep a daemon from ending.
    shared.timer.unref();
  }
}

/** Opens it unless it is open. What cannot be opened is forgotten at once. */
async function acquire<T>(
  all: Map<string, Shared<T>>,
  key: string,
  open: () => Shared<T>,
): Promise<T> {
  let shared = all.get(key);
  if (shared === undefined) {
    shared = open();
    all.set(key, shared);
  }
  clearTimeout(shared.timer);
  shared.users++;
  try {
    return await shared.value;
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
