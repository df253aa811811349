import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {openEndpoint} from '../../src/etcd/connection.ts';
import type {EtcdOptions} from '../../src/etcd/connection.ts';
import {startEmbeddedStore} from '../../src/embedded/index.ts';
import type {EmbeddedStore, EmbeddedStoreOptions} from '../../src/embedded/index.ts';
import {ownFolder} from '../support/own-folder.ts';
import {LONG_MS, until} from '../support/until.ts';
import {cleanUp, newPath} from './store-bed.ts';

cleanUp();

const KEY = Buffer.from('key');
const ended: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

async function started(options: EmbeddedStoreOptions = {}): Promise<EmbeddedStore> {
  const store = await startEmbeddedStore(options);
  ended.push(() => store.close());
  return store;
}

function clientOf(endpoint: string, more: Partial<EtcdOptions> = {}) {
  const client = openEndpoint(endpoint, {endpoints: [endpoint], timeoutMs: LONG_MS, ...more});
  ended.push(() => client.close());
  return client;
}

async function putAndGet(endpoint: string, more: Partial<EtcdOptions> = {}): Promise<string> {
  const {kv} = clientOf(endpoint, more);
  await kv.put({key: KEY, value: Buffer.from('value')});
  const {kvs} = await kv.range({key: KEY});
  return kvs[0]?.value.toString() ?? '';
}

describe('the embedded store', () => {
  it('serves in memory on a free port, each time as another store', async () => {
    const [one, two] = [await started(), await started()];
    expect(one.endpoint).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await putAndGet(one.endpoint)).toBe('value');
    expect((await clientOf(two.endpoint).kv.range({key: KEY})).kvs).toEqual([]);
    expect(one.clusterId).not.toBe(two.clusterId);
  });

  it('keeps a directory to itself until it is closed, and everything in it', async () => {
    const dataDir = newPath();
    const first = await startEmbeddedStore({dataDir});
    expect(await putAndGet(first.endpoint)).toBe('value');
    await expect(startEmbeddedStore({dataDir})).rejects.toMatchObject({code: 'CONFLICT'});
    await first.close();
    await first.close();
    const second = await started({dataDir});
    expect(second.clusterId).toBe(first.clusterId);
    const {kvs, header} = await clientOf(second.endpoint).kv.range({key: KEY});
    expect(kvs[0]?.value.toString()).toBe('value');
    expect(header.cluster_id).toBe(first.clusterId);
  });

  it('does not hold a directory whose server could not start', async () => {
    const other = await started();
    const port = Number(other.endpoint.split(':')[1]);
    const dataDir = newPath();
    await expect(startEmbeddedStore({dataDir, port})).rejects.toMatchObject({code: 'PORT_TAKEN'});
    await started({dataDir});
  });

  it('says when an address is not of this machine', async () => {
    const user = {name: 'root', password: 'secret'};
    await expect(startEmbeddedStore({host: '192.0.2.1', user})).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('EADDRNOTAVAIL') as string,
    });
  });

  it('listens for others than this machine only with TLS or a user', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'store.example'])
      await expect(startEmbeddedStore({host})).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
        message: `the embedded store must not listen on ${host} without access control`,
      });
    const open = await started({host: '0.0.0.0', user: {name: 'root', password: 'secret'}});
    const port = open.endpoint.split(':')[1] ?? '';
    const login = {username: 'root', password: 'secret'};
    expect(await putAndGet(`127.0.0.1:${port}`, login)).toBe('value');
  });

  it('serves its one user, and nobody else', async () => {
    const {endpoint} = await started({user: {name: 'sm', password: 'secret'}});
    expect(await putAndGet(endpoint, {username: 'sm', password: 'secret'})).toBe('value');
    const strangers = [
      {},
      {username: 'sm', password: 'guess'},
      {username: 'x', password: 'secret'},
    ];
    for (const stranger of strangers) {
      const {kv, lease} = clientOf(endpoint, stranger);
      await expect(kv.range({key: KEY})).rejects.toThrow(/user name is empty|invalid user ID/);
      await expect(lease.leaseGrant({TTL: '5'})).rejects.toThrow(/user name is empty|invalid user/);
    }
  });

  it('lets leases expire and deletes their keys in one revision', async () => {
    const {kv, lease} = clientOf((await started()).endpoint);
    const {ID: id} = await lease.leaseGrant({TTL: '1'});
    const puts = ['a', 'b'].map((key) => kv.put({key: Buffer.from(key), lease: id}));
    const revisions = (await Promise.all(puts)).map(({header}) => Number(header.revision));
    const range = {key: Buffer.from([0]), range_end: Buffer.from([0])};
    const after = await until(
      async () => {
        const reply = await kv.range(range);
        return reply.kvs.length === 0 ? reply : undefined;
      },
      LONG_MS,
      'the keys to go',
    );
    expect(Number(after.header.revision)).toBe(Math.max(...revisions) + 1);
  });

  it('refuses what cannot be meant', async () => {
    for (const options of [{port: -1}, {port: 1.5}, {quotaBytes: 0}, {quotaBytes: Number.NaN}])
      await expect(startEmbeddedStore(options)).rejects.toMatchObject({code: 'INVALID_CONFIG'});
  });
});

describe('with TLS', () => {
  const folder = ownFolder('tls');
  const file = (name: string): string => join(folder, name);

  beforeAll(() => {
    const openssl = (...args: string[]): Buffer =>
      execFileSync('openssl', args, {cwd: folder, stdio: ['ignore', 'pipe', 'pipe']});
    const subject = [
      '-days',
      '2',
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
    ];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    openssl('req', '-x509', ...subject, ...names, '-keyout', 'key.pem', '-out', 'cert.pem');
  });

  it('serves who trusts its certificate, given as paths', async () => {
    const {endpoint} = await started({tls: {cert: file('cert.pem'), key: file('key.pem')}});
    expect(await putAndGet(endpoint, {tls: {ca: readFileSync(file('cert.pem'))}})).toBe('value');
    await expect(putAndGet(endpoint, {timeoutMs: 1_000})).rejects.toThrow();
  });

  it('asks for a certificate when it has a CA, given as PEM', async () => {
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => readFileSync(file(name))) as [
      Buffer,
      Buffer,
    ];
    const tls = {ca: cert.toString(), cert: cert.toString(), key};
    const {endpoint} = await started({tls});
    expect(await putAndGet(endpoint, {tls: {ca: cert, cert, key}})).toBe('value');
    await expect(putAndGet(endpoint, {tls: {ca: cert}, timeoutMs: 1_000})).rejects.toThrow();
  });

  it('says which file it cannot use', async () => {
    const missing = {cert: file('none.pem'), key: file('key.pem')};
    await expect(startEmbeddedStore({tls: missing})).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('none.pem') as string,
    });
    const swapped = {cert: file('key.pem'), key: file('cert.pem')};
    await expect(startEmbeddedStore({tls: swapped})).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
  });
});
