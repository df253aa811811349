/** Chores of a governor beside ownership records, on the store in memory. */
import {beforeEach, describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {SmError} from '../../../src/model/errors.ts';
import type {FinishedMove} from '../../../src/model/status.ts';
import {decodeIdValue, encodeIdHolder} from '../../../src/protocol/container-id.ts';
import {decodeEventRound} from '../../../src/protocol/records.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import type {Clock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {Housekeeping} from '../../../src/server/governing/housekeeping.ts';
import {
  UNWRITTEN_CHARACTERS_MAX,
  UNWRITTEN_OPERATIONS_MAX,
} from '../../../src/server/governing/limits.ts';
import {Upkeep} from '../../../src/server/governing/upkeep.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import type {Operation, Store, Transaction, TransactionOutcome} from '../../../src/store/port.ts';
import {LONG_MS, until} from '../../support/until.ts';
import {NOW_MS, status, withLostAnswers} from '../admin/fixture.ts';

const keys = new Keys('/sm', 'sm');
const fencingKey = {key: keys.ownership('sm', 'orders'), target: 'mod', value: 2} as const;
const unused = (): Promise<never> => Promise.reject(new Error('there are no leases'));

/** Each transaction is answered after others had their turn, or has no known outcome. */
class SlowStore extends MemoryStore {
  sent = 0;
  private readonly answers: 'late' | 'never';

  constructor(answers: 'late' | 'never') {
    super();
    this.answers = answers;
  }

  override async transact(transaction: Transaction): Promise<TransactionOutcome> {
    this.sent += 1;
    await new Promise(setImmediate);
    if (this.answers === 'late') return super.transact(transaction);
    return {kind: 'unknown', error: new SmError('STORE_UNAVAILABLE', 'no answer')};
  }
}

let memory: MemoryStore;
let clock: Clock;
beforeEach(async () => {
  memory = new MemoryStore();
  clock = {...systemClock(), wallMs: () => NOW_MS};
  await write({op: 'put', key: fencingKey.key, value: '{}'});
  await respec({});
});

/** Writes the app's spec anew. */
function respec(over: object): Promise<number> {
  const spec = {service: 'orders', createTime: 1, maxShardCount: 0, maxRecoveryTime: 0, ...over};
  return write({op: 'put', key: keys.appSpec('orders'), value: JSON.stringify(spec)});
}

async function write(...then: Operation[]): Promise<number> {
  const outcome = await memory.transact({compares: [], then});
  if (outcome.kind !== 'committed') throw new Error('not written');
  return outcome.revision;
}

function housekeeping(store: Store, summaryLost?: () => void): Housekeeping {
  const leases = {
    grant: unused,
    keepAliveOnce: unused,
    grantedSeconds: unused,
    revoke: unused,
    close: () => undefined,
  };
  const options = {app: 'orders', keys, store, fencingKey, leases, clock, logger: silentLogger};
  const loseLeadership = (): never => {
    throw new Error('lostLeadership');
  };
  return new Housekeeping(options, loseLeadership, summaryLost);
}

it('a summary that may not have been written is said to be lost, one that was written is not', async () => {
  let lost = 0;
  const noteLost = (): void => void (lost += 1);
  await housekeeping(memory, noteLost).carryOut({type: 'status', status: status({})});
  expect(lost).toBe(0);
  const silent = new SlowStore('never');
  silent.get = (key) => memory.get(key);
  silent.getMany = (wanted) => memory.getMany(wanted);
  await housekeeping(silent, noteLost).carryOut({type: 'status', status: status({})});
  expect(lost).toBe(1);
});

it('a summary is lost where nothing of the app could be read before', async () => {
  let lost = 0;
  memory.getMany = () => Promise.reject(new Error('no answer'));
  const chores = housekeeping(memory, () => void (lost += 1));
  await chores.carryOut({type: 'status', status: status({})});
  expect(lost).toBe(1);
});

describe('summaries', () => {
  const summaryOf = (note: string) => ({type: 'status' as const, status: status({governor: note})});

  async function stored(): Promise<string> {
    const {entry} = await memory.get(keys.status('orders'));
    return (JSON.parse(entry?.value ?? '{}') as {governor?: string}).governor ?? '';
  }

  it('that had no answer and are carried out late replace none that came after them', async () => {
    const late: Transaction[] = [];
    const transact = memory.transact.bind(memory);
    const chores = housekeeping(memory);
    await chores.carryOut(summaryOf('first'));
    memory.transact = (transaction) => {
      late.push(transaction);
      const error = new SmError('STORE_UNAVAILABLE', 'no answer');
      return Promise.resolve({kind: 'unknown', error});
    };
    await chores.carryOut(summaryOf('late'));
    memory.transact = transact;
    await chores.carryOut(summaryOf('newest'));
    for (const transaction of late) await memory.transact(transaction);
    expect(late).toHaveLength(1);
    expect(await stored()).toBe('newest');
  });

  it('that come while one is being written follow it, and only the newest of them', async () => {
    const slow = new SlowStore('late');
    for (const {key, value} of (await memory.list([''])).entries)
      await slow.transact({compares: [], then: [{op: 'put', key, value}]});
    memory = slow;
    const chores = housekeeping(slow);
    slow.sent = 0;
    const notes = ['1', '2', '3', '4'];
    await Promise.all(notes.map((note) => chores.carryOut(summaryOf(note))));
    expect(await stored()).toBe('4');
    expect(slow.sent).toBeLessThanOrEqual(3);
  });
});

describe('an eviction', () => {
  const heartbeat = keys.heartbeat('orders', 'c1-1');

  /** States that the history tells of c1 after an eviction whose answer had this fate. */
  async function reported(
    fate: 'applied' | 'dropped' | 'answered',
    renewed = false,
  ): Promise<string[]> {
    const mod = await write({op: 'put', key: heartbeat, value: '{}'});
    if (renewed) await write({op: 'put', key: heartbeat, value: '{"seq":2}'});
    const chores = housekeeping(withLostAnswers(memory, [fate]));
    await chores.carryOut({
      type: 'evict',
      container: 'c1',
      incarnation: 'c1-1',
      mod,
      idMod: 0,
      idOf: 'nobody',
    });
    await chores.carryOut({type: 'status', status: status({})});
    const {entries} = await memory.list([keys.eventsPrefix('orders')]);
    return entries.flatMap(({value}) => {
      const round = decodeEventRound(value);
      return round.ok ? round.value.map((event) => ('state' in event ? event.state : '')) : [];
    });
  }

  it('is told of when it was carried out, also when the answer was lost', async () => {
    expect(await reported('answered')).toEqual(['lost']);
    memory = new MemoryStore();
    await write({op: 'put', key: fencingKey.key, value: '{}'});
    await respec({});
    expect(await reported('applied')).toEqual(['lost']);
  });

  it('by an operator leaves its word in the id, which nobody holds then', async () => {
    const id = keys.containerId('orders', 'c1');
    for (const isOrdered of [true, undefined]) {
      const mod = await write({op: 'put', key: heartbeat, value: '{}'});
      const idMod = await write({op: 'put', key: id, value: encodeIdHolder('c1-1')});
      const of = {container: 'c1', incarnation: 'c1-1', mod, idMod, idOf: 'own'} as const;
      await housekeeping(memory).carryOut({
        ...{type: 'evict' as const, ...of},
        ...(isOrdered && {isOrdered}),
      });
      const {entry} = await memory.get(id);
      const noted = isOrdered && {incarnation: '', evicted: 'c1-1'};
      expect(entry && decodeIdValue(entry.value)).toEqual(noted);
    }
  });

  it.each([
    ['leaves its word in an id that nobody has', 'nobody', {incarnation: '', evicted: 'c1-1'}],
    ['leaves the id of another', 'another', {incarnation: 'c1-2', evicted: ''}],
  ] as const)('by an operator %s', async (_case, idOf, left) => {
    const id = keys.containerId('orders', 'c1');
    const mod = await write({op: 'put', key: heartbeat, value: '{}'});
    const idMod =
      idOf === 'nobody' ? 0 : await write({op: 'put', key: id, value: encodeIdHolder('c1-2')});
    const of = {container: 'c1', incarnation: 'c1-1', mod, idMod, idOf};
    await housekeeping(memory).carryOut({type: 'evict', ...of, isOrdered: true});
    const {entry} = await memory.get(id);
    expect(entry && decodeIdValue(entry.value)).toEqual(left);
    expect((await memory.get(heartbeat)).entry).toBeUndefined();
  });

  it('by an operator waits where the container has taken its id unseen: nothing would tell it', async () => {
    const id = keys.containerId('orders', 'c1');
    const mod = await write({op: 'put', key: heartbeat, value: '{}'});
    await write({op: 'put', key: id, value: encodeIdHolder('c1-1')});
    const of = {container: 'c1', incarnation: 'c1-1', mod, idMod: 0, idOf: 'nobody'} as const;
    await housekeeping(memory).carryOut({type: 'evict', ...of, isOrdered: true});
    expect((await memory.get(heartbeat)).entry).toBeDefined();
  });

  it('is not told of when the container came back in time, or nothing was written', async () => {
    expect(await reported('answered', true)).toEqual([]);
    expect(await reported('dropped')).toEqual([]);
  });
});

describe('a round of history', () => {
  const eventOf = (container: string) => ({container, incarnation: 'i', at: '', state: 'lost'});
  const recordOf = (container: string) =>
    ({type: 'recordEvents', events: [eventOf(container)]}) as never;

  async function kept(): Promise<string[]> {
    const {entries} = await memory.list([keys.eventsPrefix('orders')]);
    return entries.flatMap(({value}) =>
      (JSON.parse(value) as {container: string}[]).map(({container}) => container),
    );
  }

  it.each(['dropped', 'applied'] as const)(
    'whose write was %s without an answer is kept once, in its place, with the next',
    async (fate) => {
      const chores = housekeeping(withLostAnswers(memory, [fate, fate]));
      for (const one of ['c1', 'c2', 'c3']) await chores.carryOut(recordOf(one));
      expect(await kept()).toEqual(['c1', 'c2', 'c3']);
    },
  );

  it('that may not have been written goes with the next summary, and then no more', async () => {
    const chores = housekeeping(withLostAnswers(memory, ['dropped']));
    await chores.carryOut(recordOf('c1'));
    await chores.carryOut({type: 'status', status: status({})});
    expect(await kept()).toEqual(['c1']);
    const {entries} = await memory.list([keys.eventsPrefix('orders')]);
    await chores.carryOut({type: 'status', status: status({})});
    expect((await memory.list([keys.eventsPrefix('orders')])).entries).toEqual(entries);
  });

  it('that is too large by itself is tried once: it would keep the summary from being written', async () => {
    const chores = housekeeping(withLostAnswers(memory, ['dropped']));
    await chores.carryOut(recordOf('c'.repeat(UNWRITTEN_CHARACTERS_MAX)));
    await chores.carryOut({type: 'status', status: status({})});
    expect(await kept()).toEqual([]);
  });

  it('is lost where too much was not written: the transaction stays below the limits of etcd', async () => {
    const store = withLostAnswers(
      memory,
      Array.from({length: 200}, () => 'dropped' as const),
    );
    const chores = housekeeping(store);
    for (let at = 0; at < 201; at += 1) await chores.carryOut(recordOf(`c${at}`));
    const left = await kept();
    expect(left).toHaveLength(UNWRITTEN_OPERATIONS_MAX);
    expect(left.at(-1)).toBe('c200');
  });
});

describe('a removal', () => {
  /** Steps that are asked for while the first waits for its answer; transactions that are sent. */
  async function sent(answers: 'late' | 'never'): Promise<number> {
    const shards: {shard: string; mod: number}[] = [];
    for (let at = 0; at < 1_000; at += 1) {
      const shard = `s${at}`;
      const mod = await write({op: 'put', key: keys.shardSpec('orders', shard), value: '{}'});
      shards.push({shard, mod});
    }
    const slow = new SlowStore(answers);
    Object.assign(slow, {kv: memory.kv});
    const chores = housekeeping(slow);
    const steps = Array.from({length: 5}, () => chores.carryOut({type: 'deleteSpecs', shards}));
    await Promise.all(steps);
    return slow.sent;
  }

  it('sends each step once, however often it is asked for meanwhile', async () => {
    expect(await sent('late')).toBe(10);
    expect(memory.kv.list(keys.shardSpecPrefix('orders'))).toEqual([]);
  });

  it('waits for its next step where the store gives no answer', async () => {
    expect(await sent('never')).toBe(1);
  });
});

it('of a long history every round that is too old goes, some with each new one', async () => {
  const old = Array.from({length: 1_060}, (_, at) =>
    keys.moves('orders', String(at).padStart(14, '0')),
  );
  for (const key of old) await write({op: 'put', key, value: '[]'});
  const chores = housekeeping(memory);
  const moves: FinishedMove[] = [];
  const {list} = memory;
  memory.list = () => Promise.reject(new Error('etcd does not answer'));
  await chores.carryOut({type: 'recordMoves', moves});
  memory.list = list;
  for (let round = 0; round < 3; round += 1) await chores.carryOut({type: 'recordMoves', moves});
  expect((await memory.list([keys.movesPrefix('orders')])).entries).toHaveLength(1_000);
});

it('upkeep that is stopped and started while a round is under way goes on once', async () => {
  const timers = new Set<() => void>();
  const ticking: Clock = {
    ...clock,
    after: (_delayMs, callback) => {
      timers.add(callback);
      return {cancel: () => void timers.delete(callback)};
    },
  };
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  let rounds = 0;
  const scan: Store['scan'] = async (...args) => {
    await held;
    rounds += 1;
    return memory.scan(...args);
  };
  const store = new Proxy<Store>(memory, {
    get: (target, name) => {
      const member: unknown = name === 'scan' ? scan : Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  const record = {v: 1, epoch: 1, clusterId: 'memory', maxRevision: 1};
  const cluster = {record, mod: 0, doubt: undefined};
  const upkeep = new Upkeep({
    ...{store, keys, clock: ticking, logger: silentLogger, cluster, compaction: 'off'},
  });
  upkeep.start();
  const [first] = timers;
  timers.clear();
  first?.();
  upkeep.stop();
  upkeep.start();
  answer();
  await until(() => rounds === 1, LONG_MS, 'the round goes on');
  await new Promise(setImmediate);
  expect(timers.size).toBe(1);
  upkeep.stop();
  expect(timers.size).toBe(0);
});
