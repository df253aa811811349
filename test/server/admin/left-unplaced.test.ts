/** Before a change leaves running shards without a container, its dry run says so. */
import {beforeEach, describe, expect, it} from 'vitest';
import {plan} from '../../../src/planner/index.ts';
import {World} from './fixture.ts';

const service = 'orders';
const NOTHING = {count: 0, shards: []};
let world: World;

/** `s1` belongs to group gpu, of which c1 is the only member, and runs there; `s2` runs on c2. */
beforeEach(async () => {
  world = new World({plan});
  await world.call('addSpec', {service});
  for (const container of ['c1', 'c2']) await world.join(service, container);
  await world.call('addWorker', {service, workerGroup: 'gpu', worker: 'c1'});
  await world.call('addShard', {service, shardId: 's1', workerGroup: 'gpu'});
  await world.call('addShard', {service, shardId: 's2'});
  await world.own(service, 's1', {});
  await world.own(service, 's2', {container: 'c2', incarnation: 'c2-1'});
});

const remove = (worker: string) =>
  world.call('delWorker', {service, workerGroup: 'gpu', worker, dryRun: true});
const update = (shardId: string, changes: {manualContainerId?: string; workerGroup?: string}) =>
  world.call('updateShard', {service, shardId, ...changes, dryRun: true});

describe('a dry run says which shards would run nowhere', () => {
  it('when the last member leaves a worker group', async () => {
    const answer = await remove('c1');
    expect(answer).toMatchObject({result: 'deleted', changed: true});
    expect(answer.leftUnplaced).toEqual({
      count: 1,
      shards: [
        {shard: 's1', reason: 'worker-group-empty', rule: 'its worker group has no members'},
      ],
    });
    expect((await world.call('getWorker', {service})).workers).toEqual({gpu: ['c1']});
  });

  it('and none where another member can take them', async () => {
    await world.call('addWorker', {service, workerGroup: 'gpu', worker: 'c2'});
    expect((await remove('c1')).leftUnplaced).toEqual(NOTHING);
  });

  it('when the other member accepts no new shards', async () => {
    await world.call('addWorker', {service, workerGroup: 'gpu', worker: 'c2'});
    await world.call('cordon', {service, container: 'c2'});
    const {leftUnplaced} = await remove('c1');
    expect(leftUnplaced).toMatchObject({count: 1, shards: [{reason: 'nothing-accepts'}]});
  });

  it('when a pin or a worker group forbids all that could take the shard', async () => {
    const reasons = [];
    for (const [shard, changes] of [
      ['s2', {manualContainerId: 'gone'}],
      ['s2', {workerGroup: 'none'}],
      ['s1', {manualContainerId: 'c2'}],
      ['s2', {manualContainerId: 'c1'}],
    ] as const)
      reasons.push((await update(shard, changes)).leftUnplaced?.shards[0]?.reason);
    expect(reasons).toEqual([
      'pin-not-living',
      'worker-group-empty',
      'pin-outside-worker-group',
      undefined,
    ]);
  });

  it('when an undo brings such a pin back', async () => {
    await world.call('updateShard', {service, shardId: 's2', manualContainerId: 'gone'});
    await world.call('updateShard', {service, shardId: 's2', manualContainerId: ''});
    const {leftUnplaced} = await world.call('undo', {service, entry: '', dryRun: true});
    expect(leftUnplaced).toMatchObject({count: 1, shards: [{shard: 's2'}]});
  });

  it('also of those that wait for any container, and would wait for another reason', async () => {
    await world.call('addSpec', {service: 'empty'});
    await world.call('addShard', {service: 'empty', shardId: 's1'});
    const pin = {service: 'empty', shardId: 's1', manualContainerId: 'nobody', dryRun: true};
    const {leftUnplaced} = await world.call('updateShard', pin);
    expect(leftUnplaced).toMatchObject({count: 1, shards: [{reason: 'pin-not-living'}]});
  });

  it('but not those that have none for the same reason anyway', async () => {
    await world.call('updateShard', {service, shardId: 's2', manualContainerId: 'gone'});
    expect((await update('s2', {manualContainerId: 'away'})).leftUnplaced).toEqual(NOTHING);
    expect((await remove('c1')).leftUnplaced).toMatchObject({
      count: 1,
      shards: [{shard: 's1'}],
    });
  });

  it('of which it names the first and counts all', async () => {
    for (let number = 0; number < 9; number += 1)
      await world.call('addShard', {service, shardId: `g${number}`, workerGroup: 'gpu'});
    const {leftUnplaced} = await remove('c1');
    expect(leftUnplaced?.count).toBe(10);
    expect(leftUnplaced?.shards).toHaveLength(5);
  });
});

it('what changes nothing, and what is written, is not planned for', async () => {
  expect((await update('s1', {workerGroup: 'gpu'})).leftUnplaced).toBeUndefined();
  const written = {service, shardId: 's2', manualContainerId: 'gone'};
  expect((await world.call('updateShard', written)).leftUnplaced).toBeUndefined();
});
