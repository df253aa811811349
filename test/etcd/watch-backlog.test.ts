/** A watch that has much to catch up with: in its order, whole revisions, and others run in between. */
import {afterAll, beforeAll, expect, it} from 'vitest';
import {EVENTS_PER_STEP} from '../../src/etcd/limits.ts';
import {SLICE_MS} from '../../src/runtime/limits.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import type {Operation, WatchBatch} from '../../src/store/port.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {LONG_MS, until} from '../support/until.ts';

const TRANSACTIONS = 30;
const KEYS = 90;

let etcd: EtcdProcess;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

it('brings a long past in parts that end where a revision does', async () => {
  const store = new EtcdStore({endpoints: [etcd.endpoint], timeoutMs: 10_000});
  const keys: string[] = [];
  for (let at = 0; at < TRANSACTIONS; at += 1) {
    const then = Array.from({length: KEYS}, (_, one): Operation => {
      const key = `/p/${at}-${String(one).padStart(3, '0')}`;
      keys.push(key);
      return {op: 'put', key, value: 'v'};
    });
    await store.transact({compares: [], then});
  }
  const batches: WatchBatch[] = [];
  let turns = 0;
  const turnsAtBatch: number[] = [];
  const counting = setInterval(() => (turns += 1), 1);
  const watch = store.watch('/p/', 1, {
    onBatch: (batch) => {
      const untilMs = performance.now() + SLICE_MS;
      while (performance.now() < untilMs);
      batches.push(batch);
      turnsAtBatch.push(turns);
    },
    onLost: (reason) => expect.unreachable(reason),
  });
  const events = (): WatchBatch['events'] => batches.flatMap((batch) => batch.events);
  await until(() => events().length >= keys.length, LONG_MS, 'everything has come');
  clearInterval(counting);
  const seen = events().map((event) => (event.type === 'put' ? event.entry : event));
  expect(seen.map(({key}) => key)).toEqual(keys);
  const revisionsOf = ({events: some}: WatchBatch): number[] =>
    some.map((event) => (event.type === 'put' ? event.entry.mod : event.mod));
  for (const [at, batch] of batches.entries()) {
    expect(batch.events.length).toBeLessThan(EVENTS_PER_STEP + KEYS);
    expect(batch.revision).toBe(Math.max(...revisionsOf(batch)));
    if (at > 0)
      expect(Math.min(...revisionsOf(batch))).toBeGreaterThan(batches[at - 1]?.revision ?? 0);
  }
  expect(new Set(turnsAtBatch).size).toBeGreaterThan(batches.length / 2);
  watch.close();
  await store.close();
});
