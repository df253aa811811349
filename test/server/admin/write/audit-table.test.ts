/** The route table walked: what changes leaves an entry, what does not cannot write. */
import {beforeEach, describe, expect, it} from 'vitest';
import {adminRoutes} from '../../../../src/protocol/admin.ts';
import type {
  AdminInput,
  AdminOperation,
  ChangingOperation,
} from '../../../../src/protocol/admin.ts';
import {plan} from '../../../../src/planner/index.ts';
import {readingOnly} from '../../../../src/server/admin/write/audit.ts';
import {SERVICE, World} from '../fixture.ts';

const CONTENT = 'a'.repeat(64);

interface Change<O extends AdminOperation> {
  /** What stands before. */
  readonly before?: (world: World) => Promise<unknown>;
  readonly input: AdminInput<O>;
  /** Object that the entry names first. */
  readonly object: string;
}

const service = 'orders';
const shard = (world: World) => world.call('addShard', {service, shardId: 's1'});
const container = (world: World) => world.join(service, 'c1');

/** By type none of the changing operations can be left out. */
const CHANGES: {readonly [O in ChangingOperation]: Change<O>} = {
  addSpec: {input: {service: 'bills'}, object: 'app/bills'},
  updateSpec: {input: {service, maxShardCount: 7}, object: 'app/orders'},
  delSpec: {input: {service}, object: 'app/orders'},
  beginApply: {input: {service, content: CONTENT}, object: 'apply/orders'},
  endApply: {
    before: (world) => world.call('beginApply', {service, content: CONTENT}),
    input: {service, content: CONTENT, done: true},
    object: 'apply/orders',
  },
  addShard: {input: {service, shardId: 's1'}, object: 'shard/s1'},
  addShards: {input: {service, shards: [{shardId: 's1'}]}, object: 'shard/s1'},
  updateShard: {before: shard, input: {service, shardId: 's1', task: 't'}, object: 'shard/s1'},
  delShard: {before: shard, input: {service, shardId: 's1'}, object: 'shard/s1'},
  delShards: {before: shard, input: {service, shards: [{shardId: 's1'}]}, object: 'shard/s1'},
  addWorker: {input: {service, workerGroup: 'w', worker: 'c1'}, object: 'worker/w/c1'},
  delWorker: {
    before: (world) => world.call('addWorker', {service, workerGroup: 'w', worker: 'c1'}),
    input: {service, workerGroup: 'w', worker: 'c1'},
    object: 'worker/w/c1',
  },
  cordon: {before: container, input: {service, container: 'c1'}, object: 'container/c1'},
  drain: {before: container, input: {service, container: 'c1'}, object: 'container/c1'},
  uncordon: {
    before: async (world) => {
      await container(world);
      await world.call('cordon', {service, container: 'c1'});
    },
    input: {service, container: 'c1'},
    object: 'container/c1',
  },
  evict: {before: container, input: {service, container: 'c1'}, object: 'container/c1'},
  setQuota: {input: {service, shards: 9}, object: 'app/orders'},
  setContainer: {
    before: container,
    input: {service, container: 'c1', weight: 2},
    object: 'container/c1',
  },
  canStop: {
    before: async (world) => {
      await container(world);
      await world.join(service, 'c2');
    },
    input: {service, containers: ['c1']},
    object: 'container/c1',
  },
  releaseStop: {
    before: async (world) => {
      await container(world);
      await world.call('canStop', {service, containers: ['c1']});
    },
    input: {service, containers: ['c1']},
    object: 'container/c1',
  },
  cancelMoves: {
    before: async (world) => {
      await container(world);
      await world.join(service, 'c2');
      // The pinned one stays, so that it is the other one that is to move.
      for (const [shardId, manualContainerId] of [
        ['s1', 'c1'],
        ['s2', ''],
      ] as const) {
        await world.call('addShard', {service, shardId, manualContainerId});
        await world.own(service, shardId, {container: 'c1', incarnation: 'c1-1'});
      }
    },
    input: {service, all: true},
    object: 'shard/s2',
  },
  undo: {before: shard, input: {service}, object: 'shard/s1'},
  acceptRestore: {input: {confirm: SERVICE, force: true}, object: 'store/cluster'},
};

let world: World;
beforeEach(async () => {
  world = new World({plan});
  await world.call('addSpec', {service, maxRecoveryTime: 0});
});

async function entries() {
  const {events} = await world.call('events', {});
  return events.filter((event) => event.type === 'audit');
}

const changing = Object.entries(adminRoutes).filter(([, {changes}]) => changes !== 'nothing');

describe('an operation that changes something', () => {
  it('stands in the cases below', () => {
    expect(Object.keys(CHANGES).sort()).toEqual(changing.map(([operation]) => operation).sort());
  });

  it.each(Object.entries(CHANGES))(
    '%s leaves an entry with author, reason and what',
    async (operation, {before, input, object}: Change<AdminOperation>) => {
      await before?.(world);
      const earlier = await entries();
      const reason = `because of ${operation}`;
      await world.call(operation as 'addSpec', {...(input as AdminInput<'addSpec'>), reason});
      const left = (await entries()).slice(earlier.length);
      expect(left.length).toBeGreaterThan(0);
      for (const entry of left)
        expect(entry).toMatchObject({operation, reason, who: 'local', from: '127.0.0.1'});
      expect(left[0]?.objects[0]).toBe(object);
      expect(left[0]?.requestId).toBe('r');
    },
  );
});

describe('an operation that changes nothing', () => {
  it('has a store that refuses to write, and reads as ever', async () => {
    const {store} = readingOnly(world.dependencies);
    const key = world.keys.appSpec('orders');
    const put = {compares: [], then: [{op: 'put', key, value: ''}]} as const;
    await expect(store.transact(put)).rejects.toThrow('changes nothing');
    const otherwise = {...put, then: [], otherwise: put.then};
    await expect(store.transact(otherwise)).rejects.toThrow('changes nothing');
    const {entry} = await store.get(key);
    expect(entry?.value).toContain('orders');
    const got = await store.transact({compares: [], then: [{op: 'get', key}]});
    expect(got.kind).toBe('committed');
  });
});

describe('the word that a restored etcd is the one', () => {
  it('leaves an entry also for the mark that comes first', async () => {
    await world.put(world.keys.cluster(), {v: 1, epoch: 1, clusterId: 'another', maxRevision: 1});
    const earlier = (await entries()).length;
    await world.call('acceptRestore', {confirm: SERVICE, reason: 'backup of 3:00'});
    const left = (await entries()).slice(earlier);
    expect(left.map(({operation, reason}) => [operation, reason])).toEqual([
      ['acceptRestore', 'backup of 3:00'],
      ['acceptRestore', 'backup of 3:00'],
    ]);
  });
});
