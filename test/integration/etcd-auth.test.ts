/** Users, passwords and tokens that expire. */
import {rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import type {Store, TransactionOutcome} from '../../src/store/port.ts';
import {CuttingProxy} from '../etcd/cutting-proxy.ts';
import {Mirror, contentOf} from '../etcd/mirror.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, pause, until} from '../support/until.ts';
import {LACKS, startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

const PREFIX = '/t/';
const NARROW = LACKS.roles ? 'root' : 'narrow';
/** Longer than the tokens of this etcd live, and its sweep of once a second. */
const TOKEN_DEAD_MS = 4_000;
const AS_ROOT = ['--user', 'root:secret'];

let etcd: EtcdProcess;
const closing: (() => Promise<unknown> | void)[] = [];

beforeAll(async () => {
  etcd = await startEtcd({user: {name: 'root', password: 'secret'}, tokenTtlSeconds: 2});
  if (LACKS.roles) return;
  await etcd.etcdctl(...AS_ROOT, 'user', 'add', 'narrow:secret');
  await etcd.etcdctl(...AS_ROOT, 'role', 'add', 'narrow');
  const grant = ['role', 'grant-permission', 'narrow', '--prefix=true', 'readwrite', PREFIX];
  await etcd.etcdctl(...AS_ROOT, ...grant);
  await etcd.etcdctl(...AS_ROOT, 'user', 'grant-role', 'narrow', 'narrow');
});

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await etcd.stop();
});

function opened(username?: string, password = 'secret', endpoint = etcd.endpoint): EtcdStore {
  const login = username === undefined ? {} : {username, password};
  const store = new EtcdStore({endpoints: [endpoint], ...login});
  closing.push(() => store.close());
  return store;
}

function put(store: Store, key: string): Promise<TransactionOutcome> {
  return store.transact({compares: [], then: [{op: 'put', key, value: key}]});
}

it.each([
  ['a wrong password', NARROW, 'wrong'],
  ['an unknown user', 'nobody', 'secret'],
  ['no user at all', undefined, ''],
])('refuses %s in words that name the keys to check', async (_case, username, password) => {
  const store = opened(username, password);
  await expect(store.get(`${PREFIX}a`)).rejects.toMatchObject({
    code: 'STORE_AUTH',
    retryable: false,
    hint: expect.stringContaining('etcd.passwordFile') as string,
  });
  expect(await put(store, `${PREFIX}a`)).toMatchObject({
    kind: 'unknown',
    error: {code: 'STORE_AUTH'},
  });
});

it('never prints the password', async () => {
  const error = await opened(NARROW, 'hunter2')
    .get('/x')
    .catch((reason: unknown) => reason);
  expect(String(error) + JSON.stringify(error)).not.toContain('hunter2');
});

it.skipIf(LACKS.roles)('keeps a user to the keys of its role', async () => {
  const store = opened(NARROW);
  expect((await put(store, `${PREFIX}mine`)).kind).toBe('committed');
  await expect(store.get('/elsewhere')).rejects.toMatchObject({code: 'STORE_AUTH'});
  expect(await put(store, '/elsewhere')).toMatchObject({error: {code: 'STORE_AUTH'}});
  expect((await opened('root').get('/elsewhere')).entry).toBeUndefined();
});

it('logs in again when the token has expired, and writes once', async () => {
  const store = opened(NARROW);
  await put(store, `${PREFIX}a`);
  const before = (await store.get(`${PREFIX}a`)).revision;
  await pause(TOKEN_DEAD_MS);
  expect((await put(store, `${PREFIX}b`)).kind).toBe('committed');
  expect((await store.get(`${PREFIX}b`)).revision).toBe(before + 1);
  await pause(TOKEN_DEAD_MS);
  expect((await store.get(`${PREFIX}b`)).entry?.value).toBe(`${PREFIX}b`);
});

it('takes a watch up again after the token has expired and the line was cut', async () => {
  const proxy = await CuttingProxy.start(etcd.endpoint);
  closing.push(() => proxy.stop());
  const writing = opened('root');
  const store = opened(NARROW, 'secret', proxy.endpoint);
  const mirror = new Mirror(store, PREFIX);
  await mirror.start();
  closing.push(() => mirror.close());
  await put(writing, `${PREFIX}first`);
  await until(() => mirror.known.has(`${PREFIX}first`), LONG_MS, 'the watch works');
  await pause(TOKEN_DEAD_MS);
  proxy.cut();
  await put(writing, `${PREFIX}second`);
  await until(() => mirror.known.has(`${PREFIX}second`), LONG_MS, 'the watch comes back');
  expect(mirror.faults).toEqual([]);
  expect(mirror.losses).toEqual([]);
  expect(mirror.known).toEqual(await contentOf(writing, PREFIX));
});

it('takes a watch up again after a restart, which forgets all tokens', async () => {
  const store = opened(NARROW);
  const mirror = new Mirror(store, PREFIX);
  await mirror.start();
  closing.push(() => mirror.close());
  await etcd.kill('SIGKILL');
  await etcd.restart();
  const writing = opened('root');
  await until(
    async () => (await put(writing, `${PREFIX}third`)).kind === 'committed',
    LONG_MS,
    'a write',
  );
  await until(() => mirror.known.has(`${PREFIX}third`), LONG_MS, 'the watch comes back');
  expect(mirror.losses).toEqual([]);
});

it('fails within its time when etcd stops before the login', async () => {
  const store = new EtcdStore({
    endpoints: [etcd.endpoint],
    timeoutMs: 500,
    username: NARROW,
    password: 'secret',
  });
  closing.push(() => store.close());
  await etcd.pause();
  const startedMs = performance.now();
  await expect(store.get(`${PREFIX}a`)).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
  expect(await put(store, `${PREFIX}x`)).toMatchObject({kind: 'unknown'});
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  etcd.resume();
  await until(
    () => store.get(`${PREFIX}a`).catch(() => undefined),
    LONG_MS,
    'a login after the stop',
  );
});

it.skipIf(LACKS.roles)('logs in anew where etcd was restored to before its login', async () => {
  const restored = await startEtcd({user: {name: 'root', password: 'secret'}});
  closing.push(() => restored.stop());
  const copy = join(ownFolder('auth-restored'), 'snapshot');
  closing.push(() => rmSync(dirname(copy), {recursive: true, force: true}));
  const [writer, store] = [0, 1].map(() => opened('root', 'secret', restored.endpoint)) as [
    EtcdStore,
    EtcdStore,
  ];
  await put(writer, `${PREFIX}a`);
  await restored.etcdctl(...AS_ROOT, 'snapshot', 'save', copy);
  // A token holds the index of etcd's log at its login; with one that is not reached a call waits for it.
  for (let at = 0; at < 200; at += 1) await put(writer, `${PREFIX}${at}`);
  await store.get(`${PREFIX}a`);
  await writer.close();
  await restored.kill();
  await restored.restore(copy);
  const read = async (): Promise<boolean> =>
    store.get(`${PREFIX}a`).then(
      ({entry}) => entry !== undefined,
      () => false,
    );
  await until(read, LONG_MS, 'a read is answered');
  const outcome = await put(store, `${PREFIX}b`);
  expect(outcome.kind).toBe('committed');
});
