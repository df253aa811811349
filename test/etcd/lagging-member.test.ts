/**
 * Behind one address stand members of etcd, and the connection of the watches has met one that lags: it has less history than the listing, and the store has not gone
 * back. A lagging member here is a copy of the store's files with a process of its own, which is as far as the store was then.
 */
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {cp, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import type {WatchBatch} from '../../src/store/port.ts';
import {LACKS, startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {LONG_MS, until} from '../support/until.ts';
import {CuttingProxy} from './cutting-proxy.ts';

let etcd: EtcdProcess;
let lagging: ChildProcess;
let laggingEndpoint: string;
let root: string;

/** The store is stopped, copied, and both go on from there. */
beforeAll(async () => {
  if (LACKS.members) return;
  etcd = await startEtcd();
  root = await mkdtemp(join(tmpdir(), 'sm-lagging-'));
  await etcd.kill('SIGTERM');
  const dataDir = join(root, 'copy');
  await cp(etcd.dataDir, dataDir, {recursive: true});
  await etcd.restart();
  const [client, peer] = await freePorts(2);
  laggingEndpoint = `127.0.0.1:${client}`;
  const url = `http://${laggingEndpoint}`;
  const flags = {
    '--name': etcd.first.argument('--name'),
    '--data-dir': dataDir,
    '--listen-client-urls': url,
    '--advertise-client-urls': url,
    '--listen-peer-urls': `http://127.0.0.1:${peer}`,
  };
  lagging = spawn('etcd', Object.entries(flags).flat(), {stdio: 'ignore'});
  const probe = new EtcdStore({endpoints: [laggingEndpoint]});
  await until(() => probe.status(), LONG_MS, 'the lagging member serves');
  await probe.close();
});
afterAll(async () => {
  if (LACKS.members) return;
  const gone = once(lagging, 'exit');
  lagging.kill('SIGKILL');
  await gone;
  await etcd.stop();
  await rm(root, {recursive: true, force: true});
});

async function write(store: EtcdStore, key: string): Promise<number> {
  const put = {op: 'put', key, value: 'v'} as const;
  const outcome = await store.transact({compares: [], then: [put]});
  if (outcome.kind !== 'committed') throw new Error(outcome.kind);
  return outcome.revision;
}

it.skipIf(LACKS.members)(
  'a watch on a member that lags stays, and brings what comes once the member has caught up',
  async () => {
    const proxy = await CuttingProxy.start(etcd.endpoint);
    const store = new EtcdStore({endpoints: [proxy.endpoint]});
    const copy = new EtcdStore({endpoints: [laggingEndpoint]});
    try {
      for (let at = 0; at < 20; at += 1) await write(store, `/p/${at}`);
      const {revision} = await store.list(['/p/']);
      // Connections that are open stay where they are: reads go on at the store.
      proxy.target = laggingEndpoint;
      const lost: string[] = [];
      const batches: WatchBatch[] = [];
      const watch = store.watch('/p/', revision + 1, {
        onBatch: (batch) => void batches.push(batch),
        onLost: (reason) => void lost.push(reason),
      });
      const before = proxy.opened;
      await until(() => proxy.opened > before, LONG_MS, 'the watch has a connection');
      while ((await write(copy, '/p/late')) <= revision);
      await until(() => batches.length + lost.length > 0, LONG_MS, 'the watch says something');
      expect(lost).toEqual([]);
      expect(batches[0]?.revision).toBe(revision + 1);
      watch.close();
    } finally {
      await Promise.all([store.close(), copy.close()]);
      await proxy.stop();
    }
  },
);
