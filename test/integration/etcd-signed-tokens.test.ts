/** An etcd with signed tokens: each change of users and roles ends all of them, those of daemons and containers that run as well. */
import {generateKeyPairSync} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import type {TransactionOutcome} from '../../src/store/port.ts';
import {CuttingProxy} from '../etcd/cutting-proxy.ts';
import {Mirror} from '../etcd/mirror.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, until} from '../support/until.ts';
import {LACKS, startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

const PREFIX = '/t/';
const ROOT = {username: 'root', password: 'secret'};
const BITS = 2_048;

let etcd: EtcdProcess;
let folder: string;
const closing: (() => Promise<unknown> | void)[] = [];

beforeAll(async () => {
  if (LACKS.roles) return;
  folder = ownFolder('signed');
  const pair = generateKeyPairSync('rsa', {
    modulusLength: BITS,
    publicKeyEncoding: {type: 'spki', format: 'pem'},
    privateKeyEncoding: {type: 'pkcs1', format: 'pem'},
  });
  const [publicKey, privateKey] = [join(folder, 'public.pem'), join(folder, 'private.pem')];
  writeFileSync(publicKey, pair.publicKey);
  writeFileSync(privateKey, pair.privateKey, {mode: 0o600});
  etcd = await startEtcd({
    user: {name: ROOT.username, password: ROOT.password},
    signedTokens: `jwt,pub-key=${publicKey},priv-key=${privateKey},sign-method=RS256,ttl=10m`,
  });
});

afterAll(async () => {
  if (LACKS.roles) return;
  for (const close of closing.reverse()) await close();
  await etcd.stop();
});

function opened(endpoint = etcd.endpoint): EtcdStore {
  const store = new EtcdStore({endpoints: [endpoint], ...ROOT});
  closing.push(() => store.close());
  return store;
}

function put(store: EtcdStore, key: string): Promise<TransactionOutcome> {
  return store.transact({compares: [], then: [{op: 'put', key, value: key}]});
}

/** What `sm etcd init-roles` for one more app does. */
function changeRoles(name: string): Promise<void> {
  return etcd.etcdctl('--user', `${ROOT.username}:${ROOT.password}`, 'role', 'add', name);
}

it.skipIf(LACKS.roles)('a write and a read go on when roles have changed', async () => {
  const store = opened();
  expect(await put(store, `${PREFIX}a`)).toMatchObject({kind: 'committed'});
  await changeRoles('one');
  expect(await put(store, `${PREFIX}b`)).toMatchObject({kind: 'committed'});
  await changeRoles('two');
  expect((await store.get(`${PREFIX}b`)).entry?.value).toBe(`${PREFIX}b`);
  await changeRoles('three');
  const many = await Promise.all(Array.from({length: 20}, (_, at) => put(store, `${PREFIX}${at}`)));
  expect(new Set(many.map(({kind}) => kind))).toEqual(new Set(['committed']));
});

it.skipIf(LACKS.roles)(
  'a watch that is opened later does, too, and one whose line is cut',
  async () => {
    const proxy = await CuttingProxy.start(etcd.endpoint);
    closing.push(() => proxy.stop());
    const store = opened(proxy.endpoint);
    await put(store, `${PREFIX}before`);
    await changeRoles('four');
    const mirror = new Mirror(store, PREFIX);
    await mirror.start();
    closing.push(() => mirror.close());
    for (const name of ['five', 'six']) {
      await changeRoles(name);
      proxy.cut();
      await put(opened(), `${PREFIX}${name}`);
      await until(() => mirror.known.has(`${PREFIX}${name}`), LONG_MS, 'the watch says it');
    }
    expect(mirror.losses).toEqual([]);
  },
);
