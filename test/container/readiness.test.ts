/** What a container says of itself to probes and metrics after it has lost its registration. */
import {afterEach, expect, it} from 'vitest';
import {encodeIdHolder} from '../../src/protocol/container-id.ts';
import {LONG_MS, until} from '../support/until.ts';
import {APP, CONTAINER, KEYS, joined} from './joined-bed.ts';
import type {JoinedBed} from './joined-bed.ts';

let bed: JoinedBed | undefined;
afterEach(() => bed?.container.abandon());

it('is not ready while another process holds its id, also where it had been ready before', async () => {
  bed = await joined();
  const {container, store} = bed;
  const {incarnation} = container;
  expect(container.isServing()).toBe(true);
  const hb = store.kv.get(KEYS.heartbeat(APP, incarnation))?.value ?? '';
  // It stood still: it was evicted, and its successor has the id.
  await store.transact({
    compares: [],
    then: [
      {op: 'delete', key: KEYS.heartbeat(APP, incarnation)},
      {op: 'put', key: KEYS.heartbeat(APP, 'successor'), value: hb},
      {op: 'put', key: KEYS.containerId(APP, CONTAINER), value: encodeIdHolder('successor')},
    ],
  });
  const isRegistered = (): boolean =>
    container.incarnation !== incarnation && container.remainingMs() > 0;
  await until(isRegistered, LONG_MS, 'it has registered anew');
  expect([container.isServing(), container.notReady()]).toEqual([false, 'it waits for its id']);
  await store.transact({
    compares: [],
    then: [{op: 'delete', key: KEYS.heartbeat(APP, 'successor')}],
  });
  await until(() => container.isServing(), LONG_MS, 'it has its id again');
});
