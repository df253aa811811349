/** Accepting a restored store: nobody may act by an old right any more when claims go on. */
import {expect, it} from 'vitest';
import {encodeRecord} from '../../../../src/protocol/records.ts';
import {readCluster} from '../../../../src/server/governing/cluster-record.ts';
import {SERVICE, World} from '../fixture.ts';

const LEFT_MS = 41_000;

async function restored(over: {readonly restored?: string} = {restored: 'a snapshot'}) {
  const waits: {durationMs: number; epoch: number | undefined}[] = [];
  const world: World = new World({
    oldRightsMs: () => LEFT_MS,
    sleep: async (durationMs) => {
      const known = await readCluster(world.memory, world.keys);
      waits.push({durationMs, epoch: known?.record.epoch});
    },
  });
  const {clusterId} = await world.memory.status();
  const value = encodeRecord({v: 1, epoch: 3, clusterId, maxRevision: 1, ...over});
  const put = {op: 'put' as const, key: world.keys.cluster(), value};
  await world.memory.transact({compares: [], then: [put], otherwise: []});
  return {world, waits};
}

it('steps the epoch up only after every right of before has ended', async () => {
  const {world, waits} = await restored();
  const answer = await world.call('acceptRestore', {confirm: SERVICE});
  // The epoch is still the old one while it waits.
  expect(waits).toEqual([{durationMs: LEFT_MS, epoch: 3}]);
  expect(answer.epoch).toBe(4);
  expect((await readCluster(world.memory, world.keys))?.record.restored).toBeUndefined();
});

it('waits for nothing where nobody doubts the store', async () => {
  const {world, waits} = await restored({});
  expect((await world.call('acceptRestore', {confirm: SERVICE})).epoch).toBe(4);
  expect(waits).toEqual([]);
});

it('does nothing for another service', async () => {
  const {world, waits} = await restored();
  await expect(world.call('acceptRestore', {confirm: 'other'})).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  expect(waits).toEqual([]);
  expect((await readCluster(world.memory, world.keys))?.record.epoch).toBe(3);
});
