/** What may not outlive an app, and what may not hit the next one of its name. */
import {beforeEach, describe, expect, it} from 'vitest';
import {heartbeatAnswer, heartbeatTransaction} from '../../../src/container/transactions.ts';
import {Keys} from '../../../src/etcd/keys.ts';
import {HeartbeatMachine} from '../../../src/ownership/heartbeat.ts';
import type {HeartbeatWrite} from '../../../src/ownership/heartbeat.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {removeApp} from '../../../src/server/governing/app-removal.ts';
import {raiseAlarm} from '../../../src/server/governing/broken-alarm.ts';
import {Housekeeping} from '../../../src/server/governing/housekeeping.ts';
import {ensureGuard} from '../../../src/server/push/guard-lease.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import type {Operation, Store, Transaction} from '../../../src/store/port.ts';
import {status} from '../admin/fixture.ts';
import {SessionBed} from '../../ownership/session-bed.ts';

const APP = 'orders';
const keys = new Keys('/sm', 'sm');
const fencingKey = {key: keys.ownership('sm', APP), target: 'mod', value: 2} as const;
const stillGoverns = {...fencingKey, op: '=' as const};
const leases = {
  grant: () => Promise.resolve('7'),
  keepAliveOnce: () => Promise.resolve(true),
  grantedSeconds: () => Promise.resolve(undefined),
  revoke: () => Promise.resolve(),
  close: () => undefined,
};

const IDENTITY = {
  ...{v: 1, container: 'c1', ttlMs: 10_000, endpoint: '', host: '', pid: 1, bootId: ''},
  ...{zone: '', labels: {}, version: '', sdk: ''},
};

let store: MemoryStore;
beforeEach(async () => {
  store = new MemoryStore();
  await write({op: 'put', key: fencingKey.key, value: '{}'});
});

async function write(...then: Operation[]): Promise<number> {
  const outcome = await store.transact({compares: [], then});
  if (outcome.kind !== 'committed') throw new Error('not written');
  return outcome.revision;
}

function putSpec(over: object = {}): Promise<number> {
  const spec = {service: APP, createTime: 1, maxShardCount: 0, maxRecoveryTime: 0, ...over};
  return write({op: 'put', key: keys.appSpec(APP), value: JSON.stringify(spec)});
}

async function runtimeKeys(): Promise<string[]> {
  const {entries} = await store.list([keys.appRuntimePrefix(APP)]);
  return entries.map(({key}) => key);
}

/** The store, which keeps transactions that would write back until `release`. */
function delayed(): {slow: Store; release: () => Promise<void>} {
  const waiting: (() => Promise<void>)[] = [];
  const transact = (transaction: Transaction): ReturnType<Store['transact']> =>
    new Promise((resolve) => {
      waiting.push(async () => resolve(await store.transact(transaction)));
    });
  const slow = new Proxy<Store>(store, {
    get(target, name) {
      if (name === 'transact') return transact;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  const release = async (): Promise<void> => {
    while (waiting.length > 0) {
      await waiting.shift()?.();
      await new Promise(setImmediate);
    }
  };
  return {slow, release};
}

const turn = (): Promise<void> => new Promise(setImmediate);

function housekeeping(through: Store): Housekeeping {
  const clock = systemClock();
  const options = {app: APP, keys, store: through, fencingKey, leases, clock, logger: silentLogger};
  return new Housekeeping(options, () => {
    throw new Error('lost leadership');
  });
}

describe('a write of an app that arrives once its removal has begun', () => {
  const place = {app: APP, governor: 'd1', keys, fencingKey, clock: systemClock()};
  const writes: [string, (through: Store) => Promise<unknown>][] = [
    [
      'status and events',
      (through) => housekeeping(through).carryOut({type: 'status', status: status({})}),
    ],
    ['moves', (through) => housekeeping(through).carryOut({type: 'recordMoves', moves: []})],
    [
      'an alarm',
      (through) =>
        raiseAlarm({...place, store: through}, {code: 'GOVERNOR_BROKEN', text: 'broken'}),
    ],
    [
      'the guard of push containers',
      (through) => ensureGuard({app: APP, keys, store: through, leases}),
    ],
  ];

  it.each(writes)('writes nothing: %s', async (_what, begin) => {
    await putSpec();
    const {slow, release} = delayed();
    const done = begin(slow);
    await turn();
    await putSpec({deleting: true});
    await release();
    await done;
    expect(await runtimeKeys()).toEqual([]);
  });

  it.each(writes)('and is repeated when the spec was only changed: %s', async (what, begin) => {
    await putSpec();
    const {slow, release} = delayed();
    const done = begin(slow);
    await turn();
    await putSpec({maxShardCount: 3});
    await release();
    await done;
    // The guard is tried again by those who write it.
    const repeats = !what.startsWith('the guard');
    expect((await runtimeKeys()).length > 0).toBe(repeats);
  });
});

describe('the registration of a container', () => {
  function first(): HeartbeatWrite {
    const machine = new HeartbeatMachine('inc', IDENTITY, () => 'n');
    const due = machine.due(0);
    if (due === undefined) throw new Error('nothing is due');
    return due;
  }

  it('is refused by an app that is gone or being removed, and repeated under a changed spec', async () => {
    const specMod = await putSpec();
    const registration = heartbeatTransaction(keys, APP, first(), specMod);
    const changed = await putSpec({maxShardCount: 3});
    expect(heartbeatAnswer(first(), await store.transact(registration))).toEqual({
      answer: {kind: 'specChanged'},
      specMod: changed,
    });
    await putSpec({deleting: true});
    expect(heartbeatAnswer(first(), await store.transact(registration))).toEqual({
      answer: {kind: 'appGone'},
    });
    await write({op: 'delete', key: keys.appSpec(APP)});
    expect(heartbeatAnswer(first(), await store.transact(registration))).toEqual({
      answer: {kind: 'appGone'},
    });
    expect(await runtimeKeys()).toEqual([]);
  });

  it('sends again at once when the spec was changed, and ends when the app is gone', () => {
    const bed = new SessionBed();
    bed.answer(bed.beat(), {kind: 'specChanged'});
    expect(bed.asked('heartbeat')).toHaveLength(2);
    const [, again] = bed.asked('heartbeat');
    if (again === undefined) throw new Error('nothing is sent');
    bed.answer(again.write, {kind: 'appGone'});
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'deleted'}]);
  });
});

describe('the removal', () => {
  const remove = (through: Store): Promise<boolean> =>
    removeApp({app: APP, keys, store: through, leases}, stillGoverns);

  it('leaves nothing', async () => {
    await putSpec({deleting: true});
    await write(
      {op: 'put', key: keys.status(APP), value: '{}'},
      {op: 'put', key: keys.governedBy(APP), value: 'sm'},
      {op: 'put', key: keys.governedShard(APP), value: '{}'},
    );
    expect(await remove(store)).toBe(true);
    expect((await store.list(['/sm/'])).entries.map(({key}) => key)).toEqual([fencingKey.key]);
  });

  it.each(['heartbeat', 'nothing'])(
    'leaves no record that cannot be read, once nobody is there who might have its shard; there is: %s',
    async (there) => {
      await putSpec({deleting: true});
      await write({op: 'put', key: keys.ownership(APP, 's1'), value: 'no JSON'});
      if (there === 'heartbeat')
        await write({op: 'put', key: keys.heartbeat(APP, 'inc'), value: 'no JSON'});
      expect(await remove(store)).toBe(there === 'nothing');
      expect((await runtimeKeys()).length).toBe(there === 'nothing' ? 0 : 2);
    },
  );

  it('that arrives late does not touch an app of the same name that was made since', async () => {
    await putSpec({deleting: true});
    const {slow, release} = delayed();
    const removed = remove(slow);
    await turn();
    await write({op: 'delete', key: keys.appSpec(APP)});
    const created = await putSpec();
    await write({op: 'put', key: keys.governedBy(APP), value: 'sm'});
    await release();
    expect(await removed).toBe(false);
    const {entries} = await store.getMany([keys.appSpec(APP), keys.governedBy(APP)]);
    expect(entries.map((entry) => entry?.mod)).toEqual([created, created + 1]);
  });

  it('does nothing where the listing does not show that it has begun', async () => {
    await putSpec();
    expect(await remove(store)).toBe(false);
    expect((await store.get(keys.appSpec(APP))).entry).toBeDefined();
  });
});
