/** What our calls say of the leader, as a server sees it on the wire. */
import {createServer} from 'node:http2';
import type {AddressInfo} from 'node:net';
import {expect, it} from 'vitest';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import {LONG_MS, until} from '../support/until.ts';

it('watches ask to be ended when their member has no leader; other calls do not', async () => {
  const seen = new Map<string, unknown>();
  const server = createServer();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    seen.set(String(headers[':path']), headers['hasleader']);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  const store = new EtcdStore({endpoints: [`127.0.0.1:${port}`], timeoutMs: 500});
  try {
    await store.get('/before').catch(() => undefined);
    const watch = store.watch('/t/', 1, {onBatch: () => undefined, onLost: () => undefined});
    await until(() => seen.has('/etcdserverpb.Watch/Watch'), LONG_MS, 'a watch');
    expect(seen.get('/etcdserverpb.Watch/Watch')).toBe('true');
    await store.get('/after').catch(() => undefined);
    expect(seen.get('/etcdserverpb.KV/Range')).toBeUndefined();
    watch.close();
  } finally {
    await store.close();
    server.close();
  }
});
