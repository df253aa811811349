/** All live views of a daemon: watchers of the same query share a feed, feeds of the same app share its records. */
import type {AppScope} from '../../../../model/access.ts';
import {SmError} from '../../../../model/errors.ts';
import {appNotFound} from '../../../../model/not-found.ts';
import type {LiveBeat, LiveMessage, LiveQuery} from '../../../../protocol/admin.ts';
import {LIVE_BEAT_MS} from '../../../../protocol/admin.ts';
import type {AdminDependencies} from '../../dependencies.ts';
import {SharedMap} from '../../../../appview/shared.ts';
import type {ViewLease} from '../../../../appview/app-views.ts';
import {LiveFeed} from './live-feed.ts';
import {LivePace} from './live-pace.ts';
import type {StoreProbe} from './store-probe.ts';
import {FEEDS_LIMIT, FEED_LINGER_MS} from '../../limits.ts';

export class LiveHub {
  private readonly dependencies: AdminDependencies;
  private readonly feeds = new SharedMap<LiveFeed>(FEED_LINGER_MS);
  private readonly pace = new LivePace();
  private readonly probe: StoreProbe;

  constructor(dependencies: AdminDependencies, probe: StoreProbe) {
    this.dependencies = dependencies;
    this.probe = probe;
  }

  /**
   * Everything the view shows, then what changes, with a beat every LIVE_BEAT_MS; ends when the signal is aborted.
   * @throws SmError INVALID_INPUT, APP_NOT_FOUND, SERVER_UNAVAILABLE and store errors before the first message.
   */
  async *messages(
    query: LiveQuery,
    lastEventId: string,
    {apps, signal}: {readonly apps: AppScope; readonly signal: AbortSignal},
  ): AsyncGenerator<LiveMessage> {
    checkQuery(query);
    const key = JSON.stringify([query, apps]);
    const isFull = !this.feeds.has(key) && this.feeds.size >= FEEDS_LIMIT;
    if (isFull && !this.feeds.dropOneUnused())
      throw new SmError('SERVER_UNAVAILABLE', 'too many live views', {
        hint: 'end some of them, or ask another daemon',
        retryable: true,
      });
    const shared = await this.feeds.acquire(key, () => this.openFeed(query, apps));
    const release = this.probe.use();
    try {
      yield* this.follow(await shared.value, lastEventId, signal);
    } finally {
      release();
      // Whoever comes back gets a new one.
      if ((await shared.value).isClosed) this.feeds.forget(shared);
      this.feeds.release(shared);
    }
  }

  private async *follow(
    feed: LiveFeed,
    lastEventId: string,
    signal: AbortSignal,
  ): AsyncGenerator<LiveMessage> {
    const {view} = feed.query;
    let position = feed.positionAfter(lastEventId);
    yield {
      type: 'hello',
      view,
      at: this.at(),
      resumed: position !== undefined,
      beatMs: LIVE_BEAT_MS,
    };
    let beatMs = performance.now();
    yield this.beat();
    while (!signal.aborted && !feed.isClosed) {
      const newer =
        (position === undefined ? undefined : feed.after(position)) ?? feed.everything();
      position = newer.position;
      yield* newer.parts;
      const leftMs = beatMs + LIVE_BEAT_MS - performance.now();
      if (leftMs <= 0) {
        beatMs = performance.now();
        yield this.beat();
      } else await feed.change(position, leftMs, signal);
    }
    if (feed.brokenBy !== undefined) throw feed.brokenBy;
  }

  private beat(): LiveBeat {
    return {type: 'beat', at: this.at(), ...this.probe.word()};
  }

  private at(): string {
    return new Date(this.dependencies.wallMs()).toISOString();
  }

  private openFeed(
    query: LiveQuery,
    apps: AppScope,
  ): {value: Promise<LiveFeed>; close: () => void} {
    let opened: {feed: LiveFeed; lease: ViewLease} | undefined;
    let closed = false;
    const close = (): void => {
      closed = true;
      if (opened === undefined) return;
      this.pace.remove(opened.feed);
      opened.feed.close();
      opened.lease.release();
    };
    const open = async (): Promise<LiveFeed> => {
      opened = await this.newFeed(query, apps);
      await opened.feed.start();
      if (!closed) this.pace.add(opened.feed);
      return opened.feed;
    };
    return {value: open(), close};
  }

  /** @throws SmError APP_NOT_FOUND, and what the store throws. */
  private async newFeed(
    query: LiveQuery,
    apps: AppScope,
  ): Promise<{feed: LiveFeed; lease: ViewLease}> {
    const {service: cluster, wallMs, views} = this.dependencies;
    const app = query.service;
    const shown: {feed?: LiveFeed} = {};
    const lease = await views.acquire(app, () => {
      shown.feed?.recordsChanged();
      this.pace.changed();
    });
    if (app !== undefined && !lease.isThere(app)) {
      lease.release();
      throw appNotFound(app);
    }
    const feed = new LiveFeed(lease, {query, apps, cluster, wallMs});
    shown.feed = feed;
    return {feed, lease};
  }
}

function checkQuery({view, service}: LiveQuery): void {
  const ofOne = view !== 'apps' && view !== 'top';
  if (ofOne && service === undefined)
    throw new SmError('INVALID_INPUT', `the view ${view} shows one app: service is missing`, {
      hint: 'pass the name of the app as service, or take the view top or apps',
    });
  if (!ofOne && service !== undefined)
    throw new SmError('INVALID_INPUT', `the view ${view} shows all apps: leave service out`, {
      hint: 'leave service out, or take the view containers, shards or moves',
    });
}
