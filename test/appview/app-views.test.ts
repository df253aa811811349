/** The views that a daemon holds, on a store in memory. */
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {AppViews} from '../../src/appview/app-views.ts';
import {ScopeView} from '../../src/appview/scope-view.ts';
import {UNREAD_CHANGES_MIN} from '../../src/appview/limits.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {MemoryKv, MemoryStore} from '../support/memory-store.ts';
import type {KeyValue, Watch, WatchListener} from '../../src/store/port.ts';
import {World} from '../server/admin/fixture.ts';
import {LONG_MS, until} from '../support/until.ts';

/** Counts listings and watches, holds watch events back, and loses watches. */
class CountingStore extends MemoryStore {
  scans = 0;
  open = 0;
  /** Watches cannot tell how far they are. */
  mute = false;
  readonly listeners = new Set<WatchListener>();

  override async scan(
    prefixes: readonly string[],
    onPage: (entries: readonly KeyValue[]) => void,
    options: {atRevision?: number} = {},
  ): Promise<{revision: number}> {
    this.scans += 1;
    return super.scan(prefixes, onPage, options);
  }

  override watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
    this.open += 1;
    this.listeners.add(listener);
    const watch = super.watch(prefix, fromRevision, listener);
    const close = (): void => {
      this.open -= 1;
      watch.close();
    };
    return this.mute ? {close} : {...watch, close};
  }

  loseWatches(): void {
    for (const listener of [...this.listeners]) listener.onLost('as the test has it');
    this.listeners.clear();
  }
}

let store: CountingStore;
const options = () => ({
  ...{store, keys: world.keys, clock: systemClock(), logger: silentLogger},
  unknownSince: () => '',
});
let world: World;
let views: AppViews;

beforeEach(async () => {
  store = new CountingStore();
  world = new World({store});
  Object.assign(world, {memory: store});
  views = new AppViews(options());
  await world.call('addSpec', {service: 'orders'});
  await world.call('addSpec', {service: 'billing'});
  await world.call('addShards', {service: 'orders', shards: [{shardId: 's1'}, {shardId: 's2'}]});
  store.scans = 0;
});
afterEach(() => views.close());

describe('a reader', () => {
  it('sees whatever was written before it asked, and nothing is listed again for it', async () => {
    expect((await views.current('orders'))?.view.shards.size).toBe(2);
    for (let round = 0; round < 50; round += 1) {
      const mod = await world.own('orders', 's1', {failures: round});
      const listing = await views.current('orders');
      expect(listing?.view.own.get('s1')).toMatchObject({mod, value: {failures: round}});
      expect(listing?.revision).toBeGreaterThanOrEqual(mod);
    }
    await world.delete(world.keys.shardSpec('orders', 's2'));
    expect([...((await views.current('orders'))?.view.shards.keys() ?? [])]).toEqual(['s1']);
    expect(store.scans).toBe(1);
  });

  it('is as new as the store where nothing of its app was written', async () => {
    await views.current('orders');
    const revision = await world.put('/elsewhere', '');
    expect((await views.current('orders'))?.revision).toBeGreaterThanOrEqual(revision);
  });

  it('shares the view with all others, also while it is being listed', async () => {
    await Promise.all([views.current('orders'), views.current('orders'), views.current('orders')]);
    const [first, second] = [await views.acquire('orders'), await views.acquire('orders')];
    expect([store.scans, views.size]).toEqual([1, 1]);
    expect(first.apps()).toEqual(second.apps());
    first.release();
    second.release();
  });

  it('is told to list for itself where the store cannot say how far its watches are', async () => {
    store.mute = true;
    expect(await views.current('orders')).toBeDefined();
    await world.own('orders', 's1', {});
    expect(await views.current('orders')).toBeUndefined();
  });

  it('is told to list for itself where the store is behind the view, as one that was restored is', async () => {
    const backup = MemoryKv.restored(store.kv.list('/'), store.kv.revision);
    await world.delete(world.keys.shardSpec('orders', 's2'));
    expect((await views.current('orders'))?.view.shards.size).toBe(1);
    // Its watches have not ended yet.
    Object.assign(store, {kv: backup});
    expect(await views.current('orders')).toBeUndefined();
  });

  it('makes no view of an app that does not exist', async () => {
    expect(await views.current('nothing')).toBeUndefined();
    expect([store.scans, views.size, store.open]).toEqual([0, 0, 0]);
  });

  it('sees everything anew when the watches are lost', async () => {
    await views.current('orders');
    await world.delete(world.keys.shardSpec('orders', 's2'));
    store.loseWatches();
    const listing = await views.current('orders');
    expect([...(listing?.view.shards.keys() ?? [])]).toEqual(['s1']);
    expect(store.scans).toBe(2);
  });
});

describe('a view', () => {
  it('is given up, watches and all, some time after its last reader', async () => {
    const brief = new AppViews(options(), 20);
    const lease = await brief.acquire('orders');
    expect(store.open).toBe(2);
    lease.release();
    lease.release();
    await until(() => Promise.resolve(store.open === 0), LONG_MS, 'the watches are closed');
    expect(brief.size).toBe(0);
    expect(await brief.current('orders')).toBeDefined();
    brief.close();
    expect(store.open).toBe(0);
  });

  it('that nobody reads ends once it has taken as many changes as a listing would have', async () => {
    await views.current('orders');
    const lease = await views.acquire('orders');
    const change = async (count: number): Promise<void> => {
      for (let one = 0; one < count; one += 1) await world.own('orders', 's1', {failures: one});
    };
    await change(UNREAD_CHANGES_MIN + 10);
    expect(await lease.untilComplete(await world.own('orders', 's1', {}), LONG_MS)).toBe(true);
    expect(store.open).toBe(2);
    lease.release();
    await change(UNREAD_CHANGES_MIN - 10);
    expect(await views.current('orders')).toBeDefined();
    expect([store.scans, store.open]).toEqual([1, 2]);
    await change(UNREAD_CHANGES_MIN + 10);
    await until(() => Promise.resolve(store.open === 0), LONG_MS, 'the watches are closed');
    expect((await views.current('orders'))?.view.own.get('s1')?.value.failures).toBe(
      UNREAD_CHANGES_MIN + 9,
    );
    expect(store.scans).toBe(2);
  });

  it('of all apps takes over the readers of one, and their view ends', async () => {
    let changes = 0;
    const one = await views.acquire('orders', () => (changes += 1));
    const all = await views.acquire(undefined);
    expect(all.apps().map(({app}) => app)).toEqual(['billing', 'orders']);
    await until(() => Promise.resolve(store.open === 1), LONG_MS, 'one watch is left');
    expect(one.apps().map(({app}) => app)).toEqual(['orders']);
    expect(one.apps()[0]).toBe(all.apps()[1]);
    all.release();
    const before = changes;
    await world.own('orders', 's1', {});
    await until(() => Promise.resolve(changes > before), LONG_MS, 'the change is told');
    expect(await views.current('billing')).toBeDefined();
    expect(views.size).toBe(1);
    one.release();
  });

  it('of all apps forgets those that were removed, at its next listing', async () => {
    const due: (() => void)[] = [];
    const after = (delayMs: number, callback: () => void) => {
      if (delayMs > LONG_MS) due.push(callback);
      return {cancel: () => undefined};
    };
    const changed = vi.fn<() => void>();
    const view = new ScopeView(
      {...options(), clock: {...systemClock(), after}},
      undefined,
      changed,
    );
    await view.open();
    for (const {key} of store.kv.list(world.keys.appSpecPrefix('billing'))) await world.delete(key);
    await world.delete(world.keys.appSpec('billing'));
    await until(() => !view.isThere('billing'), LONG_MS, 'billing is gone');
    expect(view.named('billing')).toHaveLength(1);
    const heard = changed.mock.calls.length;
    due.pop()?.();
    await until(() => changed.mock.calls.length > heard, LONG_MS, 'it is listed again');
    expect([view.named('billing'), view.named('orders')]).toEqual([[], [expect.anything()]]);
    view.close();
  });

  it('that cannot be listed is not a view, and the next reader tries again', async () => {
    const scan = store.scan.bind(store);
    store.scan = () => Promise.reject(new Error('no store'));
    await expect(views.acquire('orders')).rejects.toThrow('no store');
    expect([views.size, store.open]).toEqual([0, 0]);
    store.scan = scan;
    expect(await views.current('orders')).toBeDefined();
  });
});
