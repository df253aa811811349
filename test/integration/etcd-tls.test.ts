/** TLS with client certificates, from the configuration file of the daemon and the options of the SDK to a real etcd. */
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {AdminClient} from '../../src/admin/index.ts';
import {parseConfig} from '../../src/config/index.ts';
import type {ServerConfig} from '../../src/config/index.ts';
import {joinApp} from '../../src/container/index.ts';
import type {EtcdLogin} from '../../src/container/index.ts';
import type {SmError} from '../../src/model/errors.ts';
import type {WatchEvent} from '../../src/model/stored.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {serve} from '../../src/server/index.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {Authority, contentOf} from '../support/certificates.ts';
import type {CertificateFiles} from '../support/certificates.ts';
import {LONG_MS} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {until} from '../support/until.ts';

const PREFIX = '/sm-tls';
let authority: Authority;
let stranger: Authority;
let etcd: EtcdProcess;
let client: CertificateFiles;

beforeAll(async () => {
  authority = new Authority();
  stranger = new Authority();
  client = authority.issue('client', 'DNS:client.test');
  etcd = await startEtcd({kind: 'etcd', tls: authority.issue('etcd', 'IP:127.0.0.1')});
});
afterAll(async () => {
  await etcd.stop();
  authority.remove();
  stranger.remove();
});

function configOf(port: number, {ca, cert, key}: CertificateFiles): ServerConfig {
  const lines = [
    ...['service: sm.test', `port: ${port}`, `etcdPrefix: ${PREFIX}`],
    `endpoints: ["https://${etcd.endpoint}"]`,
    ...['heartbeat: {ttlMs: 3000}', `etcd: {tls: {ca: ${ca}, cert: ${cert}, key: ${key}}}`],
  ];
  return parseConfig(lines.join('\n'), 'tls.yml');
}

function inFiles({ca, cert, key}: CertificateFiles): EtcdLogin['tls'] & object {
  return {ca: {file: ca}, cert: {file: cert}, key: {file: key}};
}

function keyOf(event: WatchEvent): string {
  return event.type === 'put' ? event.entry.key : event.key;
}

async function faultOf(tls: {ca?: Buffer; cert?: Buffer; key?: Buffer}, endpoint = etcd.endpoint) {
  const store = openEtcdStore({endpoints: [endpoint], tls, timeoutMs: 1_000});
  // On a busy machine the time may be over before the handshake is.
  const fault = await until(
    async () => {
      const error: unknown = await store.get('/x').then(
        () => new Error('no fault at all'),
        (reason: unknown) => reason,
      );
      return (error as SmError).code === 'STORE_UNAVAILABLE' ? undefined : error;
    },
    LONG_MS,
    'etcd answers, or the handshake fails',
  );
  await store.close();
  return fault as SmError;
}

it('a daemon and a container speak to etcd with certificates', async () => {
  const [port = 0] = await freePorts(1);
  const config = configOf(port, client);
  const daemon = await serve(config, {logger: silentLogger, version: 'test'});
  const admin = new AdminClient({server: `http://${daemon.address}`});
  try {
    await daemon.ready;
    await admin.call('addSpec', {service: 'orders'});
    await admin.call('addShard', {service: 'orders', shardId: 's'});
    const added: string[] = [];
    const container = await joinApp(
      {
        ...{app: 'orders', id: 'c1', etcdPrefix: PREFIX, ttlMs: 3_000, logger: silentLogger},
        ...{endpoints: [etcd.endpoint], etcd: {tls: inFiles(client)}},
      },
      {add: ({id}) => void added.push(id), drop: () => undefined},
    );
    await until(() => added.includes('s'), LONG_MS, 'the shard is added');
    await container.leave();
  } finally {
    admin.close();
    await daemon.shutdown();
  }
});

describe.concurrent('what is wrong is said in words that name the settings', () => {
  const ours = (): ReturnType<typeof contentOf> => contentOf(client);
  const theirs = (): ReturnType<typeof contentOf> => contentOf(stranger.issue('x', 'DNS:x.test'));

  it.each([
    [
      'an authority that did not sign the certificate of etcd',
      () => ({...ours(), ca: theirs().ca}),
      /unable to verify the first certificate|self.signed/,
    ],
    [
      'a client certificate of another authority',
      () => ({...theirs(), ca: ours().ca}),
      /etcd refuses our certificate/,
    ],
    ['no client certificate', () => ({ca: ours().ca}), /etcd refuses our certificate/],
  ])('%s', async (_case, tls, words) => {
    const fault = await faultOf(tls());
    expect(fault).toMatchObject({code: 'STORE_AUTH', retryable: false});
    expect(fault.message).toMatch(words);
    expect(fault.hint).toContain('etcd.tls.ca');
  });

  it('a host that the certificate does not name', async () => {
    const fault = await faultOf(ours(), etcd.endpoint.replace('127.0.0.1', 'localhost'));
    expect(fault).toMatchObject({code: 'STORE_AUTH'});
    expect(fault.message).toMatch(/localhost. is not cert's CN: etcd/);
  });

  it('and a daemon does not wait for what waiting cannot fix', async () => {
    const [port = 0] = await freePorts(1);
    const config = configOf(port, {...client, ca: stranger.ca});
    await expect(serve(config, {logger: silentLogger, version: 'test'})).rejects.toMatchObject({
      code: 'STORE_AUTH',
    });
  });
});

it('tells its quota over TLS, too', async () => {
  const store = openEtcdStore({endpoints: [etcd.endpoint], tls: contentOf(client)});
  expect(await store.usage()).toMatchObject({quotaBytes: 2 * 1024 ** 3});
  await store.close();
});

it('renewed certificates are used from the next call on, and watches go on', async () => {
  const store = openEtcdStore({endpoints: [etcd.endpoint], tls: contentOf(client)});
  const writing = openEtcdStore({endpoints: [etcd.endpoint], tls: contentOf(client)});
  const seen: string[] = [];
  try {
    const {revision} = await store.get('/renewed/a');
    store.watch('/renewed/', revision + 1, {
      onBatch: ({events}) => seen.push(...events.map(keyOf)),
      onLost: () => seen.push('lost'),
    });
    store.renew({tls: contentOf(stranger.issue('x', 'DNS:x.test'))});
    await expect(store.get('/renewed/a')).rejects.toMatchObject({code: 'STORE_AUTH'});
    store.renew({tls: contentOf(authority.issue('renewed', 'DNS:client.test'))});
    expect((await store.get('/renewed/a')).entry).toBeUndefined();
    const put = {op: 'put', key: '/renewed/a', value: '1'} as const;
    await writing.transact({compares: [], then: [put]});
    await until(() => seen.length > 0, LONG_MS, 'the watch tells');
    expect(seen).toEqual(['/renewed/a']);
  } finally {
    await Promise.all([store.close(), writing.close()]);
  }
});

it('another endpoint is tried when one has a certificate that is not to be trusted', async () => {
  const odd = await startEtcd({kind: 'etcd', tls: stranger.issue('odd', 'IP:127.0.0.1')});
  const store = openEtcdStore({
    endpoints: [odd.endpoint, etcd.endpoint],
    tls: contentOf(client),
    timeoutMs: 5_000,
  });
  expect((await store.get('/x')).entry).toBeUndefined();
  await store.close();
  await odd.stop();
});
