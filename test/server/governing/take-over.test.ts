/** What is taken over from the Go project, and what containers that are away at that moment have kept. */
import {describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {decodeOwnership} from '../../../src/protocol/records.ts';
import {encodeGuardLease} from '../../../src/protocol/push.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import type {Clock} from '../../../src/runtime/clock.ts';
import {takeOver} from '../../../src/server/governing/take-over.ts';
import {STORED_DELETED_BEFORE_MS, WAITING_LIMIT_MS} from '../../../src/server/push/limits.ts';
import {MemoryStore} from '../../support/memory-store.ts';

const APP = 'app';
const keys = new Keys('/sm', 'sm');
const [HERE, AWAY] = ['10.0.0.1:80', '10.0.0.2:80'];
const beat = (...shards: string[]): string =>
  JSON.stringify({
    timestamp: 1_700_000_000,
    shards: shards.map((id) => ({spec: {id, lease: {id: 7}}, disp: true, drop: false})),
  });

class Bed {
  readonly store = new MemoryStore();
  nowMs = 0;
  /** By the time from which on they are done, ms. */
  readonly later: {atMs: number; work: () => Promise<unknown>}[] = [];

  async put(key: string, value: string): Promise<void> {
    await this.store.transact({compares: [], then: [{op: 'put', key, value}]});
  }

  async filled(...shards: string[]): Promise<this> {
    await this.put('fencing', '');
    await this.put(keys.appSpec(APP), JSON.stringify({service: APP, createTime: 1_700_000_000}));
    for (const id of shards)
      await this.put(keys.shardSpec(APP, id), JSON.stringify({id, service: APP, task: ''}));
    await this.put(keys.leaseGuard(APP), encodeGuardLease('7'));
    return this;
  }

  async takeOver(): Promise<Record<string, string>> {
    const clock = {
      nowMs: () => this.nowMs,
      wallMs: () => this.nowMs,
      sleep: async (ms: number) => {
        this.nowMs += ms;
        for (const one of this.later.splice(0))
          if (one.atMs <= this.nowMs) await one.work();
          else this.later.push(one);
      },
    } as unknown as Clock;
    const {store} = this;
    const unused = (): Promise<never> => Promise.reject(new Error('not asked for'));
    await takeOver({
      ...{app: APP, keys, store, clock, logger: silentLogger, epoch: 1, ttlMs: 10_000},
      ...{batcher: {submit: (transaction) => store.transact(transaction)}},
      fencingKey: {key: 'fencing', target: 'create', value: 2},
      leases: {
        ...{grant: unused, revoke: unused, keepAliveOnce: unused, close: () => undefined},
        grantedSeconds: () => Promise.resolve(1e8),
      },
    });
    const {entries} = await store.list([keys.ownershipPrefix(APP)]);
    const owners: Record<string, string> = {};
    for (const {key, value} of entries) {
      const parsed = keys.parse(key);
      const record = decodeOwnership(value);
      if (parsed?.kind === 'ownership' && record.ok) owners[parsed.shard] = record.value.container;
    }
    return owners;
  }

  async records(): Promise<Record<string, string>> {
    const {entries} = await this.store.list([keys.ownershipPrefix(APP)]);
    return Object.fromEntries(
      entries.map(({key, value}) => {
        const {state, ready, incarnation} = JSON.parse(value) as Record<string, unknown>;
        const shard = key.slice(keys.ownershipPrefix(APP).length);
        return [shard, `${String(state)} ${ready === true ? 'ready ' : ''}${String(incarnation)}`];
      }),
    );
  }

  async kept(): Promise<string[]> {
    return (await this.store.list([keys.pushShardPrefix(APP)])).entries.map(({key}) => key);
  }
}

describe('a take-over', () => {
  it('deletes what containers keep that are not there: they would run it when they come back', async () => {
    const bed = await new Bed().filled('s-1', 's-2');
    const here = keys.originShard(APP, HERE, 's-1');
    await bed.put(here, '{}');
    await bed.put(keys.originShard(APP, AWAY, 's-2'), '{}');
    await bed.put(keys.pushSession(APP, HERE, 'ab'), beat('s-1'));
    expect(await bed.takeOver()).toEqual({'s-1': HERE});
    expect(await bed.kept()).toEqual([here]);
  });

  it('waits for the session of one that had read what it kept before that was deleted', async () => {
    const bed = await new Bed().filled('s-1', 's-2');
    await bed.put(keys.originShard(APP, AWAY, 's-2'), '{}');
    bed.later.push({
      atMs: STORED_DELETED_BEFORE_MS,
      work: () => bed.put(keys.pushSession(APP, AWAY, 'cd'), beat('s-2')),
    });
    expect(await bed.takeOver()).toEqual({'s-2': AWAY});
  });

  it('waits for the first heartbeat of one that has just started', async () => {
    const bed = await new Bed().filled('s-1');
    const session = keys.pushSession(APP, AWAY, 'cd');
    await bed.put(session, '');
    bed.later.push({atMs: 1_000, work: () => bed.put(session, beat('s-1'))});
    expect(await bed.takeOver()).toEqual({'s-1': AWAY});
  });

  it('waits for nobody who has a heartbeat, and not for ever', async () => {
    const bed = await new Bed().filled('s-1');
    await bed.put(keys.pushSession(APP, HERE, 'ab'), beat('s-1'));
    await bed.put(keys.pushSession(APP, HERE, 'cd'), '');
    expect(await bed.takeOver()).toEqual({'s-1': HERE});
    expect(bed.nowMs).toBe(0);
    const other = await new Bed().filled('s-1');
    await other.put(keys.pushSession(APP, HERE, 'cd'), '');
    expect(await other.takeOver()).toEqual({});
    expect(other.nowMs).toBeGreaterThanOrEqual(WAITING_LIMIT_MS);
  });

  it('records what a container keeps whose heartbeat cannot be read: it runs that, and nobody else may', async () => {
    const bed = await new Bed().filled('s-1', 's-2', 's-3', 'a/b', '../x');
    await bed.put(keys.pushSession(APP, HERE, 'ab'), 'not JSON');
    const keeps = async (shard: string, value: string): Promise<void> =>
      bed.put(keys.originShard(APP, HERE, shard), value);
    const stored = (id: string, disp: boolean, drop: boolean): string =>
      JSON.stringify({spec: {id, service: APP, lease: {id: 7, expire: 1}}, disp, drop});
    await keeps('s-1', stored('s-1', true, false));
    await keeps('s-2', stored('s-2', true, true));
    await keeps('s-3', 'not JSON either');
    await keeps('a/b', stored('a/b', false, false));
    await keeps('../x', stored('../x', true, false));
    await keeps('unknown', stored('unknown', true, false));
    expect(await bed.takeOver()).toEqual({'s-1': HERE, 's-3': HERE, 'a/b': HERE});
    expect(bed.nowMs).toBeGreaterThanOrEqual(WAITING_LIMIT_MS);
    const records = await bed.records();
    expect(records['s-1']).toMatch(/^owned ready ab-/);
    // Nobody says that the application has it.
    expect(records['s-3']).toMatch(/^owned ab-/);
    const {entries} = await bed.store.list([
      keys.heartbeatPrefix(APP),
      keys.containerIdPrefix(APP),
    ]);
    expect(entries).toHaveLength(2);
  });

  it('believes a heartbeat that can be read in time, and one that lists a shard more than a key', async () => {
    const bed = await new Bed().filled('s-1', 's-2');
    const session = keys.pushSession(APP, AWAY, 'cd');
    await bed.put(session, 'not JSON');
    await bed.put(keys.originShard(APP, AWAY, 's-1'), '{}');
    bed.later.push({atMs: 1_000, work: () => bed.put(session, beat('s-2'))});
    expect(await bed.takeOver()).toEqual({'s-2': AWAY});
    const other = await new Bed().filled('s-1');
    await other.put(keys.pushSession(APP, AWAY, 'cd'), 'not JSON');
    await other.put(keys.originShard(APP, AWAY, 's-1'), '{}');
    await other.put(keys.pushSession(APP, HERE, 'ab'), beat('s-1'));
    expect(await other.takeOver()).toEqual({'s-1': HERE});
  });

  it('that was broken off goes on with what it has assigned to a container that cannot be heard', async () => {
    const bed = await new Bed().filled('s-1');
    await bed.put(keys.pushSession(APP, HERE, 'ab'), 'not JSON');
    await bed.put(keys.originShard(APP, HERE, 's-1'), JSON.stringify({disp: true, drop: false}));
    await bed.takeOver();
    const key = keys.ownership(APP, 's-1');
    const record = JSON.parse((await bed.store.get(key)).entry?.value ?? '{}') as object;
    await bed.put(key, JSON.stringify({...record, state: 'assigned', ready: false, token: ''}));
    await bed.store.transact({
      ...{compares: []},
      then: [{op: 'delete', key: keys.governedBy(APP)}],
    });
    await bed.takeOver();
    expect((await bed.records())['s-1']).toMatch(/^owned ready ab-/);
  });
});
