/** A watch whose history is gone is over: the store keeps nothing of it, also where its listener does not close it. */
import {EventEmitter} from 'node:events';
import {expect, it} from 'vitest';
import type {EndpointClient} from '../../src/etcd/connection.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';

it('a watch that compaction has overtaken is forgotten', async () => {
  const streams: EventEmitter[] = [];
  const nothing = (): void => undefined;
  const watch = {
    watch: () => {
      const does = {write: nothing, end: nothing, cancel: nothing, pause: nothing, resume: nothing};
      const stream = Object.assign(new EventEmitter(), does);
      streams.push(stream);
      return Promise.resolve(stream);
    },
  };
  const client = {endpoint: 'e:1', watch, close: nothing} as unknown as EndpointClient;
  const store = openEtcdStore({endpoints: ['e:1'], open: () => client});
  const {watches} = store as unknown as {watches: Set<unknown>};
  const lost = new Promise<string>((resolve) => {
    store.watch('/a', 1, {onBatch: nothing, onLost: resolve});
  });
  expect(watches.size).toBe(1);
  await new Promise(setImmediate);
  const header = {cluster_id: '1', revision: '9'};
  const canceled = {watch_id: '0', created: false, canceled: true, compact_revision: '7'};
  streams[0]?.emit('data', {header, ...canceled, events: []});
  expect(await lost).toContain('compacted');
  expect(watches.size).toBe(0);
  await store.close();
});
