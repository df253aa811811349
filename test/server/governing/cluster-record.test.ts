/** The record that ties the prefix to one history of etcd: what it notices, and how tokens stay newer than all before. */
import {beforeEach, describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import type {ClusterRecord} from '../../../src/model/status.ts';
import type {StoreDoubt} from '../../../src/model/store-doubt.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';
import {
  acceptRestore,
  markRestored,
  noteRevision,
  openCluster,
  readCluster,
} from '../../../src/server/governing/cluster-record.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import type {StoreStatus} from '../../../src/store/port.ts';

const keys = new Keys('/sm', 'sm');

/** Says of itself what the test wants; a rival writes the record between its reading and the next write. */
class DoubtfulStore extends MemoryStore {
  says: StoreStatus = {clusterId: 'one', revision: 100};
  rival: Partial<ClusterRecord> | undefined;
  /** Written after the status was read. */
  rivalAfterStatus: Partial<ClusterRecord> | undefined;

  override async status(): Promise<StoreStatus> {
    const {says, rivalAfterStatus} = this;
    this.rivalAfterStatus = undefined;
    if (rivalAfterStatus !== undefined) await this.write(rivalAfterStatus);
    return says;
  }

  override async get(key: string): ReturnType<MemoryStore['get']> {
    const reply = await super.get(key);
    const {rival} = this;
    this.rival = undefined;
    if (rival !== undefined) await this.write(rival);
    return reply;
  }

  async write(fields: Partial<ClusterRecord>): Promise<void> {
    const record = {v: 1, epoch: 1, clusterId: 'one', maxRevision: 100, ...fields};
    const then = [{op: 'put' as const, key: keys.cluster(), value: encodeRecord(record)}];
    await this.transact({compares: [], then});
  }

  get record(): ClusterRecord {
    return JSON.parse(this.kv.get(keys.cluster())?.value ?? '{}') as ClusterRecord;
  }
}

let store: DoubtfulStore;
beforeEach(() => {
  store = new DoubtfulStore();
});

describe('opening', () => {
  it('an empty prefix makes the record of this history', async () => {
    expect(await openCluster(store, keys)).toMatchObject({doubt: undefined});
    expect(store.record).toMatchObject({epoch: 1, clusterId: 'one', maxRevision: 100});
  });

  it('does not write over a record that another daemon was faster to make', async () => {
    store.rival = {epoch: 7};
    expect(await openCluster(store, keys)).toMatchObject({record: {epoch: 7}});
    expect(store.record.epoch).toBe(7);
  });

  it('is no doubt when another daemon notes a newer revision between the two reads', async () => {
    for (const _ of [1, 2, 3, 4]) await store.write({maxRevision: 1});
    store.says = {clusterId: 'one', revision: 3};
    store.rivalAfterStatus = {maxRevision: 4};
    expect(await openCluster(store, keys)).toMatchObject({doubt: undefined});
    store.rivalAfterStatus = {maxRevision: 5};
    expect(await readCluster(store, keys)).toMatchObject({doubt: undefined});
  });

  it('tells another cluster, and a history that has gone back', async () => {
    await store.write({});
    store.says = {clusterId: 'two', revision: 100};
    const doubt = async (): Promise<StoreDoubt | undefined> =>
      (await openCluster(store, keys)).doubt;
    expect(await doubt()).toEqual({kind: 'anotherCluster', found: 'two', known: 'one'});
    store.says = {clusterId: 'one', revision: 99};
    expect(await doubt()).toEqual({kind: 'wentBack', found: 99, known: 100});
    store.says = {clusterId: 'one', revision: 100};
    expect(await doubt()).toBeUndefined();
  });
});

describe('the mark of how far the history has come', () => {
  it('never goes back', async () => {
    const known = await openCluster(store, keys);
    store.says = {clusterId: 'one', revision: 90};
    await noteRevision(store, keys, known);
    expect(store.record.maxRevision).toBe(100);
  });

  it('keeps the epoch where somebody has deleted the record', async () => {
    await store.write({epoch: 5});
    const known = await openCluster(store, keys);
    const then = [{op: 'delete', key: keys.cluster()}] as const;
    await store.transact({compares: [], then});
    expect((await noteRevision(store, keys, known)).record).toMatchObject({epoch: 5});
    expect(store.record.epoch).toBe(5);
  });
});

describe('a restore', () => {
  it('is accepted with an epoch beyond the record and beyond all that was seen', async () => {
    await store.write({epoch: 3, restored: 'a snapshot'});
    expect((await acceptRestore(store, keys, 3, 0)).record).toMatchObject({epoch: 4});
    expect(store.record.restored).toBeUndefined();
    expect((await acceptRestore(store, keys, 9, 0)).record).toMatchObject({epoch: 10});
  });

  it('is accepted with an epoch that nobody has seen, also where the same backup was accepted before', async () => {
    const backup = {epoch: 3, restored: 'a snapshot'};
    const epochs: number[] = [];
    for (const wallMs of [1_000.5, 61_001]) {
      await store.write(backup);
      epochs.push((await acceptRestore(store, keys, 3, wallMs)).record.epoch);
    }
    expect(epochs).toEqual([1_000, 61_001]);
  });

  it('is kept with when it was noticed, and up to where all have stopped; not where nobody doubted the store', async () => {
    await store.write({epoch: 3});
    expect((await acceptRestore(store, keys, 3, 5_000)).record.accepted).toBeUndefined();
    await markRestored(store, keys, 5_000, {kind: 'reported', text: 'a snapshot'}, 6_000);
    const {revision} = await store.status();
    const {record} = await acceptRestore(store, keys, 5_000, 9_000);
    expect(record.accepted).toEqual({revision, sinceMs: 6_000});
    expect(record.restoredAtMs).toBeUndefined();
    const forced = await acceptRestore(store, keys, record.epoch, 20_000);
    expect(forced.record.accepted).toEqual(record.accepted);
  });

  it('is not marked again by one that comes late: its acceptance stands', async () => {
    await store.write({epoch: 4});
    await markRestored(store, keys, 3, {kind: 'reported', text: 'a snapshot'}, 1_000);
    expect(store.record).toMatchObject({epoch: 4});
    expect(store.record.restored).toBeUndefined();
    await markRestored(store, keys, 4, {kind: 'wentBack', found: 9, known: 10}, 1_000);
    expect(store.record).toMatchObject({
      epoch: 4,
      restored: 'etcd has gone back from revision 10 to 9',
    });
  });
});
