/** What the store makes of an etcd that is behind, or away: how often it asks, and what it sends again. */
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {openEndpoint} from '../../src/etcd/connection.ts';
import type {EndpointClient} from '../../src/etcd/connection.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import type {TransactionOutcome} from '../../src/store/port.ts';
import {pause} from '../support/until.ts';
import {freePorts} from '../support/free-ports.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

const LIMIT_MS = 2_000;
const KEY = '/t/one';
const WATCHES = 30;

let etcd: EtcdProcess;
let store: EtcdStore;
/** Transactions that still get this answer instead of etcd's, and those sent so far. */
let refusals: number;
let refusal: string;
let sent: number;

/** The client of a real etcd. For so many transactions it says what etcd says of those that it does not take. */
function refusing(endpoint: string): EndpointClient {
  const client = openEndpoint(endpoint, {endpoints: [endpoint]});
  const {kv} = client;
  const txn: typeof kv.txn = async (...call) => {
    sent += 1;
    if (refusals <= 0) return kv.txn(...call);
    refusals -= 1;
    throw new Error(refusal);
  };
  const wrapped = Object.assign(Object.create(kv) as typeof kv, {txn});
  return Object.create(client, {kv: {value: wrapped}}) as EndpointClient;
}

function put(timeoutMs = LIMIT_MS): Promise<TransactionOutcome> {
  const compares = [{key: KEY, target: 'mod', op: '=', value: 0}] as const;
  const then = [{op: 'put', key: KEY, value: 'v'}] as const;
  return store.transact({compares, then}, {timeoutMs});
}

describe('a write', () => {
  beforeEach(async () => {
    etcd = await startEtcd();
    [refusals, sent, refusal] = [0, 0, '8 RESOURCE_EXHAUSTED: etcdserver: too many requests'];
    store = new EtcdStore({endpoints: [etcd.endpoint], open: refusing});
  });
  afterEach(async () => {
    await store.close();
    await etcd.stop();
  });

  it('that etcd does not take because it is behind is sent again, and not often', async () => {
    refusals = 3;
    expect((await put()).kind).toBe('committed');
    expect(sent).toBe(4);
  });

  it('has no known outcome where etcd takes it at no time, and the cause is named', async () => {
    refusals = Number.POSITIVE_INFINITY;
    const outcome = await put();
    if (outcome.kind !== 'unknown') throw new Error(`it is ${outcome.kind}`);
    expect(outcome.error).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'etcd is behind with its work and takes no writes',
      retryable: true,
    });
    expect(sent).toBeGreaterThan(1);
    expect(sent).toBeLessThanOrEqual(12);
  });

  it('that may have been taken is sent once', async () => {
    [refusals, refusal] = [1, '14 UNAVAILABLE: etcdserver: request timed out'];
    expect((await put()).kind).toBe('unknown');
    expect(sent).toBe(1);
  });
});

it('a read asks an endpoint where nobody is at most 12 times within its 2 s', async () => {
  const [nobody = 0] = await freePorts(1);
  let calls = 0;
  const endpoints = [`127.0.0.1:${nobody}`];
  store = new EtcdStore({endpoints, timeoutMs: LIMIT_MS, onCall: () => (calls += 1)});
  await expect(store.get(KEY)).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
  expect(calls).toBeGreaterThan(1);
  expect(calls).toBeLessThanOrEqual(12);
  await store.close();
});

it('watches that are lost together ask together', async () => {
  etcd = await startEtcd();
  let calls = 0;
  // Of one endpoint nothing has to be asked.
  const endpoints = [etcd.endpoint, etcd.endpoint];
  store = new EtcdStore({endpoints, timeoutMs: LIMIT_MS, onCall: () => (calls += 1)});
  const watches = Array.from({length: WATCHES}, (_, at) =>
    store.watch(`/t/${at}/`, 1, {onBatch: () => undefined, onLost: () => undefined}),
  );
  await Promise.all(watches.map(async (watch) => watch.reached?.()));
  await etcd.stop();
  calls = 0;
  await pause(LIMIT_MS);
  expect(calls).toBeGreaterThan(0);
  expect(calls).toBeLessThanOrEqual(24);
  await store.close();
});
