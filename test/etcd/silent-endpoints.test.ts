import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import type {EndpointClient} from '../../src/etcd/connection.ts';
import {EndpointRotation} from '../../src/etcd/endpoint-rotation.ts';
import {leaveSilent} from '../../src/etcd/silent-endpoints.ts';

const LIMIT_MS = 3_000;
const STEP_MS = 10;

// Time is the test's: a busy machine takes none of it.
beforeEach(() => void vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'performance']}));
afterEach(() => void vi.useRealTimers());

/** Opens its connection after so long; undefined: never. */
function clientOf(openMs?: number): EndpointClient {
  const connects = (_service: string, limitMs: number): Promise<boolean> => {
    const waitMs = openMs === undefined ? limitMs : Math.min(openMs, limitMs);
    return new Promise((resolve) => {
      setTimeout(() => resolve(openMs !== undefined && openMs <= limitMs), waitMs);
    });
  };
  return {connects} as unknown as EndpointClient;
}

/** Where a call with this limit is sent, and how much of its time is left. */
async function chosen(...openMs: (number | undefined)[]): Promise<{at: number; leftMs: number}> {
  const rotation = new EndpointRotation(openMs.length);
  const endMs = performance.now() + LIMIT_MS;
  let isOver = false;
  const leaving = leaveSilent(openMs.map(clientOf), rotation, 'KV', endMs);
  void leaving.finally(() => (isOver = true));
  while (!isOver) await vi.advanceTimersByTimeAsync(STEP_MS);
  await leaving;
  return {at: rotation.current, leftMs: endMs - performance.now()};
}

it('an endpoint from which nothing comes back gives way to the next', async () => {
  expect(await chosen(undefined, 0, 0)).toMatchObject({at: 1});
  expect(await chosen(undefined, undefined, 0)).toMatchObject({at: 2});
});

it('one that is slow to open is taken once it has, though the next was begun: on a busy machine all are slow', async () => {
  expect(await chosen(1_000, undefined, undefined)).toMatchObject({at: 0});
});

it('where all are silent, time is left for the call that says so', async () => {
  expect((await chosen(undefined, undefined)).leftMs).toBeGreaterThan(0);
});
