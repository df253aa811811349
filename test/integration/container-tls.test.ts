/** Calls to containers over TLS with client certificates, from the configuration of the daemon and the options of the SDK, on a real etcd. */
import {afterAll, beforeAll, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {parseConfig} from '../../src/config/index.ts';
import {joinApp} from '../../src/container/index.ts';
import type {JoinOptions} from '../../src/container/index.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {serve} from '../../src/server/index.ts';
import {Authority} from '../support/certificates.ts';
import {LONG_MS} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {until} from '../support/until.ts';

const PREFIX = '/sm-container-tls';
const TTL_MS = 3_000;
let etcd: EtcdProcess;
let authority: Authority;
beforeAll(async () => {
  authority = new Authority();
  etcd = await startEtcd();
});
afterAll(async () => {
  await etcd.stop();
  authority.remove();
});

it(
  'an app lives by calls over TLS; who offers none is not called, and the daemon says why',
  async () => {
    const [port = 0] = await freePorts(1);
    const own = authority.issue('daemon', 'DNS:daemon.test');
    const shown = `ca: ${own.ca}, cert: ${own.cert}, key: ${own.key}`;
    const config = [
      ...['service: sm.test', `port: ${port}`, `endpoints: [${etcd.endpoint}]`],
      ...[`etcdPrefix: ${PREFIX}`, `heartbeat: {ttlMs: ${TTL_MS}}`],
      `containerTls: {${shown}, required: true}`,
    ];
    const daemon = await serve(parseConfig(config.join('\n'), 'sm.yml'), {
      logger: silentLogger,
      version: 'test',
    });
    const admin = new AdminClient({server: `http://127.0.0.1:${port}`});
    const {cert, key, ca} = authority.issue('container', 'IP:127.0.0.1');
    const tls = {cert: {file: cert}, key: {file: key}, clientCa: {file: ca}};
    const join = (id: string, over: Partial<JoinOptions> = {}) =>
      joinApp(
        {
          ...{app: 'orders', endpoints: [etcd.endpoint], etcdPrefix: PREFIX, id},
          ...{ttlMs: TTL_MS, logger: silentLogger, ...over},
        },
        {add: () => undefined, drop: () => undefined},
      );
    try {
      await until(
        () => admin.call('addSpec', {service: 'orders', maxRecoveryTime: 0}).catch(() => undefined),
        LONG_MS,
        'an app',
      );
      const first = await join('c1', {tls});
      expect(first.endpoint).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      const shards = ['s1', 's2', 's3', 's4'].map((shardId) => ({shardId}));
      await admin.call('addShards', {service: 'orders', shards});
      await until(() => first.shards.size === 4, LONG_MS, 'all shards on c1');
      const second = await join('c2', {tls});
      await until(() => second.shards.size === 2 && first.shards.size === 2, LONG_MS, 'two each');

      // Claims need no call, so it could own shards; a governor gives none to whom it cannot call.
      const plain = await join('c3');
      const noteOf = async () => {
        const {containers} = await admin.call('getContainers', {service: 'orders'});
        return JSON.stringify(containers.filter(({id}) => id === 'c3'));
      };
      await until(
        async () => (await noteOf()).includes('containerTls.required'),
        LONG_MS,
        'a reason',
      );
      expect(plain.shards.size).toBe(0);
      for (const container of [plain, second, first]) await container.leave();
    } finally {
      admin.close();
      await daemon.shutdown();
    }
  },
  3 * LONG_MS,
);
