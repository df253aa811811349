/** What a container writes about itself, against a store in which somebody else was faster. */
import {beforeEach, describe, expect, it} from 'vitest';
import {
  deregisterTransaction,
  heartbeatAnswer,
  heartbeatTransaction,
  holderAnswer,
  orderedReadTransaction,
  takeIdAnswer,
  takeIdTransaction,
} from '../../src/container/transactions.ts';
import {Keys} from '../../src/etcd/keys.ts';
import type {Heartbeat} from '../../src/model/container.ts';
import {decodeIdValue, encodeIdHolder} from '../../src/protocol/container-id.ts';
import {encodeRecord} from '../../src/protocol/records.ts';
import {MemoryStore} from '../support/memory-store.ts';
import type {Transaction, TransactionOutcome} from '../../src/store/port.ts';

const APP = 'app';
const keys = new Keys('/sm', 'sm');
const HB = keys.heartbeat(APP, 'me');
const ID = keys.containerId(APP, 'c1');

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

/** Writes, or deletes where there is no value; the revision of it. */
async function write(key: string, value?: string): Promise<number> {
  const then = [
    value === undefined ? {op: 'delete' as const, key} : {op: 'put' as const, key, value},
  ];
  await store.transact({compares: [], then});
  return store.kv.revision;
}

function transact(transaction: Transaction): Promise<TransactionOutcome> {
  return store.transact(transaction);
}

function heartbeat(nonce: string): Heartbeat {
  return {
    ...{v: 1, container: 'c1', ttlMs: 10_000, endpoint: '', host: '', pid: 1, bootId: '', zone: ''},
    ...{labels: {}, version: '', sdk: '', seq: 1, nonce, state: 'ready'},
  };
}

describe('a heartbeat', () => {
  async function answered(expectedMod: number, specMod?: number) {
    const attempt = {incarnation: 'me', expectedMod, value: heartbeat('n'), timeoutMs: 1_000};
    const transaction = heartbeatTransaction(keys, APP, attempt, specMod);
    return heartbeatAnswer(attempt, await transact(transaction));
  }

  async function beat(expectedMod: number) {
    return (await answered(expectedMod)).answer;
  }

  it('is written over the version that is mine', async () => {
    const mod = await write(HB, encodeRecord(heartbeat('of before')));
    expect(await beat(mod)).toEqual({kind: 'committed', revision: mod + 1});
  });

  it('is not written over another version: that one is read', async () => {
    const mod = await write(HB, encodeRecord(heartbeat('of before')));
    await write(HB, encodeRecord(heartbeat('of another')));
    expect(await beat(mod)).toMatchObject({kind: 'found', value: {nonce: 'of another'}});
  });

  it('that was taken away does not come back', async () => {
    const mod = await write(HB, encodeRecord(heartbeat('of before')));
    await write(HB);
    expect(await beat(mod)).toEqual({kind: 'absent'});
    expect(store.kv.get(HB)).toBeUndefined();
  });

  it('that registers does so for the app as it was found, or as it is then', async () => {
    const spec = {service: APP, createTime: 1, maxShardCount: 0, maxRecoveryTime: 0};
    const key = keys.appSpec(APP);
    const found = await write(key, encodeRecord(spec));
    const changed = await write(key, encodeRecord({...spec, paused: true}));
    expect(await answered(0, found)).toEqual({answer: {kind: 'specChanged'}, specMod: changed});
    const going = await write(key, encodeRecord({...spec, deleting: true}));
    expect(await answered(0, changed)).toEqual({answer: {kind: 'appGone'}});
    await write(key);
    expect(await answered(0, going)).toEqual({answer: {kind: 'appGone'}});
    expect(store.kv.get(HB)).toBeUndefined();
  });

  it('that cannot be read tells nothing', async () => {
    const mod = await write(HB, 'no heartbeat');
    expect(await beat(mod - 1)).toEqual({kind: 'unknown'});
  });
});

describe('a container id', () => {
  async function take(idMod: number, holder: string, create: number, evicted?: string) {
    const action = {
      ...({type: 'takeId', container: 'c1', incarnation: 'me'} as const),
      ...{create, idMod, holder},
      ...(evicted !== undefined && {evicted}),
    };
    return takeIdAnswer(action, await transact(takeIdTransaction(keys, APP, action)));
  }

  it('that is free is taken', async () => {
    const create = await write(HB, '{}');
    expect(await take(0, '', create)).toEqual({kind: 'taken', idMod: create + 1});
  });

  it('tells whom an operator has evicted from it, also once another has taken it', async () => {
    const create = await write(HB, '{}');
    const idMod = await write(ID, encodeIdHolder('', 'gone'));
    const found = {kind: 'lookAt', holder: '', idMod, evicted: 'gone'};
    expect(await take(0, '', create)).toEqual(found);
    expect(await take(idMod, '', create, 'gone')).toMatchObject({kind: 'taken'});
    expect(decodeIdValue(store.kv.get(ID)?.value ?? '')).toEqual({
      incarnation: 'me',
      evicted: 'gone',
    });
  });

  it('whose holder lives is not stolen, not even by one that believes it dead', async () => {
    const create = await write(HB, '{}');
    const idMod = await write(ID, encodeIdHolder('other'));
    await write(keys.heartbeat(APP, 'other'), '{}');
    expect(await take(idMod, 'other', create)).toEqual({kind: 'lookAt', holder: 'other', idMod});
    expect(store.kv.get(ID)?.mod).toBe(idMod);
    expect(holderAnswer({holder: 'other', idMod}, true)).toEqual({
      kind: 'occupied',
      holder: 'other',
    });
    expect(holderAnswer({holder: 'other', idMod}, false)).toEqual({
      kind: 'free',
      holder: 'other',
      idMod,
    });
  });

  it('whose holder is gone is taken', async () => {
    const create = await write(HB, '{}');
    const idMod = await write(ID, encodeIdHolder('other'));
    expect(await take(idMod, 'other', create)).toMatchObject({kind: 'taken'});
  });

  it('that another has taken meanwhile stays with it', async () => {
    const create = await write(HB, '{}');
    const idMod = await write(ID, encodeIdHolder('dead'));
    await write(keys.heartbeat(APP, 'faster'), '{}');
    await write(ID, encodeIdHolder('faster'));
    expect(await take(idMod, 'dead', create)).toMatchObject({kind: 'lookAt', holder: 'faster'});
  });

  it('is not taken by one whose own heartbeat is gone', async () => {
    const create = await write(HB, '{}');
    await write(HB);
    expect(await take(0, '', create)).toEqual({kind: 'free', idMod: 0, holder: ''});
    expect(store.kv.get(ID)).toBeUndefined();
  });

  it('that is mine already is mine: the answer to the take was lost', async () => {
    const create = await write(HB, '{}');
    const idMod = await write(ID, encodeIdHolder('me'));
    expect(await take(0, '', create)).toEqual({kind: 'taken', idMod});
  });
});

describe('a container that goes', () => {
  function go(create: number, idMod: number): Promise<TransactionOutcome> {
    const action = {type: 'deregister', container: 'c1', incarnation: 'me', create, idMod} as const;
    return transact(deregisterTransaction(keys, APP, action));
  }

  it('takes its heartbeat and its id along', async () => {
    const create = await write(HB, '{}');
    const idMod = await write(ID, encodeIdHolder('me'));
    expect((await go(create, idMod)).kind).toBe('committed');
    expect([store.kv.get(HB), store.kv.get(ID)]).toEqual([undefined, undefined]);
  });

  it('leaves a heartbeat alone that is not of its registration', async () => {
    const create = await write(HB, '{}');
    await write(HB);
    await write(HB, '{}');
    expect((await go(create, 0)).kind).toBe('refused');
    expect(store.kv.get(HB)).toBeDefined();
  });

  it('leaves the id of its successor alone', async () => {
    const create = await write(HB, '{}');
    const idMod = await write(ID, encodeIdHolder('me'));
    await write(ID, encodeIdHolder('successor'));
    expect((await go(create, idMod)).kind).toBe('refused');
    expect(store.kv.get(ID)).toBeDefined();
  });
});

describe('an ordered read', () => {
  it('answers the keys and writes nothing, whether its own key is there or not', async () => {
    await write(ID, 'value');
    for (const present of [false, true]) {
      if (present) await write(HB, '{}');
      const before = store.kv.revision;
      const outcome = await transact(orderedReadTransaction(HB, [ID]));
      expect(outcome).toMatchObject({kind: 'refused', answers: [{value: 'value'}]});
      expect(store.kv.revision).toBe(before);
    }
  });
});
