/** What stops, restarts and wipes of etcd do to calls and watches. */
import {rm} from 'node:fs/promises';
import {request} from 'undici';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {RemovalWatch} from '../../src/container/removal-watch.ts';
import {orderedReadTransaction} from '../../src/container/transactions.ts';
import {ListAndWatch} from '../../src/appview/list-and-watch.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import type {Clock} from '../../src/runtime/clock.ts';
import {SILENT_CONNECTION_MS} from '../../src/etcd/limits.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {EtcdStore} from '../../src/store/etcd-store.ts';
import type {Store, TransactionOutcome, WatchListener} from '../../src/store/port.ts';
import {CuttingProxy} from '../etcd/cutting-proxy.ts';
import {Mirror, contentOf} from '../etcd/mirror.ts';
import {LONG_MS, pause, until} from '../support/until.ts';
import {LACKS, startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

/** Far more than etcd proposes by itself: its address where it begins to lead, and the version of the cluster seconds later. */
const READS = 50;

/** Proposals that the etcd has applied so far. It counts one only after it has answered it. */
async function appliedProposals(): Promise<number> {
  const {body} = await request(`${etcd.endpoint.replace(/^(?!http)/, 'http://')}/metrics`);
  const line = /^etcd_server_proposals_applied_total (\S+)$/m.exec(await body.text());
  return Number(line?.[1]);
}

const PREFIX = '/t/';
/** Longer than keepalive time and its timeout together: the client must drop the connection itself. */
const PAST_KEEPALIVE_MS = 8_000;

let etcd: EtcdProcess;
let closing: (() => Promise<unknown> | void)[];

function opened(endpoint: string, timeoutMs = 1_000): EtcdStore {
  const store = new EtcdStore({endpoints: [endpoint], timeoutMs});
  closing.push(() => store.close());
  return store;
}

async function mirrorOf(store: Store): Promise<Mirror> {
  const mirror = new Mirror(store, PREFIX);
  await mirror.start();
  closing.push(() => mirror.close());
  return mirror;
}

async function proxied(): Promise<CuttingProxy> {
  const proxy = await CuttingProxy.start(etcd.endpoint);
  closing.push(() => proxy.stop());
  return proxy;
}

function put(store: Store, name: string, value = name): Promise<TransactionOutcome> {
  const then = [{op: 'put' as const, key: PREFIX + name, value}];
  return store.transact({compares: [], then});
}

async function putUntilDone(store: Store, name: string): Promise<void> {
  const write = async (): Promise<boolean> => (await put(store, name)).kind === 'committed';
  await until(write, LONG_MS, `${name} is written`);
}

/** The watcher knows exactly what the store holds, with nothing doubled or out of order. */
async function expectEqual(mirror: Mirror, truth: Store): Promise<void> {
  const content = await contentOf(truth, PREFIX);
  const same = (): boolean =>
    mirror.known.size === content.size &&
    [...content].every(([key, value]) => mirror.known.get(key) === value);
  await until(same, LONG_MS, () => `mirror of ${mirror.known.size} keys, store of ${content.size}`);
  expect(mirror.faults).toEqual([]);
}

beforeEach(async () => {
  closing = [];
  etcd = await startEtcd();
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await etcd.stop();
});

describe('a stopped etcd', () => {
  it.skipIf(LACKS.log)('puts an ordered read through its log, unlike other reads', async () => {
    const store = opened(etcd.endpoint);
    await put(store, 'a');
    const get = {op: 'get' as const, key: `${PREFIX}a`};
    const ordinary = {compares: [], then: [get]};
    const ordered = orderedReadTransaction(`${PREFIX}h`, [`${PREFIX}a`]);
    const before = await appliedProposals();
    for (let read = 0; read < READS; read += 1) await store.transact(ordinary);
    const between = await appliedProposals();
    expect(between - before).toBeLessThan(READS / 2);
    for (let read = 0; read < READS; read += 1) await store.transact(ordered);
    const isApplied = async () => (await appliedProposals()) >= between + READS;
    await until(isApplied, LONG_MS, `${READS} ordered reads make as many proposals`);
  });

  it('fails calls within their limit instead of hanging', async () => {
    const store = opened(etcd.endpoint, 400);
    await put(store, 'a');
    await etcd.pause();
    const startedMs = performance.now();
    await expect(store.get(`${PREFIX}a`)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
    });
    await expect(store.list([PREFIX])).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
    await expect(store.getMany([`${PREFIX}a`])).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
    await expect(store.status()).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
    const outcome = await put(store, 'b');
    expect(outcome).toMatchObject({kind: 'unknown', error: {code: 'STORE_UNAVAILABLE'}});
    // Five calls of 0.4 s; a call that hangs would wait for the test's own limit.
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    etcd.resume();
    const read = (): unknown => store.get(`${PREFIX}a`).catch(() => undefined);
    await until(read, LONG_MS, 'an answer after the stop');
  });

  it.each([1_000, PAST_KEEPALIVE_MS])('loses no change over a stop of %i ms', async (stopMs) => {
    const watching = opened(etcd.endpoint);
    const writing = opened(etcd.endpoint);
    await put(writing, 'before');
    const mirror = await mirrorOf(watching);
    await etcd.pause();
    await pause(stopMs);
    const during = put(writing, 'during');
    etcd.resume();
    await during;
    await putUntilDone(writing, 'after');
    await expectEqual(mirror, writing);
    expect(mirror.losses).toEqual([]);
    expect(mirror.known.get(`${PREFIX}after`)).toBe('after');
  });
});

describe('a call that is late', () => {
  it('ends nothing else that is under way on its connection', async () => {
    const proxy = await proxied();
    const store = opened(proxy.endpoint, 10_000);
    const mirror = await mirrorOf(store);
    await put(store, 'before');
    await expectEqual(mirror, store);
    proxy.delayMs = 100;
    const before = proxy.opened;
    for (let round = 0; round < 5; round += 1) {
      const late = store.get(`${PREFIX}before`, {timeoutMs: 20}).catch((error: unknown) => error);
      const slow = Array.from({length: 5}, (_, at) => put(store, `${round}-${at}`));
      expect(await late).toMatchObject({code: 'STORE_UNAVAILABLE'});
      for (const {kind} of await Promise.all(slow)) expect(kind).toBe('committed');
    }
    await expectEqual(mirror, store);
    expect(mirror.losses).toEqual([]);
    expect(proxy.opened).toBe(before);
  });

  it('lets a connection be opened that takes longer than a call may', async () => {
    const proxy = await proxied();
    proxy.firstDelayMs = 900;
    const store = opened(proxy.endpoint, 500);
    const write = async (): Promise<boolean> => {
      const outcomes = await Promise.all(Array.from({length: 50}, (_, at) => put(store, `${at}`)));
      return outcomes.every(({kind}) => kind === 'committed');
    };
    await until(write, LONG_MS, () => `all writes commit, by ${proxy.opened} connections`);
    expect(proxy.opened).toBeLessThanOrEqual(3);
  });

  it('gives up a connection over which nothing comes any more, before pings find out', async () => {
    const proxy = await proxied();
    const store = opened(proxy.endpoint, SILENT_CONNECTION_MS + 500);
    await put(store, 'before');
    proxy.hang();
    await expect(store.get(`${PREFIX}before`)).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
    const {entry} = await store.get(`${PREFIX}before`);
    expect(entry?.value).toBe('before');
  });
});

describe('a killed etcd', () => {
  it('resumes its watches where they were, three times over', async () => {
    const watching = opened(etcd.endpoint);
    const mirror = await mirrorOf(watching);
    for (let round = 0; round < 3; round += 1) {
      const writing = opened(etcd.endpoint);
      for (let index = 0; index < 20; index += 1) await put(writing, `before-${round}-${index}`);
      await etcd.kill('SIGKILL');
      const back = etcd.restart();
      // As soon as it is back, before the watcher may have noticed.
      await putUntilDone(writing, `during-${round}`);
      await back;
      for (let index = 0; index < 20; index += 1) await put(writing, `after-${round}-${index}`);
      await expectEqual(mirror, writing);
    }
    expect(mirror.known.size).toBe(123);
    expect(mirror.losses).toEqual([]);
  });

  it('keeps a key that came and went while nobody was connected out of the mirror', async () => {
    const proxy = await proxied();
    const writing = opened(etcd.endpoint);
    await put(writing, 'gone');
    const mirror = await mirrorOf(opened(proxy.endpoint));
    proxy.refusing = true;
    proxy.cut();
    await writing.transact({compares: [], then: [{op: 'delete', key: `${PREFIX}gone`}]});
    await put(writing, 'new');
    proxy.refusing = false;
    await expectEqual(mirror, writing);
    expect([...mirror.known.keys()]).toEqual([`${PREFIX}new`]);
    expect(mirror.changes).toBe(2);
  });
});

/** Reads come at once instead of after half a minute. */
const HASTY: Clock = {
  ...systemClock(),
  after: (delayMs, callback) => systemClock().after(Math.min(delayMs, 20), callback),
};

/** The store, with the losses of its watches noted. */
function observed(store: Store, losses: string[]): Store {
  return Object.assign(Object.create(store) as Store, {
    watch: (prefix: string, fromRevision: number, {onBatch, onLost}: WatchListener) =>
      store.watch(prefix, fromRevision, {
        onBatch,
        onLost: (reason) => {
          losses.push(reason);
          onLost(reason);
        },
      }),
  });
}

/** A key, whose watch must not need the history that was there before it was read again. */
interface QuietReader {
  /** Everything that was written before this call has been read once more. */
  readAgain(): Promise<void>;
  readNoMore?(): void;
  readonly isGone: () => boolean;
}

function listing(store: Store, key: string): QuietReader {
  let listings = 0;
  let isGone = false;
  const view = new ListAndWatch<string>({
    prefixes: [key],
    decode: (_parsed, entry) => (entry === undefined ? 'gone' : entry.key),
    keys: new Keys('/t', 'sm'),
    store,
    clock: HASTY,
    logger: silentLogger,
    sink: {
      listed: () => {
        listings += 1;
        return undefined;
      },
      changed: (changes) => (isGone ||= changes.includes('gone')),
    },
  });
  view.start();
  closing.push(() => view.close());
  return {
    readAgain: async () => {
      const before = listings;
      await until(() => listings >= before + 3, LONG_MS, 'more listings');
    },
    isGone: () => isGone,
  };
}

async function ofRemoval(store: Store, key: string): Promise<QuietReader> {
  let reads = 0;
  let isGone = false;
  let isOver = false;
  const counted = Object.assign(Object.create(store) as Store, {
    get: (...given: Parameters<Store['get']>) =>
      isOver ? new Promise(() => {}) : store.get(...given).finally(() => (reads += 1)),
  });
  const {revision} = await store.get(key);
  const removed = (): void => void (isGone = true);
  const watch = new RemovalWatch({store: counted, key, clock: HASTY, removed}, revision);
  closing.push(() => watch.close());
  return {
    readAgain: async () => {
      const before = reads;
      await until(() => reads >= before + 3, LONG_MS, 'more reads');
    },
    // Only the watch can say more.
    readNoMore: () => (isOver = true),
    isGone: () => isGone,
  };
}

describe('the watch of a key that nobody writes', () => {
  it.each([
    ['listings', listing],
    ['the spec of an app', ofRemoval],
  ])(
    'asks after a lost connection only for what came after the last reading: %s',
    async (_, reader) => {
      const proxy = await proxied();
      const writing = opened(etcd.endpoint);
      const key = new Keys('/t', 'sm').appSpec('orders');
      await writing.transact({compares: [], then: [{op: 'put', key, value: '{}'}]});
      const losses: string[] = [];
      const quiet = await reader(observed(opened(proxy.endpoint), losses), key);
      await quiet.readAgain();
      for (let index = 0; index < 10; index += 1) await put(writing, `other-${index}`);
      await quiet.readAgain();
      // What must be asked for after this is kept; what came before is not.
      await writing.compact((await writing.status()).revision);
      proxy.cut();
      await quiet.readAgain();
      await writing.transact({compares: [], then: [{op: 'delete', key}]});
      await until(() => quiet.isGone() || losses.length > 0, LONG_MS, 'the deletion is noticed');
      expect(losses).toEqual([]);
    },
  );
});

describe('history that is gone', () => {
  it('is told when it was compacted while disconnected', async () => {
    const proxy = await proxied();
    const writing = opened(etcd.endpoint);
    const mirror = await mirrorOf(opened(proxy.endpoint));
    proxy.refusing = true;
    proxy.cut();
    for (let index = 0; index < 10; index += 1) await put(writing, `k${index}`);
    const {revision} = await writing.status();
    await writing.compact(revision);
    await put(writing, 'last');
    proxy.refusing = false;
    await until(() => mirror.losses.length > 0, LONG_MS, 'the compaction is noticed');
    expect(mirror.losses[0]).toContain('compacted');
    await expectEqual(mirror, writing);
    expect(mirror.losses).toHaveLength(1);
  });

  it('never hides a deletion that is the very revision compacted to', async () => {
    const proxy = await proxied();
    const writing = opened(etcd.endpoint);
    await put(writing, 'doomed');
    const mirror = await mirrorOf(opened(proxy.endpoint));
    proxy.refusing = true;
    proxy.cut();
    await writing.transact({compares: [], then: [{op: 'delete', key: `${PREFIX}doomed`}]});
    await writing.compact((await writing.status()).revision);
    proxy.refusing = false;
    await expectEqual(mirror, writing);
    expect(mirror.known.size).toBe(0);
  });

  it('is told when the data directory was wiped', async () => {
    const watching = opened(etcd.endpoint);
    for (let index = 0; index < 10; index += 1) await put(watching, `old${index}`);
    const mirror = await mirrorOf(watching);
    await etcd.kill('SIGKILL');
    await rm(etcd.dataDir, {recursive: true});
    await etcd.restart();
    await until(() => mirror.losses.length > 0, LONG_MS, 'the wipe is noticed');
    expect(mirror.losses[0]).toMatch(/gone back|another/);
    const writing = opened(etcd.endpoint);
    await put(writing, 'fresh');
    await expectEqual(mirror, writing);
    expect([...mirror.known.keys()]).toEqual([`${PREFIX}fresh`]);
  });

  it('is told once when another cluster answers, which is then followed', async () => {
    const other = await startEtcd();
    closing.push(() => other.stop());
    const there = opened(other.endpoint);
    // Further on than the first: its revision alone would not betray it.
    for (let index = 0; index < 30; index += 1) await put(there, `there${index}`);
    const proxy = await proxied();
    const mirror = await mirrorOf(opened(proxy.endpoint));
    proxy.target = other.endpoint;
    proxy.cut();
    await until(() => mirror.losses.length > 0, LONG_MS, 'the other cluster is noticed');
    expect(mirror.losses[0]).toContain('another');
    await put(there, 'fresh');
    await expectEqual(mirror, there);
    await pause(300);
    expect(mirror.losses).toHaveLength(1);
  });
});
