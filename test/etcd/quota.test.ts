/** A member that does not say its quota, or says it never: doctor then assumes one, and says that it does. */
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {expect, it} from 'vitest';
import {startEmbeddedStore} from '../../src/embedded/index.ts';
import {quotaBytes} from '../../src/etcd/quota.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';

it('is not known where nobody listens, nor where the metrics do not have it', async () => {
  const server = createServer((_asked, answer) => void answer.end('etcd_server_has_leader 1\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await quotaBytes(endpoint, undefined)).toBe(0);
  server.close();
  await once(server, 'close');
  expect(await quotaBytes(`http://${endpoint}`, undefined)).toBe(0);
});

it('is not known of an embedded store, which speaks gRPC alone', async () => {
  const store = await startEmbeddedStore();
  expect(await quotaBytes(store.endpoint, undefined)).toBe(0);
  const [stranger, own] = [{}, {quotaBytes: 5_000_000}].map(
    (known) => new EtcdStore({endpoints: [store.endpoint], ...known}),
  );
  expect(await stranger?.usage()).toMatchObject({
    quotaBytes: 0,
    version: expect.stringMatching(/-sm$/),
  });
  // Its own daemon knows.
  expect(await own?.usage()).toMatchObject({quotaBytes: 5_000_000});
  await stranger?.close();
  await own?.close();
  await store.close();
});
