/** Faults of the network between us and etcd: cuts in the middle of a backlog, lost answers, slow ones. */
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {TransactionBatcher} from '../../src/store/batcher.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import type {Operation, Store, TransactionOutcome} from '../../src/store/port.ts';
import {CuttingProxy} from '../etcd/cutting-proxy.ts';
import {Mirror, contentOf} from '../etcd/mirror.ts';
import {LONG_MS, pause, until} from '../support/until.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

const PREFIX = '/t/';

let etcd: EtcdProcess;
let proxy: CuttingProxy;
let direct: EtcdStore;
let behind: EtcdStore;
let closing: (() => Promise<unknown> | void)[];

beforeEach(async () => {
  etcd = await startEtcd();
  proxy = await CuttingProxy.start(etcd.endpoint);
  direct = new EtcdStore({endpoints: [etcd.endpoint]});
  behind = new EtcdStore({endpoints: [proxy.endpoint], timeoutMs: 500});
  closing = [() => proxy.stop(), () => direct.close(), () => behind.close()];
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await etcd.stop();
});

function put(store: Store, name: string, value = name): Promise<TransactionOutcome> {
  return store.transact({compares: [], then: [{op: 'put', key: PREFIX + name, value}]});
}

async function revisionNow(): Promise<number> {
  return (await direct.status()).revision;
}

async function watched(store: Store): Promise<Mirror> {
  const mirror = new Mirror(store, PREFIX);
  closing.push(() => mirror.close());
  await mirror.start();
  return mirror;
}

describe('a watch behind a cut', () => {
  it('gets a long backlog exactly once though the line breaks again and again in the middle of it', async () => {
    const mirror = await watched(behind);
    proxy.refusing = true;
    proxy.cut();
    const changes = 2_000;
    for (let index = 0; index < changes; index += 50) {
      const puts = Array.from({length: 50}, (_, at) =>
        put(direct, `k${(index + at) % 300}`, 'x'.repeat(400) + String(index + at)),
      );
      await Promise.all(puts);
    }
    // Past the greeting and into the events: the moment at which the start must not have moved on yet.
    proxy.cutAfterBytes = 30_000;
    proxy.refusing = false;
    await until(() => proxy.cuts >= 3, LONG_MS, 'the line is cut');
    proxy.cutAfterBytes = undefined;
    await until(
      () => mirror.changes >= changes || mirror.losses.length > 0,
      LONG_MS,
      () => `${mirror.changes} of ${changes} changes`,
    );
    expect(mirror.losses).toEqual([]);
    expect(mirror.faults).toEqual([]);
    expect(mirror.changes).toBe(changes);
    expect(mirror.known).toEqual(await contentOf(direct, PREFIX));
  });

  it('misses nothing when it is cut twice before the first event of the new stream', async () => {
    const mirror = await watched(behind);
    for (let round = 0; round < 5; round += 1) {
      proxy.delayMs = 150;
      proxy.cut();
      await put(direct, `between-${round}`);
      // The new stream is open by now, or opening; its answers are still on the way.
      await pause(200);
      proxy.cut();
      await put(direct, `again-${round}`);
      proxy.delayMs = 0;
      await until(
        () => mirror.known.has(`${PREFIX}again-${round}`),
        LONG_MS,
        `round ${round} arrives`,
      );
    }
    expect(mirror.known).toEqual(await contentOf(direct, PREFIX));
    expect(mirror.changes).toBe(10);
    expect(mirror.faults).toEqual([]);
    expect(mirror.losses).toEqual([]);
  });

  it('goes on in silence while answers are swallowed, and catches up', async () => {
    const mirror = await watched(behind);
    proxy.swallowing = true;
    for (let index = 0; index < 20; index += 1) await put(direct, `k${index}`);
    await pause(500);
    expect(mirror.changes).toBe(0);
    proxy.swallowing = false;
    proxy.cut();
    await until(() => mirror.changes === 20, LONG_MS, 'the changes arrive');
    expect(mirror.faults).toEqual([]);
    expect(mirror.losses).toEqual([]);
  });
});

describe('a lost answer', () => {
  it('is an unknown outcome of one single write', async () => {
    await put(behind, 'warm');
    const before = await revisionNow();
    proxy.swallowing = true;
    const outcome = await put(behind, 'a');
    expect(outcome).toMatchObject({
      kind: 'unknown',
      error: {code: 'STORE_UNAVAILABLE', retryable: true},
    });
    await until(async () => (await revisionNow()) > before, LONG_MS, 'the write arrives');
    proxy.swallowing = false;
    proxy.cut();
    await until(
      () => behind.get(`${PREFIX}a`).catch(() => undefined),
      LONG_MS,
      'an answer after the outage',
    );
    await pause(1_500);
    expect(await revisionNow()).toBe(before + 1);
  });

  it('is unknown to every member of a batch, and no member is sent again', async () => {
    await put(behind, 'warm');
    const before = await revisionNow();
    const batcher = new TransactionBatcher(behind);
    proxy.swallowing = true;
    const outcomes = await Promise.all(
      Array.from({length: 10}, (_, index) =>
        batcher.submit({
          compares: [{key: `${PREFIX}m${index}`, target: 'create', op: '=', value: 0}],
          then: [{op: 'put', key: `${PREFIX}m${index}`, value: ''}],
        }),
      ),
    );
    expect(outcomes.map(({kind}) => kind)).toEqual(Array.from({length: 10}, () => 'unknown'));
    proxy.swallowing = false;
    proxy.cut();
    await until(
      () => behind.status().catch(() => undefined),
      LONG_MS,
      'an answer after the outage',
    );
    await pause(1_000);
    expect(await revisionNow()).toBe(before + 1);
  });

  it('is not a lost write when the answer is only slow', async () => {
    proxy.delayMs = 200;
    const patient = new EtcdStore({endpoints: [proxy.endpoint], timeoutMs: 30_000});
    closing.push(() => patient.close());
    const outcome = await put(patient, 'slow');
    expect(outcome.kind).toBe('committed');
    expect((await patient.get(`${PREFIX}slow`)).entry?.value).toBe('slow');
  });
});

describe('a read', () => {
  it('is tried again within its time when the line is cut', async () => {
    await put(direct, 'a');
    await behind.get(`${PREFIX}a`);
    proxy.refusing = true;
    proxy.cut();
    setTimeout(() => (proxy.refusing = false), 300);
    const {entry} = await behind.get(`${PREFIX}a`, {timeoutMs: 20_000});
    expect(entry?.value).toBe('a');
  });

  it('moves on to another endpoint when the first is dead', async () => {
    await put(direct, 'a');
    const store = new EtcdStore({endpoints: ['127.0.0.1:1', etcd.endpoint]});
    closing.push(() => store.close());
    expect((await store.get(`${PREFIX}a`)).entry?.value).toBe('a');
    const mirror = await watched(store);
    await put(direct, 'b');
    await until(() => mirror.known.has(`${PREFIX}b`), LONG_MS, 'a watch by the second endpoint');
  });
});

describe('a request over the limits', () => {
  const operations = (count: number): Operation[] =>
    Array.from({length: count}, (_, index) => ({
      op: 'put',
      key: `${PREFIX}${index}`,
      value: '',
    }));

  it('of operations is refused in plain words and writes nothing', async () => {
    const before = await revisionNow();
    const outcome = await direct.transact({compares: [], then: operations(129)});
    expect(outcome).toMatchObject({kind: 'unknown', error: {code: 'INVALID_INPUT'}});
    expect(outcome.kind === 'unknown' && outcome.error.message).toContain('128');
    expect(await revisionNow()).toBe(before);
    const fits = await direct.transact({compares: [], then: operations(128)});
    expect(fits.kind).toBe('committed');
  });

  // etcd refuses the first itself; the second is over what its gRPC server reads at all.
  it.each([1_700_000, 3_000_000])(
    'of %i bytes is refused in plain words and writes nothing',
    async (bytes) => {
      const before = await revisionNow();
      const outcome = await put(direct, 'big', 'x'.repeat(bytes));
      expect(outcome).toMatchObject({kind: 'unknown', error: {code: 'BODY_TOO_LARGE'}});
      expect(outcome.kind === 'unknown' && outcome.error.message).toContain('1.5 MiB');
      expect(await revisionNow()).toBe(before);
    },
  );

  it('is no reason to leave the endpoint', async () => {
    await put(direct, 'big', 'x'.repeat(2 * 1024 * 1024));
    expect((await put(direct, 'small')).kind).toBe('committed');
  });
});

it('lists more than the four megabytes a reply may hold by default, at one revision', async () => {
  for (let batch = 0; batch < 6; batch += 1) {
    const then = Array.from({length: 100}, (_, index): Operation => ({
      op: 'put',
      key: `${PREFIX}${batch}/${String(index).padStart(3, '0')}`,
      value: 'v'.repeat(10_000),
    }));
    expect((await direct.transact({compares: [], then})).kind).toBe('committed');
  }
  const {entries, revision} = await direct.list([PREFIX]);
  expect(entries).toHaveLength(600);
  expect(revision).toBe(await revisionNow());
});
