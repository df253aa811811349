/** What the Go project left that cannot be governed, as `sm migrate report` shows it. */
import {expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {originReport} from '../../../src/server/governing/origin-report.ts';
import {MemoryStore} from '../../support/memory-store.ts';

const keys = new Keys('/sm', 'sm');
const spec = (task: string, id = ''): string => JSON.stringify({id, service: 'orders', task});

async function storeWith(values: Readonly<Record<string, string>>): Promise<MemoryStore> {
  const store = new MemoryStore();
  const then = Object.entries(values).map(([key, value]) => ({op: 'put', key, value}) as const);
  await store.transact({compares: [], then});
  return store;
}

const leases = {grantedSeconds: async () => 300_000_000} as never;

const APP = {[keys.appSpec('orders')]: JSON.stringify({service: 'orders', createTime: 1})};
const RAW = `${keys.shardSpecPrefix('orders')}a.b`;

it('one that is both with different content is named by the report', async () => {
  const store = await storeWith({
    ...APP,
    [RAW]: spec('t'),
    [keys.shardSpec('orders', 'a.b')]: spec('other', 'a.b'),
    [`${keys.shardSpecPrefix('orders')}x/y`]: spec('t'),
  });
  const {apps} = await originReport({keys, store, leases});
  // One name is one shard; what cannot be one is none.
  expect(apps[0]).toMatchObject({shards: 1, toRename: 0});
  expect(apps[0]?.problems).toEqual([
    'shard a.b has two keys with different content',
    '/sm/app/sm/service/orders/shard/x/y cannot be a shard: the name holds a slash',
  ]);
});

it('one that looks like a name of ours is counted as the shard that it is', async () => {
  const store = await storeWith({
    ...APP,
    [RAW]: spec('t'),
    [keys.shardSpec('orders', 'a.b')]: spec('other'),
  });
  const {apps} = await originReport({keys, store, leases});
  expect(apps[0]).toMatchObject({shards: 2, toRename: 2, problems: []});
});
