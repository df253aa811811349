/**
 * What `leave` says of what is left in etcd: clean only where the registration is known to be gone. And when it says so: not before its
 * connections are closed, as `abandon`.
 */
import {expect, it} from 'vitest';
import {gate} from '../../src/runtime/gate.ts';
import type {MemoryStore} from '../support/memory-store.ts';
import {LONG_MS, until} from '../support/until.ts';
import {APP, CONTAINER, KEYS, joined} from './joined-bed.ts';

function registrations({kv}: MemoryStore): number {
  return kv.list(KEYS.heartbeatPrefix(APP)).length + kv.list(KEYS.containerIdPrefix(APP)).length;
}

it('is clean where heartbeat and id are deleted', async () => {
  const {container, store} = await joined();
  expect(registrations(store)).toBe(2);
  expect(await container.leave()).toEqual({clean: true});
  expect(registrations(store)).toBe(0);
});

it('is not clean where the store is doubted: its heartbeat is left to expire', async () => {
  const {container, store} = await joined();
  store.clusterId = 'two';
  const isHalted = (): true | undefined => container['driver']?.session.isHalted || undefined;
  await until(isHalted, LONG_MS, 'the store is doubted');
  expect(await container.leave()).toEqual({clean: false});
  expect(registrations(store)).toBe(2);
});

it('is not clean where another process has put the id away: its heartbeat still stands', async () => {
  const {container, store} = await joined();
  const id = KEYS.containerId(APP, CONTAINER);
  await store.transact({compares: [], then: [{op: 'delete', key: id}]});
  expect(await container.leave()).toEqual({clean: false});
  expect(registrations(store)).toBe(1);
});

it.each(['leave', 'abandon'] as const)(
  'has closed its connections when %s resolves, also for whoever asks while they are being closed',
  async (how) => {
    const releasing = gate();
    const closed = gate();
    const {container} = await joined({}, () => {
      releasing.resolve();
      return closed.promise;
    });
    const ended: string[] = [];
    const first = container[how]().then(() => ended.push('first'));
    await releasing.promise;
    const second = container.abandon().then(() => ended.push('second'));
    // All promises that could resolve have done so.
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual([]);
    closed.resolve();
    await Promise.all([first, second]);
    expect(ended.toSorted()).toEqual(['first', 'second']);
  },
);
