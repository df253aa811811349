/** What a governor writes beside records, when it governs no more, or when somebody else has written meanwhile. */
import {beforeEach, describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import type {GovernorAction} from '../../../src/governor/actions.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {Housekeeping} from '../../../src/server/governing/housekeeping.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import type {Transaction, TransactionOutcome} from '../../../src/store/port.ts';
import {status} from '../admin/fixture.ts';

const APP = 'orders';
const keys = new Keys('/sm', 'sm');
const GOVERNS = keys.ownership('sm', APP);
const HB = keys.heartbeat(APP, 'i1');
const ID = keys.containerId(APP, 'c1');
const SPEC = keys.shardSpec(APP, 's');
const APP_SPEC = keys.appSpec(APP);
const LIVE = {service: APP, createTime: 1, maxShardCount: 0, maxRecoveryTime: 0};

/** Somebody writes right before the next transaction. */
class RacingStore extends MemoryStore {
  faster: string | undefined;

  override async transact(transaction: Transaction): Promise<TransactionOutcome> {
    const key = this.faster;
    this.faster = undefined;
    if (key !== undefined) await this.write(key);
    return super.transact(transaction);
  }

  /** The revision of it. */
  async write(key: string, value: object = {}): Promise<number> {
    const then = [{op: 'put' as const, key, value: encodeRecord(value)}];
    await super.transact({compares: [], then});
    return this.kv.revision;
  }

  has(key: string): boolean {
    return this.kv.get(key) !== undefined;
  }
}

let store: RacingStore;
let chores: Housekeeping;
let lostLeadership: number;
beforeEach(async () => {
  store = new RacingStore();
  lostLeadership = 0;
  const value = await store.write(GOVERNS);
  const unused = (): Promise<never> => Promise.reject(new Error('there are no leases'));
  const leases = {
    grant: unused,
    keepAliveOnce: unused,
    grantedSeconds: unused,
    revoke: unused,
    close: () => undefined,
  };
  const fencingKey = {key: GOVERNS, target: 'mod', value} as const;
  const options = {app: APP, keys, store, fencingKey, leases, clock: systemClock()};
  chores = new Housekeeping({...options, logger: silentLogger}, () => (lostLeadership += 1));
});

const MOVE = {
  ...{id: 'm', shard: 's', from: 'c1', to: 'c2', why: 'balance', outcome: 'done'},
  ...{startedAt: '', endedAt: ''},
};

const RECORD = {
  ...{v: 1, state: 'owned', container: 'c1', incarnation: 'i1', token: '', lastError: ''},
  ...{ready: true, move: null, failures: 0, taskVersion: 0},
};

describe('a governor that governs no more', () => {
  const CHORES: readonly [string, () => Promise<Parameters<Housekeeping['carryOut']>[0]>][] = [
    [
      'evicts nobody',
      async () => ({
        ...{type: 'evict', container: 'c1', incarnation: 'i1', mod: await store.write(HB)},
        ...{idMod: 0, idOf: 'nobody' as const},
      }),
    ],
    ['tells nothing', async () => ({type: 'status', status: status({})})],
    ['records no moves', async () => ({type: 'recordMoves', moves: [MOVE] as never})],
    [
      'deletes no specs',
      async () => ({type: 'deleteSpecs', shards: [{shard: 's', mod: await store.write(SPEC)}]}),
    ],
  ];

  for (const [what, chore] of CHORES)
    it(`${what}, and hears of it`, async () => {
      await store.write(APP_SPEC, LIVE);
      const action = await chore();
      await store.write(GOVERNS);
      const {revision} = store.kv;
      await chores.carryOut(action);
      expect(store.kv.revision).toBe(revision);
      expect(lostLeadership).toBeGreaterThan(0);
    });

  it('removes nothing of an app', async () => {
    await store.write(APP_SPEC, {...LIVE, deleting: true});
    await store.write(GOVERNS);
    await chores.carryOut({type: 'finishRemoval'});
    expect(store.has(APP_SPEC)).toBe(true);
    expect(store.has(GOVERNS)).toBe(true);
  });
});

describe('an eviction', () => {
  function evict(mod: number, idMod: number): Promise<void> {
    const of = {container: 'c1', incarnation: 'i1', mod, idMod} as const;
    const action = {type: 'evict', ...of, idOf: idMod === 0 ? 'nobody' : 'own'} as const;
    return chores.carryOut(action);
  }

  it('takes the heartbeat and the id that is held by it', async () => {
    const mod = await store.write(HB);
    await evict(mod, await store.write(ID));
    expect([store.has(HB), store.has(ID), lostLeadership]).toEqual([false, false, 0]);
  });

  it('is none when the container has beaten meanwhile', async () => {
    const mod = await store.write(HB);
    store.faster = HB;
    await evict(mod, 0);
    expect([store.has(HB), lostLeadership]).toEqual([true, 0]);
  });

  it('never takes the id of a successor', async () => {
    const mod = await store.write(HB);
    const idMod = await store.write(ID);
    store.faster = ID;
    await evict(mod, idMod);
    expect(store.has(ID)).toBe(true);
  });
});

describe('an app that is being removed', () => {
  const removal: GovernorAction & {type: 'finishRemoval'} = {type: 'finishRemoval'};
  beforeEach(() => store.write(APP_SPEC, {...LIVE, deleting: true}));

  it('loses every key', async () => {
    for (const key of [keys.status(APP), keys.governedBy(APP)]) await store.write(key);
    await chores.carryOut(removal);
    expect(store.kv.list('/sm/').filter(({key}) => key.includes(APP))).toMatchObject([
      {key: GOVERNS},
    ]);
  });

  for (const [what, key, value] of [
    ['a container lives', HB, {}],
    ['a record stands', keys.ownership(APP, 's'), RECORD],
    ['a shard has a spec', SPEC, {}],
  ] as const)
    it(`loses nothing while ${what}`, async () => {
      await store.write(keys.status(APP));
      await store.write(key, value);
      await chores.carryOut(removal);
      for (const one of [APP_SPEC, keys.status(APP), key]) expect(store.has(one)).toBe(true);
    });

  it('keeps what was written since it was listed', async () => {
    await store.write(ID);
    store.faster = ID;
    await chores.carryOut(removal);
    expect([store.has(ID), store.has(APP_SPEC)]).toEqual([true, true]);
  });

  it('is told nothing more of', async () => {
    await chores.carryOut({type: 'status', status: status({})});
    await chores.carryOut({type: 'recordMoves', moves: [MOVE] as never});
    expect([store.has(keys.status(APP)), lostLeadership]).toEqual([false, 0]);
    expect(store.kv.list(keys.movesPrefix(APP))).toEqual([]);
  });

  it('is told nothing more of once its spec says so, however lately it was known to live', async () => {
    await store.write(APP_SPEC, LIVE);
    await chores.carryOut({type: 'status', status: status({})});
    const reported = store.kv.get(keys.status(APP))?.mod;
    expect(reported).toBeDefined();
    await store.write(APP_SPEC, {...LIVE, deleting: true});
    await chores.carryOut({type: 'status', status: status({})});
    expect(store.kv.get(keys.status(APP))?.mod).toBe(reported);
  });

  it('is not the one of that name which was created meanwhile', async () => {
    await store.write(keys.governedBy(APP));
    store.faster = APP_SPEC;
    await chores.carryOut(removal);
    expect([store.has(APP_SPEC), store.has(keys.governedBy(APP))]).toEqual([true, true]);
  });

  it('is one whose spec says so: another loses nothing', async () => {
    await store.write(APP_SPEC, LIVE);
    await chores.carryOut(removal);
    expect(store.has(APP_SPEC)).toBe(true);
  });

  it('keeps a spec that was written again since it was seen', async () => {
    const mod = await store.write(SPEC);
    store.faster = SPEC;
    await chores.carryOut({type: 'deleteSpecs', shards: [{shard: 's', mod}]});
    expect(store.has(SPEC)).toBe(true);
  });
});
