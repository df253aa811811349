/** How often a listing has to wait for etcd: each wait is as long as etcd is slow. */
import {afterAll, beforeAll, expect, it} from 'vitest';
import {openEndpoint} from '../../src/etcd/connection.ts';
import type {EndpointClient} from '../../src/etcd/connection.ts';
import {PREFIXES_READ_AT_ONCE} from '../../src/store/limits.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {EtcdStore} from '../../src/store/etcd-store.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

const PREFIXES = Array.from({length: 11}, (_, at) => `/t/${String(at).padStart(2, '0')}/`);

let etcd: EtcdProcess;
let store: EtcdStore;
/** Times at which a read has begun while none was under way. */
let rounds = 0;
/** The most reads that were under way together. */
let most = 0;

function counted(client: EndpointClient): EndpointClient {
  let underWay = 0;
  const range: typeof client.kv.range = async (...args) => {
    if (underWay === 0) rounds += 1;
    underWay += 1;
    most = Math.max(most, underWay);
    try {
      return await client.kv.range(...args);
    } finally {
      underWay -= 1;
    }
  };
  const kv = {range, txn: client.kv.txn.bind(client.kv)};
  return {...client, kv, close: () => client.close()} as unknown as EndpointClient;
}

beforeAll(async () => {
  etcd = await startEtcd();
  const {endpoints} = etcd;
  store = openEtcdStore({
    endpoints,
    open: (endpoint) => counted(openEndpoint(endpoint, {endpoints})),
  });
  const puts = PREFIXES.map((prefix) => ({op: 'put', key: `${prefix}a`, value: prefix}) as const);
  await store.transact({compares: [], then: puts});
});

afterAll(async () => {
  await store.close();
  await etcd.stop();
});

it('of many prefixes waits twice: for the first, which names the revision, and for all others at once', async () => {
  rounds = 0;
  const {entries} = await store.list(PREFIXES);
  expect(rounds).toBe(2);
  expect(entries.map(({value}) => value)).toEqual(PREFIXES);
});

it('of many prefixes at a known revision waits once', async () => {
  const {revision} = await store.status();
  rounds = 0;
  const {entries} = await store.list(PREFIXES, {atRevision: revision});
  expect(rounds).toBe(1);
  expect(entries.map(({value}) => value)).toEqual(PREFIXES);
});

it('of more prefixes than are read at once, as of all apps, asks for some after the others', async () => {
  const others = Array.from({length: 4 * PREFIXES_READ_AT_ONCE}, (_, at) => `/none/${at}/`);
  most = 0;
  const {entries} = await store.list([...PREFIXES, ...others, ...PREFIXES]);
  expect(most).toBe(PREFIXES_READ_AT_ONCE);
  expect(entries.map(({value}) => value)).toEqual([...PREFIXES, ...PREFIXES]);
});

it('of nothing asks nobody', async () => {
  rounds = 0;
  expect(await store.list([])).toEqual({revision: 0, entries: []});
  expect(rounds).toBe(0);
});
