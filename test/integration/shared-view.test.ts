/** A daemon that governs an app lists and watches its shards once, for the governor and for all who read: counted by a real etcd. */
import {setTimeout} from 'node:timers/promises';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {LINGER_MS} from '../../src/appview/limits.ts';
import {shardIds, startCluster} from '../support/cluster.ts';
import {startEtcd, STORE_KIND} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

const APP = 'orders';
/** Two pages of a listing, for specs and for records. */
const SHARDS = shardIds(1_500);
/** Status, loads and moves, which a governor does not watch. */
const WATCHES_OF_READERS = 3;
/** Each shard's spec and record take more than 400 bytes. */
const LISTING_BYTES = 400 * SHARDS.length;

let etcd: EtcdProcess;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

/** By name, as etcd counts. */
async function counted(name: string): Promise<number> {
  const text = await (await fetch(`http://${etcd.endpoints[0]}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
}

/** The embedded store does not count. */
it.skipIf(STORE_KIND === 'embedded')(
  'reads, streams and waits bring no listing and no watch of shards beside the one of the governor',
  async () => {
    const cluster = await startCluster({etcd});
    await cluster.createApp(APP);
    await cluster.addShards(APP, SHARDS);
    await cluster.join(APP, 'c1');
    const {admin} = await cluster.governorOf(APP);
    await cluster.settled(APP);
    // Views from before the app was governed are given up.
    await setTimeout(LINGER_MS + 1_000);
    const before = await counted('etcd_debugging_mvcc_watcher_total');
    const sentBefore = await counted('etcd_network_client_grpc_sent_bytes_total');
    const stop = new AbortController();
    const streams = [1, 2, 3].map(async () => {
      for await (const _ of admin.liveStream(
        {view: 'shards', service: APP},
        undefined,
        stop.signal,
      ));
    });
    for (let round = 0; round < 3; round += 1) {
      await admin.call('getApp', {service: APP});
      await admin.call('getShards', {service: APP});
      await admin.call('waitCheck', {service: APP, kind: 'app', for: 'ready', timeoutMs: 1_000});
    }
    const watches = (await counted('etcd_debugging_mvcc_watcher_total')) - before;
    const sent = (await counted('etcd_network_client_grpc_sent_bytes_total')) - sentBefore;
    stop.abort();
    await Promise.allSettled(streams);
    expect(watches).toBeLessThanOrEqual(WATCHES_OF_READERS);
    expect(sent).toBeLessThan(LISTING_BYTES);
  },
);
