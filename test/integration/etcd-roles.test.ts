/** Daemon and containers of an etcd with users, each under the role that `sm etcd init-roles` makes, and nothing else. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {RawKeys} from '../../src/etcd/raw-keys.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {sm} from '../support/command.ts';
import {parseConfig} from '../../src/config/index.ts';
import {joinApp} from '../../src/container/index.ts';
import type {Container} from '../../src/container/index.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {serve} from '../../src/server/index.ts';
import type {Daemon} from '../../src/server/index.ts';
import {initRoles} from '../../src/transfer/index.ts';
import {LONG_MS, TTL_MS} from '../support/cluster.ts';
import {LACKS, startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {ownFolder} from '../support/own-folder.ts';
import {until} from '../support/until.ts';

const SECRET = 'secret';
let etcd: EtcdProcess;
let daemon: Daemon;
let admin: AdminClient;
const folder = ownFolder('roles');
const passwordFile = join(folder, 'password');
const containers: Container[] = [];

function roles() {
  return initRoles({
    ...{configFile: undefined, endpoints: etcd.endpoints, prefix: '/sm', service: 'sm.test'},
    ...{apps: ['orders'], username: 'root', passwordFile},
  });
}

function configText(port: number, username: string): string {
  return [
    'service: sm.test',
    `port: ${port}`,
    `endpoints: [${etcd.endpoints.map((endpoint) => JSON.stringify(endpoint)).join(', ')}]`,
    'etcdPrefix: /sm',
    `heartbeat: {ttlMs: ${TTL_MS}}`,
    `etcd: {username: ${username}, passwordFile: ${passwordFile}}`,
    '',
  ].join('\n');
}

async function member(id: string, app = 'orders', username = 'orders'): Promise<Container> {
  const container = await joinApp(
    {
      ...{app, id, endpoints: etcd.endpoints, ttlMs: TTL_MS, service: 'sm.test'},
      logger: silentLogger,
      etcd: {username, password: SECRET},
    },
    {add: () => undefined, drop: () => undefined},
  );
  containers.push(container);
  return container;
}

beforeAll(async () => {
  if (LACKS.roles) return;
  writeFileSync(passwordFile, SECRET, {mode: 0o600});
  etcd = await startEtcd({user: {name: 'root', password: SECRET}});
  await roles();
  for (const [user, role] of [
    ['daemon', 'sm-daemon'],
    ['viewer', 'sm-viewer'],
    ['orders', 'sm-app-orders'],
  ] as const) {
    const asRoot = ['--user', `root:${SECRET}`, 'user'];
    await etcd.etcdctl(...asRoot, 'add', `${user}:${SECRET}`);
    await etcd.etcdctl(...asRoot, 'grant-role', user, role);
  }
  const [port = 0] = await freePorts(1);
  daemon = await serve(parseConfig(configText(port, 'daemon'), 'test.yml'), {
    logger: silentLogger,
    version: 'test',
  });
  admin = new AdminClient({server: `http://${daemon.address}`});
  await daemon.ready;
});

afterAll(async () => {
  await Promise.all(containers.map((container) => container.abandon()));
  admin?.close();
  await daemon?.abandon();
  await etcd?.stop();
});

describe.skipIf(LACKS.roles)('under the roles of init-roles', () => {
  it('made twice, nothing changes', async () => {
    const {applied} = await roles();
    expect(applied.map(({result}) => result)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  });

  it('a daemon and its containers live a whole life', async () => {
    await admin.call('addSpec', {service: 'orders', maxRecoveryTime: 0});
    const first = await member('c1');
    await first.ready;
    await admin.call('addShards', {service: 'orders', shards: [{shardId: 'a'}, {shardId: 'b'}]});
    const placed = async (): Promise<string[]> => {
      const {shards} = await admin.call('getShards', {service: 'orders', state: 'ready'});
      return shards.map(({container}) => container);
    };
    await until(async () => (await placed()).length === 2, LONG_MS, 'both are ready');
    const second = await member('c2');
    await second.ready;
    await admin.call('drain', {service: 'orders', container: 'c1'});
    await until(async () => String(await placed()) === 'c2,c2', LONG_MS, 'both are on c2');
    await admin.call('updateShard', {service: 'orders', shardId: 'a', task: 'another'});
    expect(await first.leave()).toEqual({clean: true});
    const {checks} = await admin.call('checks', {});
    expect(
      checks
        .filter(({name}) => ['etcd', 'etcd writes', 'etcd quota'].includes(name))
        .map(({verdict}) => verdict),
    ).toEqual(['PASS', 'PASS', 'PASS']);
    await admin.call('delSpec', {service: 'orders', force: true});
    await expect(second.ended).resolves.toBe('deleted');
  });

  it('who only reads may look at everything, and change nothing', async () => {
    const login = {username: 'viewer', password: SECRET};
    const store = new EtcdStore({endpoints: etcd.endpoints, ...login});
    try {
      const keys = new Keys('/sm', 'sm.test');
      const {entries} = await store.list([keys.everyAppPrefix()]);
      expect(entries.map(({key}) => key)).toContain(keys.cluster());
      const put = {op: 'put', key: keys.cluster(), value: '{}'} as const;
      const drop = {op: 'delete', key: keys.leader()} as const;
      for (const operation of [put, drop]) {
        const outcome = await store.transact({compares: [], then: [operation]});
        expect(outcome).toMatchObject({kind: 'unknown', error: {code: 'STORE_AUTH'}});
      }
      await expect(store.list(['/sm-other/'])).rejects.toMatchObject({
        code: 'STORE_AUTH',
        message:
          'no role of this etcd user gives the right to read keys from /sm-other/ on (etcdserver: permission denied)',
      });
      // By the calls of export and import, too.
      const raw = new RawKeys({endpoints: etcd.endpoints, ...login, statusKey: keys.cluster()});
      const puts = [{key: Buffer.from('/sm/app/x'), value: Buffer.from('')}];
      await expect(raw.transact({expected: [], puts})).rejects.toMatchObject({
        message:
          'no role of this etcd user gives the right to read and write /sm/app/x (etcdserver: permission denied)',
      });
      raw.close();
      const file = join(folder, 'viewer.yml');
      writeFileSync(file, configText(1, 'viewer'));
      const audit = await sm('audit', '--config-file', file, '-o', 'json');
      expect(audit.exit, audit.stderr).toBe(0);
      const exported = await sm('store', 'export', '--config-file', file);
      // It reads far enough to see that the daemon lives.
      expect(exported.stderr).toContain('containers or daemons are alive');
    } finally {
      await store.close();
    }
  });

  it('a container has nothing of another app', async () => {
    await admin.call('addSpec', {service: 'search'});
    await expect(member('c1', 'search')).rejects.toMatchObject({code: 'STORE_AUTH'});
  });
});
