/** An endpoint from which nothing comes back, as of a machine that is gone: it refuses no connection, and must not cost the time of the others. */
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AddressInfo, Server, Socket} from 'node:net';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {parseConfig} from '../../src/config/index.ts';
import type {WatchEvent} from '../../src/model/stored.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {serve} from '../../src/server/index.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {EtcdStore} from '../../src/store/etcd-store.ts';
import {startCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {LONG_MS, until} from '../support/until.ts';

const PREFIX = '/t/';
let etcd: EtcdProcess;
let cluster: Cluster;
let silent: Server;
let endpoints: string[];
const sockets = new Set<Socket>();

beforeAll(async () => {
  etcd = await startEtcd();
  cluster = await startCluster({etcd});
  silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  endpoints = [`127.0.0.1:${(silent.address() as AddressInfo).port}`, ...etcd.endpoints];
});
afterAll(async () => {
  await cluster.stop();
  for (const socket of sockets) socket.destroy();
  silent.close();
  await etcd.stop();
});

async function withStore(work: (store: EtcdStore) => Promise<void>): Promise<void> {
  const store = openEtcdStore({endpoints});
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

it('the first read is answered by another endpoint', () =>
  withStore(async (store) => {
    expect((await store.get(`${PREFIX}none`)).entry).toBeUndefined();
  }));

it('the first write is sent to another endpoint', () =>
  withStore(async (store) => {
    const then = [{op: 'put', key: `${PREFIX}a`, value: ''}] as const;
    expect((await store.transact({compares: [], then})).kind).toBe('committed');
  }));

it('a watch is opened at another endpoint', () =>
  withStore(async (store) => {
    const seen: WatchEvent[] = [];
    const listener = {
      onBatch: ({events}: {events: readonly WatchEvent[]}) => void seen.push(...events),
      onLost: () => undefined,
    };
    store.watch(`${PREFIX}w/`, 1, listener);
    const then = [{op: 'put', key: `${PREFIX}w/a`, value: ''}] as const;
    await store.transact({compares: [], then});
    await until(() => seen.length > 0, LONG_MS, 'the watch tells');
  }));

it('a container joins while it is the first of its endpoints', async () => {
  await cluster.createApp('orders');
  await cluster.addShards('orders', ['s']);
  const container = await cluster.join('orders', 'c1', {}, {endpoints});
  await cluster.settled('orders');
  await container.leave();
});

it('a store that is closed while its endpoint is silent rejects no write', () =>
  withStore(async (store) => {
    const written = store.transact({compares: [], then: []});
    await store.close();
    expect((await written).kind).toBe('unknown');
    await expect(store.get(`${PREFIX}none`)).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
  }));

it('doctor names the endpoints that cannot be used', async () => {
  const [port = 0, nobody = 0] = await freePorts(2);
  const all = [...etcd.endpoints, ...endpoints.slice(0, 1), `127.0.0.1:${nobody}`];
  const config = `service: sm.test\nport: ${port}\nendpoints: [${all.join(', ')}]\netcdPrefix: /doctor\n`;
  const daemon = await serve(parseConfig(config, 'silent.yml'), {
    ...{logger: silentLogger, version: 'test'},
  });
  const admin = new AdminClient({server: `http://${daemon.address}`});
  try {
    await daemon.ready;
    const {checks} = await admin.call('checks', {});
    const row = checks.find(({name}) => name === 'etcd endpoints');
    expect(row).toMatchObject({verdict: 'WARN'});
    expect(row?.text).toMatch(/^2 of 3 cannot be used: /);
    for (const endpoint of all.slice(1)) expect(row?.text).toContain(`${endpoint}: etcd does not`);
  } finally {
    admin.close();
    await daemon.shutdown();
  }
});
