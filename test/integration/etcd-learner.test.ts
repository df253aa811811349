/** A member that was added as a learner answers `status` as any other does, and serves nobody. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {LACKS, startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {LEAST_RIGHTS} from '../support/least-rights.ts';
import {LONG_MS, until} from '../support/until.ts';

/** Adds a learner, and starts it at this port. */
async function startLearner(etcd: EtcdProcess, port: number, dataDir: string) {
  const [peerPort = 0] = await freePorts(1);
  const [peer, client] = [`http://127.0.0.1:${peerPort}`, `http://127.0.0.1:${port}`];
  await etcd.etcdctl('member', 'add', 'l1', '--learner', `--peer-urls=${peer}`);
  const cluster = `${etcd.first.argument('--initial-cluster')},l1=${peer}`;
  const args = [
    ...['--name', 'l1', '--data-dir', dataDir, '--initial-cluster', cluster],
    ...['--initial-cluster-state', 'existing', '--initial-advertise-peer-urls', peer],
    ...['--listen-peer-urls', peer, '--listen-client-urls', client],
    ...['--advertise-client-urls', client],
    '--initial-cluster-token',
    etcd.first.argument('--initial-cluster-token'),
  ];
  return spawn('etcd', args, {stdio: 'ignore'});
}

it.skipIf(LACKS.members || LEAST_RIGHTS)(
  'a learner among the endpoints is named: it takes no calls',
  async () => {
    const etcd = await startEtcd();
    const dataDir = await mkdtemp(join(tmpdir(), 'sm-learner-'));
    const [port = 0] = await freePorts(1);
    const learner = await startLearner(etcd, port, dataDir);
    const store = openEtcdStore({endpoints: [etcd.endpoint, `127.0.0.1:${port}`]});
    try {
      const faults = async (): Promise<string[]> =>
        (await store.usage()).endpoints?.map(({fault}) => fault) ?? [];
      await until(
        async () => !(await faults())[1]?.startsWith('etcd does not'),
        LONG_MS,
        'it answers',
      );
      expect(await faults()).toEqual([
        '',
        'its member is a learner, which takes no calls before it is promoted: etcdctl member promote',
      ]);
    } finally {
      await store.close();
      learner.kill('SIGKILL');
      await once(learner, 'exit');
      await etcd.stop();
      await rm(dataDir, {recursive: true, force: true});
    }
  },
);
