/** Users of etcd are turned on and off while sm runs with a login: nobody is refused for having one, and nobody needs a restart. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {parseConfig} from '../../src/config/index.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {serve} from '../../src/server/index.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import type {TransactionOutcome} from '../../src/store/port.ts';
import {Mirror, contentOf} from '../etcd/mirror.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, until} from '../support/until.ts';

const PREFIX = '/t/';
const folder = ownFolder('switch');
const passwordFile = join(folder, 'password');
let etcd: EtcdProcess;
const closing: (() => Promise<unknown> | void)[] = [];

beforeAll(async () => {
  writeFileSync(passwordFile, 'secret', {mode: 0o600});
  etcd = await startEtcd({kind: 'etcd', members: 3});
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await etcd.stop();
});

/** Verdicts of doctor's row on the login. */
async function daemonSays(verdicts: readonly string[]): Promise<void> {
  const [port = 0] = await freePorts(1);
  const config = [
    ...['service: sm.test', `port: ${port}`, `endpoints: [${etcd.endpoints.join(', ')}]`],
    ...[`etcdPrefix: ${PREFIX}sm`, `etcd: {username: narrow, passwordFile: ${passwordFile}}`],
  ];
  const daemon = await serve(parseConfig(config.join('\n'), 'switch.yml'), {
    ...{logger: silentLogger, version: 'test'},
  });
  const admin = new AdminClient({server: `http://${daemon.address}`});
  try {
    await daemon.ready;
    const {checks} = await admin.call('checks', {});
    const rows = checks.filter(({name}) => name === 'etcd login');
    expect(rows.map(({verdict}) => verdict)).toEqual(verdicts);
  } finally {
    admin.close();
    await daemon.shutdown();
  }
}

function put(store: EtcdStore, key: string): Promise<TransactionOutcome> {
  return store.transact({compares: [], then: [{op: 'put', key, value: key}]});
}

it(
  'a login is no fault where users are turned off, and is used once they are on',
  async () => {
    const store = new EtcdStore({
      endpoints: etcd.endpoints,
      ...{username: 'narrow', password: 'secret', statusKey: PREFIX},
    });
    closing.push(() => store.close());
    expect(await put(store, `${PREFIX}before`)).toMatchObject({kind: 'committed'});
    expect(await store.usage()).toMatchObject({isLoginUnused: true});
    await daemonSays(['WARN']);
    const mirror = new Mirror(store, PREFIX);
    await mirror.start();
    closing.push(() => mirror.close());

    await etcd.etcdctl('user', 'add', 'root:secret');
    await etcd.etcdctl('role', 'add', 'root');
    await etcd.etcdctl('user', 'grant-role', 'root', 'root');
    await etcd.etcdctl('user', 'add', 'narrow:secret');
    await etcd.etcdctl('role', 'add', 'narrow');
    await etcd.etcdctl('role', 'grant-permission', 'narrow', '--prefix=true', 'readwrite', PREFIX);
    await etcd.etcdctl('user', 'grant-role', 'narrow', 'narrow');
    await etcd.etcdctl('auth', 'enable');
    expect(await put(store, `${PREFIX}on`)).toMatchObject({kind: 'committed'});
    expect(await store.usage()).toMatchObject({isLoginUnused: false});
    await daemonSays([]);
    const stranger = new EtcdStore({endpoints: etcd.endpoints});
    closing.push(() => stranger.close());
    await expect(stranger.get(`${PREFIX}on`)).rejects.toMatchObject({code: 'STORE_AUTH'});

    await etcd.etcdctl('--user', 'root:secret', 'auth', 'disable');
    expect(await put(store, `${PREFIX}off`)).toMatchObject({kind: 'committed'});
    // Each forgets its tokens.
    for (const member of etcd.members) {
      await member.stop('SIGTERM');
      member.start();
      await member.ready();
    }
    await until(
      async () => (await put(store, `${PREFIX}restarted`)).kind === 'committed',
      LONG_MS,
      'a write',
    );
    const fresh = new EtcdStore({
      endpoints: etcd.endpoints,
      ...{username: 'narrow', password: 'secret', statusKey: PREFIX},
    });
    closing.push(() => fresh.close());
    const content = await contentOf(fresh, PREFIX);
    expect(await fresh.usage()).toMatchObject({isLoginUnused: true});
    await until(() => mirror.known.has(`${PREFIX}restarted`), LONG_MS, 'the watch goes on');
    expect(mirror.known).toEqual(content);
    expect([mirror.faults, mirror.losses]).toEqual([[], []]);
  },
  LONG_MS,
);
