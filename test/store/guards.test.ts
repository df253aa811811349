/** Each guard of a transition in the store: what it lets pass, and everything that it must not. */
import {beforeEach, describe, expect, it} from 'vitest';
import {Keys} from '../../src/etcd/keys.ts';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import type {RecordGuard} from '../../src/model/transition.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {MemoryStore} from '../support/memory-store.ts';
import {
  compareOf,
  ownChange,
  transitionOutcome,
  transitionTransaction,
} from '../../src/store/ownership-transactions.ts';
import type {FencingKey} from '../../src/store/ownership-transactions.ts';
import {holds} from '../../src/store/port.ts';
import type {KeyValue} from '../../src/store/port.ts';

const APP = 'app';
const keys = new Keys('/sm', 'sm');
const RECORD: OwnershipRecord = {
  ...{v: 1, state: 'assigned', container: 'c1', incarnation: 'i1', token: '', ready: false},
  ...{move: null, failures: 0, lastError: ''},
};

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

async function put(key: string, value = '{}'): Promise<KeyValue> {
  const then = [{op: 'put' as const, key, value}];
  await store.transact({compares: [], then});
  const entry = store.kv.get(key);
  if (entry === undefined) throw new Error(`${key} was not written`);
  return entry;
}

async function remove(key: string): Promise<void> {
  const then = [{op: 'delete' as const, key}];
  await store.transact({compares: [], then});
}

function passes(guard: RecordGuard, fencingKey?: FencingKey): boolean {
  const compare = compareOf(keys, APP, fencingKey, guard);
  return holds(compare, store.kv.get(compare.key));
}

describe('a record', () => {
  const key = keys.ownership(APP, 's');

  it('as last seen passes; any other version, and none, do not', async () => {
    expect(passes({kind: 'own', shard: 's', mod: 0})).toBe(true);
    const {mod} = await put(key);
    expect(passes({kind: 'own', shard: 's', mod})).toBe(true);
    expect(passes({kind: 'own', shard: 's', mod: 0})).toBe(false);
    const again = await put(key);
    expect(passes({kind: 'own', shard: 's', mod})).toBe(false);
    await remove(key);
    expect(passes({kind: 'own', shard: 's', mod: again.mod})).toBe(false);
  });

  it('as hinted passes; one that differs in anything, and none, do not', async () => {
    const guard: RecordGuard = {kind: 'ownIs', shard: 's', record: RECORD};
    expect(passes(guard)).toBe(false);
    await put(key, encodeRecord(RECORD));
    expect(passes(guard)).toBe(true);
    await put(key, encodeRecord({...RECORD, failures: 1}));
    expect(passes(guard)).toBe(false);
  });
});

describe('a heartbeat', () => {
  const key = keys.heartbeat(APP, 'i1');

  it('that must exist passes while it does', async () => {
    const guard: RecordGuard = {kind: 'heartbeatExists', incarnation: 'i1'};
    expect(passes(guard)).toBe(false);
    await put(key);
    expect(passes(guard)).toBe(true);
    await remove(key);
    expect(passes(guard)).toBe(false);
  });

  it('that must be gone passes while it is', async () => {
    const guard: RecordGuard = {kind: 'heartbeatAbsent', incarnation: 'i1'};
    expect(passes(guard)).toBe(true);
    await put(key);
    expect(passes(guard)).toBe(false);
  });

  it('that must be mine passes through all my beats, and no other registration does', async () => {
    const {create} = await put(key);
    const guard: RecordGuard = {kind: 'heartbeatCreated', incarnation: 'i1', create};
    await put(key);
    expect(passes(guard)).toBe(true);
    await remove(key);
    expect(passes(guard)).toBe(false);
    await put(key);
    expect(passes(guard)).toBe(false);
  });
});

describe('the fencing key', () => {
  const key = keys.ownership('sm', APP);

  it('passes at the revision of the claim only', async () => {
    const {mod} = await put(key);
    const fencingKey: FencingKey = {key, target: 'mod', value: mod};
    expect(passes({kind: 'fencingKey'}, fencingKey)).toBe(true);
    await put(key);
    expect(passes({kind: 'fencingKey'}, fencingKey)).toBe(false);
  });

  it('of the leader passes for the key of its election only', async () => {
    const leader = keys.leader();
    const {create} = await put(leader);
    const fencingKey: FencingKey = {key: leader, target: 'create', value: create};
    expect(passes({kind: 'fencingKey'}, fencingKey)).toBe(true);
    await remove(leader);
    await put(leader);
    expect(passes({kind: 'fencingKey'}, fencingKey)).toBe(false);
  });

  it('that is lost is told as lost, not as a race for the record', async () => {
    const {mod} = await put(key);
    const fencingKey: FencingKey = {key, target: 'mod', value: mod};
    const guards: RecordGuard[] = [{kind: 'fencingKey'}, {kind: 'own', shard: 's', mod: 0}];
    const transition = {kind: 'assign', shard: 's', record: RECORD, guards} as const;
    const transaction = transitionTransaction(keys, APP, fencingKey, transition);
    await put(keys.ownership(APP, 's'), encodeRecord(RECORD));
    const raced = transitionOutcome('s', fencingKey, await store.transact(transaction));
    expect(raced).toMatchObject({kind: 'refused', own: {entry: {value: {container: 'c1'}}}});
    await put(key);
    const lost = transitionOutcome('s', fencingKey, await store.transact(transaction));
    expect(lost).toEqual({kind: 'lostLeadership'});
  });
});

describe('the cluster record and the spec', () => {
  it('pass as they were looked at', async () => {
    const guard: RecordGuard = {kind: 'clusterMod', mod: 0};
    expect(passes(guard)).toBe(true);
    const {mod} = await put(keys.cluster());
    expect(passes(guard)).toBe(false);
    expect(passes({kind: 'clusterMod', mod})).toBe(true);
    await put(keys.cluster());
    expect(passes({kind: 'clusterMod', mod})).toBe(false);
  });

  it('pass while there is a spec, or while there is none', async () => {
    expect(passes({kind: 'specExists', shard: 's'})).toBe(false);
    expect(passes({kind: 'specAbsent', shard: 's'})).toBe(true);
    await put(keys.shardSpec(APP, 's'));
    expect(passes({kind: 'specExists', shard: 's'})).toBe(true);
    expect(passes({kind: 'specAbsent', shard: 's'})).toBe(false);
  });
});

it('a record that cannot be read is not taken for none', async () => {
  const entry = await put(keys.ownership(APP, 's'), 'no record');
  expect(ownChange('s', entry, entry.mod)).toMatchObject({kind: 'corrupt', what: 'own', id: 's'});
});
