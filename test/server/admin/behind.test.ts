/** Reads of an app whose view is behind the store: they list, and together. */
import {afterEach, beforeEach, expect, it} from 'vitest';
import {MemoryStore} from '../../support/memory-store.ts';
import {WHOLE_APP, listTogether} from '../../../src/server/admin/read/listing.ts';
import {shardIds} from '../../../src/server/admin/read/shard-views.ts';
import {ReaderPlans} from '../../../src/server/reader-plans.ts';
import {Beside} from '../beside.ts';
import {SmError} from '../../../src/model/errors.ts';
import type {Watch, WatchListener} from '../../../src/store/port.ts';
import {World} from './fixture.ts';

/** Its watches cannot say how far they are. Listings are counted, and may have to wait. */
class CountingStore extends MemoryStore {
  lists = 0;
  /** Listings that have been asked for wait for this, and fail when it does. */
  gate: Promise<void> = Promise.resolve();

  override watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
    const watch = super.watch(prefix, fromRevision, listener);
    return {close: () => watch.close()};
  }

  override async list(...asked: Parameters<MemoryStore['list']>): ReturnType<MemoryStore['list']> {
    this.lists += 1;
    const found = await super.list(...asked);
    await this.gate;
    return found;
  }
}

let store: CountingStore;
let beside: Beside;
let world: World;

beforeEach(async () => {
  store = new CountingStore();
  beside = new Beside();
  const plans = new ReaderPlans(beside);
  world = new World({store, planBeside: plans.plan.bind(plans)});
  Object.assign(world, {memory: store});
  await world.call('addSpec', {service: 'orders'});
  await world.call('addShards', {service: 'orders', shards: [{shardId: 's1'}]});
  await world.call('getApp', {service: 'orders'});
  await world.own('orders', 's1', {});
  store.lists = 0;
});
afterEach(() => world.dependencies.views.close());

/** So many reads at once. */
function reads(count: number): Promise<unknown>[] {
  return Array.from({length: count}, () => world.call('getApp', {service: 'orders'}));
}

it('all who wait at a time are answered by one listing', async () => {
  await Promise.all(reads(50));
  expect(store.lists).toBe(1);
});

it('who asks while a listing is under way sees what was written before', async () => {
  let open = (): void => undefined;
  store.gate = new Promise((resolve) => (open = resolve));
  const first = reads(20);
  await turns();
  await world.put(world.keys.shardSpec('orders', 's2'), '{}');
  const later = world.call('getShards', {service: 'orders'});
  await turns();
  expect(store.lists).toBe(1);
  open();
  await Promise.all(first);
  expect(JSON.stringify(await later)).toContain('s2');
  expect(store.lists).toBe(2);
});

it('nothing is kept of a listing once it is answered from, for nobody comes back to it', async () => {
  await world.call('waitCheck', {service: 'orders', kind: 'app', for: 'balanced'});
  expect(store.lists).toBe(1);
  expect(beside.opened).toBe(1);
  expect(beside.tables.size).toBe(0);
});

it('all who are answered from one listing share its sorted ids', async () => {
  const listing = await listTogether(world.dependencies, 'orders', WHOLE_APP);
  const ids = await shardIds(listing);
  expect(ids).toEqual(['s1']);
  expect(await shardIds(listing)).toBe(ids);
});

it('a listing that fails is one failure for all, and the next one is made anew', async () => {
  store.gate = Promise.reject(new SmError('STORE_UNAVAILABLE', 'no answer'));
  const answers = await Promise.allSettled(reads(20));
  expect(new Set(answers.map(({status}) => status))).toEqual(new Set(['rejected']));
  expect(store.lists).toBe(1);
  store.gate = Promise.resolve();
  await Promise.all(reads(2));
  expect(store.lists).toBe(2);
});

/** Everything that can go on without the gate has. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
