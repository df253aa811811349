/** A daemon that governs an app lists and watches its shards once, for the governor and for all who read: counted by a real etcd. */
import {setTimeout} from 'node:timers/promises';
import {afterAll, beforeAll, expect, it} from 'vitest';
import type {AdminClient} from '../../src/admin/index.ts';
import {LINGER_MS} from '../../src/appview/limits.ts';
import {shardIds, startCluster} from '../support/cluster.ts';
import {startEtcd, STORE_KIND} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {LONG_MS, until} from '../support/until.ts';

const APP = 'orders';
/** Two pages of a listing, for specs and for records. */
const SHARDS = shardIds(1_500);
/** Status, loads and moves, which a governor does not watch. */
const WATCHES_OF_READERS = 3;
const ROUNDS = 3;
/** A stream that nobody reads is kept for a while, and so is the view that it read. */
const GIVEN_UP_MS = 2 * LINGER_MS + 2_000;
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

const watchers = (): Promise<number> => counted('etcd_debugging_mvcc_watcher_total');
const sentBytes = (): Promise<number> => counted('etcd_network_client_grpc_sent_bytes_total');

/** A call that etcd has kept waiting for too long is made again. */
const answered = (call: () => Promise<object>): Promise<object> =>
  until(call, LONG_MS, 'the daemon answers');

/** Lists, waits, and live views that stay open. */
class Reads {
  private readonly admin: AdminClient;
  private stop = new AbortController();

  constructor(admin: AdminClient) {
    this.admin = admin;
  }

  async all(): Promise<void> {
    const {admin} = this;
    this.stop = new AbortController();
    await Promise.all([1, 2, 3].map(() => this.firstOfStream()));
    const wait = {service: APP, kind: 'app', for: 'ready', timeoutMs: 1_000} as const;
    for (let count = 0; count < 3; count += 1) {
      await answered(() => admin.call('getApp', {service: APP}));
      await answered(() => admin.call('getShards', {service: APP}));
      await answered(() => admin.call('waitCheck', wait));
    }
  }

  end(): void {
    this.stop.abort();
  }

  private async firstOfStream(): Promise<void> {
    const query = {view: 'shards', service: APP} as const;
    const stream = this.admin.liveStream(query, undefined, this.stop.signal);
    expect((await stream.next()).done).toBe(false);
  }
}

/** The embedded store does not count. */
it.skipIf(STORE_KIND === 'embedded')(
  'reads, streams and waits bring no listing and no watch of shards beside the one of the governor',
  // It waits for views to be given up, whatever limit tests have otherwise.
  {timeout: 300_000},
  async () => {
    const cluster = await startCluster({etcd});
    await cluster.createApp(APP);
    await cluster.addShards(APP, SHARDS);
    await cluster.join(APP, 'c1');
    const {admin} = await cluster.governorOf(APP);
    await cluster.settled(APP);
    const reads = new Reads(admin);
    let [sent, more] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    // Views from before the app was governed are given up.
    await setTimeout(LINGER_MS + 1_000);
    // A round in which the governor lists the app anew, as it does each half minute, shows nothing.
    for (
      let round = 0;
      round < ROUNDS && (sent > LISTING_BYTES || more > WATCHES_OF_READERS);
      round += 1
    ) {
      // A view of the round before would be read without a listing.
      if (round > 0) await setTimeout(GIVEN_UP_MS);
      const [watchersBefore, sentBefore] = [await watchers(), await sentBytes()];
      await reads.all();
      more = Math.min(more, (await watchers()) - watchersBefore);
      sent = Math.min(sent, (await sentBytes()) - sentBefore);
      reads.end();
    }
    expect(sent).toBeLessThan(LISTING_BYTES);
    expect(more).toBeLessThanOrEqual(WATCHES_OF_READERS);
  },
);
