import {monitorEventLoopDelay} from 'node:perf_hooks';
import {expect, it} from 'vitest';
import {ownership, World} from './fixture.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';

const SHARDS = 100_000;

it('a page of 100,000 shards leaves the event loop free', async () => {
  const world = new World();
  await world.call('addSpec', {service: 'big'});
  await world.join('big', 'c1');
  const value = encodeRecord(ownership({}));
  for (let from = 0; from < SHARDS; from += 10_000) {
    const shards = Array.from({length: 10_000}, (_, i) => ({shardId: `s${from + i}`}));
    await world.call('addShards', {service: 'big', shards});
    for (let at = from; at < from + 10_000; at += 100) {
      const then = Array.from({length: 100}, (_, i) => ({
        op: 'put' as const,
        key: world.keys.ownership('big', `s${at + i}`),
        value,
      }));
      await world.memory.transact({compares: [], then, otherwise: []});
    }
  }
  const delay = monitorEventLoopDelay({resolution: 10});
  delay.enable();
  const page = await world.call('getShards', {service: 'big', state: 'ready', limit: 1_000});
  delay.disable();
  expect(page).toMatchObject({matched: SHARDS, total: SHARDS});
  // The store in memory lists all at once; the rest must come in slices.
  expect(delay.max / 1e6).toBeLessThan(1_000);
  const started = performance.now();
  const next = await world.call('getShards', {service: 'big', state: 'ready', cursor: page.next});
  expect(next.revision).toBe(page.revision);
  expect(performance.now() - started).toBeLessThan(1_000);
}, 60_000);
