/** Calls with little time where most endpoints are silent: the one that works is found, and kept. */
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import type {EndpointClient} from '../../src/etcd/connection.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {EtcdStore} from '../../src/store/etcd-store.ts';

const LATE = '4 DEADLINE_EXCEEDED: Deadline exceeded after 0.001s';
const STEP_MS = 1;
const EMPTY = {compares: [], then: []} as const;

// Time is the test's: limits of 150 ms are no limits of a busy machine.
beforeEach(
  () => void vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance']}),
);
afterEach(() => void vi.useRealTimers());

/** Its connection opens at once or never; a call takes so long. */
function endpoint(name: string, opens: boolean, tookMs: () => number): EndpointClient {
  const txn = async (_request: unknown, {deadline}: {deadline: number}): Promise<object> => {
    const leftMs = deadline - Date.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(leftMs, tookMs()))));
    if (leftMs < tookMs()) throw new Error(LATE);
    return {header: {cluster_id: '1', revision: '2'}, succeeded: true, responses: []};
  };
  const connects = (_service: string, limitMs: number): Promise<boolean> =>
    opens
      ? Promise.resolve(true)
      : new Promise((resolve) => setTimeout(() => resolve(false), Math.max(0, limitMs)));
  return {
    ...{endpoint: name, connects, kv: {txn}, close: () => undefined},
  } as unknown as EndpointClient;
}

function storeOf(...clients: readonly EndpointClient[]): EtcdStore {
  return openEtcdStore({
    endpoints: clients.map(({endpoint: name}) => name),
    open: (name) => clients.find((client) => client.endpoint === name) as EndpointClient,
  });
}

/** Calls one after the other, as heartbeats are sent; which of them was answered first. */
async function firstAnswered(store: EtcdStore, timeoutMs: number, most: number): Promise<number> {
  for (let call = 1; call <= most; call += 1)
    if ((await passed(store.transact(EMPTY, {timeoutMs}))).kind === 'committed') return call;
  return Number.POSITIVE_INFINITY;
}

/** Time goes on until the call is over. */
async function passed<T>(call: Promise<T>): Promise<T> {
  let isOver = false;
  const over = call.finally(() => (isOver = true));
  while (!isOver) await vi.advanceTimersByTimeAsync(STEP_MS);
  return over;
}

it.each([
  ['one of two', 1, 150],
  ['two of three', 2, 600],
  ['three of four', 3, 1_520],
])(
  '%s is silent: the first call finds the one that works, the second is answered',
  async (_, silent, limitMs) => {
    const dead = Array.from({length: silent}, (_one, at) =>
      endpoint(`dead${at}:1`, false, () => 0),
    );
    const store = storeOf(
      ...dead,
      endpoint('good:1', true, () => 40),
    );
    expect(await firstAnswered(store, limitMs, 3)).toBe(2);
    await store.close();
  },
);

it('an endpoint that is late although it had its time is left', async () => {
  let tookMs = 1_000;
  const store = storeOf(
    endpoint('slow:1', true, () => tookMs),
    endpoint('good:1', true, () => 0),
  );
  expect(await firstAnswered(store, 150, 3)).toBe(2);
  tookMs = 0;
  await store.close();
});
