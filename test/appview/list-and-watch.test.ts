/** Listings that take their time, while the watch goes on telling. */
import {afterEach, describe, expect, it} from 'vitest';
import {Keys} from '../../src/etcd/keys.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import type {Clock} from '../../src/runtime/clock.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {FAILURE_SAID_EVERY_MS} from '../../src/appview/limits.ts';
import {ListAndWatch} from '../../src/appview/list-and-watch.ts';
import {MemoryStore} from '../support/memory-store.ts';
import type {KeyValue, Operation, Watch, WatchListener} from '../../src/store/port.ts';
import {LONG_MS, pause, until} from '../support/until.ts';

/** Scans wait at the gate, when there is one, with all pages read and the answer not yet given. */
class GatedStore extends MemoryStore {
  gate: Promise<void> | undefined;
  /** Scans answer with the past, so many revisions of it. */
  behind = 0;
  begun = 0;
  /** Of the watches that were opened, oldest first. */
  readonly listeners: WatchListener[] = [];

  override watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
    this.listeners.push(listener);
    return super.watch(prefix, fromRevision, listener);
  }

  loseWatches(): void {
    for (const listener of this.listeners.splice(0)) listener.onLost('as the test has it');
  }

  override async scan(
    prefixes: readonly string[],
    onPage: (entries: readonly KeyValue[]) => void,
  ): Promise<{revision: number}> {
    const atRevision = this.kv.revision - this.behind;
    const reply = await super.scan(prefixes, onPage, {atRevision});
    this.begun += 1;
    await this.gate;
    return reply;
  }
}

/** Nothing takes longer than a few ms: listings follow each other closely. */
function hastyClock(): Clock {
  const clock = systemClock();
  return {...clock, after: (delayMs, callback) => clock.after(Math.min(delayMs, 5), callback)};
}

class Bed {
  readonly keys = new Keys('/sm', 'sm');
  readonly store = new GatedStore();
  readonly listings: ReadonlyMap<string, string>[] = [];
  readonly reported: string[] = [];
  failures = 0;
  private readonly observer = new ListAndWatch<{id: string; value: string}>({
    prefixes: [this.keys.heartbeatPrefix('app')],
    decode: (parsed, entry) =>
      parsed.kind === 'heartbeat'
        ? {id: parsed.incarnation, value: entry?.value ?? 'gone'}
        : undefined,
    keys: this.keys,
    store: this.store,
    clock: hastyClock(),
    logger: silentLogger,
    sink: {
      listed: (found) => {
        this.listings.push(new Map([...found].map(({id, value}) => [id, value])));
        return undefined;
      },
      changed: (changes) => this.reported.push(...changes.map(({id, value}) => `${id} ${value}`)),
      failed: () => (this.failures += 1),
    },
  });

  async start(): Promise<void> {
    this.observer.start();
    await until(() => this.listings.length > 0, LONG_MS, 'a first listing');
  }

  stop(): void {
    this.observer.close();
  }

  /** `value` undefined: deletes. */
  async write(id: string, value: string | undefined): Promise<void> {
    const key = this.keys.heartbeat('app', id);
    const operation: Operation =
      value === undefined ? {op: 'delete', key} : {op: 'put', key, value};
    await this.store.transact({compares: [], then: [operation]});
  }

  untilReported(what: string): Promise<boolean> {
    return until(() => this.reported.includes(what), LONG_MS, `the watch tells: ${what}`);
  }

  /** The next listing to begin waits for the function returned. */
  async holdScan(): Promise<() => void> {
    let open = (): void => undefined;
    this.store.gate = new Promise((resolve) => (open = resolve));
    const {begun} = this.store;
    await until(() => this.store.begun > begun, LONG_MS, 'a scan is under way');
    return () => {
      this.store.gate = undefined;
      open();
    };
  }
}

describe('the observer', () => {
  const bed = new Bed();
  afterEach(() => bed.stop());

  it('takes a listing during which the watch tells on, and brings nothing old back', async () => {
    await bed.write('a', '1');
    await bed.write('b', '1');
    await bed.start();
    const release = await bed.holdScan();
    const before = bed.listings.length;
    await bed.write('a', '2');
    await bed.write('b', undefined);
    await bed.write('c', '1');
    await bed.write('d', '1');
    await bed.write('d', undefined);
    await bed.untilReported('d gone');
    release();
    await until(() => bed.listings.length > before, LONG_MS, 'the listing is taken');
    expect([...(bed.listings[before] ?? [])]).toEqual([
      ['a', '2'],
      ['c', '1'],
    ]);
    expect(bed.failures).toBe(0);
  });
});

describe('the observer of a store that answers with the past', () => {
  const bed = new Bed();
  afterEach(() => bed.stop());

  it('refuses a listing older than what the watch had told when it began', async () => {
    await bed.write('a', '1');
    await bed.start();
    await bed.write('b', '1');
    await bed.write('b', undefined);
    await bed.untilReported('b gone');
    bed.store.behind = 1;
    const isBack = (): boolean => bed.listings.some((listing) => listing.get('b') === '1');
    await until(() => bed.failures > 1 || isBack(), LONG_MS, 'such listings fail');
    expect(isBack()).toBe(false);
    bed.store.behind = 0;
    const before = bed.listings.length;
    await until(() => bed.listings.length > before, LONG_MS, 'a listing is taken again');
    expect(isBack()).toBe(false);
  });
});

describe('the observer whose watch is lost', () => {
  const bed = new Bed();
  afterEach(() => bed.stop());

  it('lists again and opens another one, from the listing on', async () => {
    await bed.start();
    const {listeners} = bed.store;
    const opened = listeners.length;
    listeners.at(-1)?.onLost('compacted');
    await bed.write('a', '1');
    await until(() => listeners.length > opened, LONG_MS, 'another watch is opened');
    expect(bed.listings.length).toBeGreaterThan(1);
    await bed.write('b', '1');
    await bed.untilReported('b 1');
  });
});

describe('the observer whose watch is lost while the store answers with the past', () => {
  const bed = new Bed();
  afterEach(() => bed.stop());

  it('may be shown what is deleted, and is told of the deletion again: the new watch begins where the listing ends', async () => {
    await bed.write('a', '1');
    await bed.write('b', '1');
    await bed.start();
    await bed.write('b', undefined);
    await bed.untilReported('b gone');
    bed.store.behind = 1;
    const before = bed.listings.length;
    bed.store.loseWatches();
    await until(() => bed.listings.length > before, LONG_MS, 'the old listing is taken');
    // A store that was restored begins at an older revision: such a listing cannot be refused for ever.
    expect(bed.listings[before]?.get('b')).toBe('1');
    await until(
      () => bed.reported.filter((one) => one === 'b gone').length > 1,
      LONG_MS,
      'the deletion is told once more',
    );
  });
});

it('a store that gives no listing is asked for one at most 40 times in a minute', async () => {
  const store = new MemoryStore();
  let asked = 0;
  let waitedMs = 0;
  store.scan = () => {
    if (waitedMs < 60_000) asked += 1;
    return Promise.reject(new Error('no answer'));
  };
  const clock = systemClock();
  const after: Clock['after'] = (delayMs, callback) => {
    waitedMs += delayMs;
    return clock.after(0, callback);
  };
  const observer = new ListAndWatch({
    ...{prefixes: ['/t/'], keys: new Keys('/sm', 'sm'), store, logger: silentLogger},
    ...{clock: {...clock, after}, decode: () => undefined},
    sink: {listed: () => undefined, changed: () => undefined},
  });
  observer.start();
  await until(() => waitedMs >= 60_000, LONG_MS, 'a minute of pauses has passed');
  observer.close();
  expect(asked).toBeLessThanOrEqual(40);
});

/** A minute of a fake clock in which the store loses each watch at once. Resolves with how often it was asked for a listing. */
async function listingsOfLosingStore(): Promise<number> {
  const store = new (class extends GatedStore {
    override watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
      setImmediate(() => listener.onLost('as the test has it'));
      return super.watch(prefix, fromRevision, listener);
    }
  })();
  let nowMs = 0;
  let asked = 0;
  const after: Clock['after'] = (delayMs, callback) => {
    let isCancelled = false;
    setImmediate(() => {
      if (isCancelled) return;
      nowMs += delayMs;
      if (nowMs <= 60_000) asked = store.begun + 1;
      callback();
    });
    return {cancel: () => void (isCancelled = true)};
  };
  const observer = new ListAndWatch({
    ...{prefixes: ['/t/'], keys: new Keys('/sm', 'sm'), store, logger: silentLogger},
    ...{clock: {...systemClock(), after, nowMs: () => nowMs}, decode: () => undefined},
    sink: {listed: () => undefined, changed: () => undefined},
  });
  observer.start();
  await until(() => nowMs >= 60_000, LONG_MS, 'a minute of pauses has passed');
  observer.close();
  return asked;
}

it('a store that loses every watch at once is asked for a listing at most 40 times in a minute', async () => {
  const asked = await listingsOfLosingStore();
  expect(asked).toBeGreaterThan(1);
  expect(asked).toBeLessThanOrEqual(40);
});

describe('a watch that stays behind what is waited for', () => {
  /** Of each watch the store says that it has come no further. */
  class LaggingStore extends MemoryStore {
    asked = 0;

    override watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
      const reached = async (): Promise<number> => {
        this.asked += 1;
        await new Promise(setImmediate);
        return fromRevision - 1;
      };
      return {...super.watch(prefix, fromRevision, listener), reached};
    }
  }

  it('is asked with pauses, and not any more once nobody waits', async () => {
    const store = new LaggingStore();
    let isListed = false;
    const observer = new ListAndWatch({
      ...{prefixes: ['/t/'], keys: new Keys('/sm', 'sm'), store, logger: silentLogger},
      ...{clock: systemClock(), decode: () => undefined},
      sink: {listed: () => void (isListed = true), changed: () => undefined},
    });
    observer.start();
    await until(() => isListed && observer.complete > 0, LONG_MS, 'a listing');
    const waits = [1, 2, 3].map(() => observer.untilComplete(observer.complete + 5, 300));
    expect(await Promise.all(waits)).toEqual([false, false, false]);
    const {asked} = store;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(40);
    await pause(300);
    expect(store.asked).toBe(asked);
    observer.close();
  });
});

it('that fails again and again is said once in a while, not each time', async () => {
  let aheadMs = 0;
  let tries = 0;
  const said: object[] = [];
  const store = new MemoryStore();
  store.scan = () => {
    tries += 1;
    return Promise.reject(new Error(`no right to read, try ${tries}`));
  };
  const observer = new ListAndWatch<never>({
    ...{prefixes: ['/t/'], keys: new Keys('/sm', 'sm'), store},
    logger: {...silentLogger, warn: (fields: object) => void said.push(fields)},
    clock: {...hastyClock(), nowMs: () => aheadMs},
    decode: () => undefined,
    sink: {listed: () => undefined, changed: () => undefined},
  });
  observer.start();
  const more = async (): Promise<void> => {
    const before = tries;
    await until(() => tries > before + 3, LONG_MS, 'further tries');
  };
  await more();
  expect(said).toEqual([{error: 'Error: no right to read, try 1'}]);
  aheadMs += FAILURE_SAID_EVERY_MS;
  await more();
  expect(said).toHaveLength(2);
  observer.close();
});
