/** Readers of an app that is kept current in this process already, on a store in memory. */
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {changeOf} from '../../src/appview/app-changes.ts';
import {AppViews} from '../../src/appview/app-views.ts';
import {KeptApp} from '../../src/appview/kept-app.ts';
import {ListAndWatch} from '../../src/appview/list-and-watch.ts';
import {AppView} from '../../src/appstate/app-view.ts';
import {Listings} from '../../src/governor/listings.ts';
import type {AppChange} from '../../src/model/change.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import type {KeyValue, Watch, WatchListener} from '../../src/store/port.ts';
import {World} from '../server/admin/fixture.ts';
import {MemoryStore} from '../support/memory-store.ts';
import {LONG_MS, until} from '../support/until.ts';

const APP = 'orders';

/** Knows which prefixes were listed and are watched. */
class NotingStore extends MemoryStore {
  scanned: string[] = [];
  readonly watched: string[] = [];

  override async scan(
    prefixes: readonly string[],
    onPage: (entries: readonly KeyValue[]) => void,
    options: {atRevision?: number} = {},
  ): Promise<{revision: number}> {
    this.scanned.push(...prefixes);
    return super.scan(prefixes, onPage, options);
  }

  override watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
    this.watched.push(prefix);
    return super.watch(prefix, fromRevision, listener);
  }
}

let store: NotingStore;
let world: World;
let owner: ViewOwner;
let views: AppViews;

/** Keeps the view of the app as its governor does, and takes changes that no watch has brought. */
class ViewOwner {
  readonly view = new AppView();
  readonly kept: KeptApp;
  private readonly source: ListAndWatch<AppChange>;

  constructor() {
    const {keys} = world;
    const listings = new Listings(this.view, {
      changed: (change) => this.view.apply(change),
      listingTaken: () => undefined,
    });
    this.kept = new KeptApp(this.view, () => this.source);
    this.source = new ListAndWatch<AppChange>({
      ...{store, keys, clock: systemClock(), logger: silentLogger, decode: changeOf},
      prefixes: [
        keys.appSpecPrefix(APP),
        keys.heartbeatPrefix(APP),
        keys.containerIdPrefix(APP),
        keys.ownershipPrefix(APP),
      ],
      sink: this.kept.noting({
        listing: () => listings.begin(),
        listed: (changes, revision) => {
          const intake = listings.intake(changes, revision);
          return () => intake.step(0);
        },
        changed: (changes) => {
          for (const change of changes) this.view.apply(change);
        },
      }),
    });
  }

  start(): void {
    this.source.start();
  }

  stop(): void {
    this.source.close();
    this.kept.end();
  }
}

const ofShards = (prefixes: readonly string[]): string[] =>
  prefixes.filter((prefix) =>
    [
      world.keys.appSpecPrefix(APP),
      world.keys.appRuntimePrefix(APP),
      world.keys.ownershipPrefix(APP),
    ].includes(prefix),
  );

beforeEach(async () => {
  store = new NotingStore();
  world = new World({store});
  Object.assign(world, {memory: store});
  await world.call('addSpec', {service: APP});
  await world.call('addShards', {service: APP, shards: [{shardId: 's1'}, {shardId: 's2'}]});
  store.scanned = [];
  owner = new ViewOwner();
  views = new AppViews({
    ...{store, keys: world.keys, clock: systemClock(), logger: silentLogger},
    unknownSince: () => '',
    kept: (app) => (app === APP ? owner.kept : undefined),
  });
});
afterEach(() => {
  views.close();
  owner.stop();
});

describe('readers of an app that is kept', () => {
  it('list and watch none of its shards, however many they are', async () => {
    owner.start();
    const listings = await Promise.all([views.current(APP), views.current(APP)]);
    const lease = await views.acquire(APP);
    for (const listing of listings) expect(listing?.view).toBe(owner.view);
    expect(lease.apps()[0]?.view).toBe(owner.view);
    expect([...owner.view.shards.keys()].sort()).toEqual(['s1', 's2']);
    expect(ofShards(store.scanned)).toHaveLength(2);
    expect(ofShards(store.watched)).toHaveLength(2);
    lease.release();
  });

  it('wait for its first listing instead of beginning one', async () => {
    const reading = views.current(APP);
    await store.get('/any');
    owner.start();
    expect((await reading)?.view).toBe(owner.view);
  });

  it('see whatever was written before they asked, shards, containers, status and what is gone', async () => {
    owner.start();
    await views.current(APP);
    const lease = await views.acquire(APP);
    for (let round = 0; round < 30; round += 1) {
      const mod = await world.own(APP, 's1', {failures: round});
      const listing = await views.current(APP);
      expect(listing?.view.own.get('s1')).toMatchObject({mod, value: {failures: round}});
      expect(listing?.revision).toBeGreaterThanOrEqual(mod);
    }
    const ids = (): Promise<readonly string[]> | undefined => {
      lease.refresh();
      const [records] = lease.apps();
      const make = (): Promise<readonly string[]> => Promise.resolve([...owner.view.shards.keys()]);
      return records?.listing(lease.revision, lease.cluster).ids?.(make);
    };
    expect(await ids()).toHaveLength(2);
    await world.delete(world.keys.shardSpec(APP, 's2'));
    expect([...((await views.current(APP))?.view.shards.keys() ?? [])]).toEqual(['s1']);
    expect(await ids()).toEqual(['s1']);
    lease.release();
  });

  it('are woken by what changes, also where it was in the view before the watch brought it', async () => {
    owner.start();
    let calls = 0;
    const lease = await views.acquire(APP, () => (calls += 1));
    lease.refresh();
    const before = lease.apps()[0]?.once('count', () => owner.view.own.get('s1')?.value.failures);
    expect(before).toBeUndefined();
    // As the answer of an own write does.
    const mod = await world.own(APP, 's1', {failures: 3});
    await until(() => Promise.resolve(calls > 0), LONG_MS, 'the reader is called');
    expect(await lease.untilComplete(mod, LONG_MS)).toBe(true);
    lease.refresh();
    const after = lease.apps()[0]?.once('count', () => owner.view.own.get('s1')?.value.failures);
    expect(after).toBe(3);
    lease.release();
  });

  it('list it themselves once nobody keeps it any more, and see what was written meanwhile', async () => {
    owner.start();
    const lease = await views.acquire(APP);
    owner.stop();
    const mod = await world.own(APP, 's1', {failures: 7});
    expect(await lease.untilComplete(mod, LONG_MS)).toBe(true);
    const listing = await views.current(APP);
    expect(listing?.view).not.toBe(owner.view);
    expect(listing?.view.own.get('s1')).toMatchObject({mod, value: {failures: 7}});
    expect(listing?.revision).toBeGreaterThanOrEqual(mod);
    lease.release();
  });

  it('list it themselves where its first listing never comes', async () => {
    const reading = views.current(APP);
    await store.get('/any');
    owner.stop();
    expect((await reading)?.view.shards.size).toBe(2);
  });
});
