/** Accepting a restored store: nobody may act by an old right any more when claims go on. */
import {describe, expect, it} from 'vitest';
import {encodeRecord} from '../../../../src/protocol/records.ts';
import {readCluster} from '../../../../src/server/governing/cluster-record.ts';
import type {AdminDependencies} from '../../../../src/server/admin/dependencies.ts';
import {NOW_MS, SERVICE, World} from '../fixture.ts';

const LEFT_MS = 41_000;

async function restored(
  over: {readonly restored?: string} = {restored: 'a snapshot'},
  dependencies: Partial<AdminDependencies> = {},
) {
  const waits: {durationMs: number; epoch: number | undefined}[] = [];
  const world: World = new World({
    oldRightsMs: () => LEFT_MS,
    wallMs: () => 0,
    sleep: async (durationMs) => {
      const known = await readCluster(world.memory, world.keys);
      waits.push({durationMs, epoch: known?.record.epoch});
    },
    ...dependencies,
  });
  const {clusterId} = await world.memory.status();
  const value = encodeRecord({v: 1, epoch: 3, clusterId, maxRevision: 1, ...over});
  const put = {op: 'put' as const, key: world.keys.cluster(), value};
  await world.memory.transact({compares: [], then: [put]});
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

it('steps the epoch up to the present time: the same backup may have been accepted before', async () => {
  const {world} = await restored(undefined, {wallMs: () => NOW_MS});
  expect(await world.call('acceptRestore', {confirm: SERVICE})).toMatchObject({epoch: NOW_MS});
});

it('changes nothing where nobody doubts the store, unless it is to be forced', async () => {
  const {world, waits} = await restored({});
  const answer = await world.call('acceptRestore', {confirm: SERVICE});
  expect(answer).toMatchObject({result: 'unchanged', changed: false, epoch: 3});
  const forced = await world.call('acceptRestore', {confirm: SERVICE, force: true});
  expect(forced).toMatchObject({result: 'configured', changed: true, epoch: 4});
  expect(waits).toEqual([]);
});

it('is unchanged for whoever gives the word while another one waits for it, and after that', async () => {
  const gates: (() => void)[] = [];
  const {world} = await restored(undefined, {
    sleep: () => new Promise((resolve) => gates.push(resolve)),
  });
  const both = [1, 2].map(() => world.call('acceptRestore', {confirm: SERVICE}));
  await expect.poll(() => gates).toHaveLength(2);
  for (const go of gates) {
    go();
    await Promise.any(both);
  }
  const results = (await Promise.all(both)).map(({result, epoch}) => `${result} ${epoch}`);
  expect(results.sort()).toEqual(['configured 4', 'unchanged 4']);
  const third = await world.call('acceptRestore', {confirm: SERVICE});
  expect(third).toMatchObject({result: 'unchanged', epoch: 4});
});

it('waits where only this daemon has come to doubt the store, and has not put it down yet', async () => {
  const {world, waits} = await restored(
    {},
    {
      epoch: () => 3,
      doubt: () => ({kind: 'wentBack', found: 1, known: 9}),
    },
  );
  expect(await world.call('acceptRestore', {confirm: SERVICE})).toMatchObject({epoch: 4});
  expect(waits).toHaveLength(1);
});

describe('while a restored store is in doubt', () => {
  const doubt = {kind: 'wentBack', found: 1, known: 148} as const;
  const seenApps = () => ['carts', 'orders', 'users'];

  it('status and doctor say which apps are missing, what leads out, and start nothing', async () => {
    const {world} = await restored(undefined, {doubt: () => doubt, seenApps});
    await world.call('addSpec', {service: 'users'});
    const status = await world.call('status', {});
    expect(status.store.acceptWaitMs).toBe(LEFT_MS);
    const [alarm] = status.alarms;
    expect(alarm?.text).toContain('2 apps that this daemon knew are missing there: carts, orders');
    const {checks} = await world.call('checks', {});
    const leader = checks.find(({name}) => name === 'leader');
    expect(leader).toMatchObject({
      verdict: 'FAIL',
      fix: 'if that was meant: sm store accept-restore',
    });
    expect(leader?.text).toContain('STORE_RESTORED');
    expect(checks.filter(({fix}) => fix.includes('start a'))).toEqual([]);
    expect(checks.find(({name}) => name.includes('STORE_RESTORED'))?.text).toContain('2 apps');
  });

  it('an app that is not found may be one of them', async () => {
    const {world} = await restored(undefined, {doubt: () => doubt, seenApps});
    await expect(world.call('getApp', {service: 'orders'})).rejects.toMatchObject({
      code: 'APP_NOT_FOUND',
      message: expect.stringContaining('STORE_RESTORED') as unknown,
      hint: expect.stringContaining('sm store accept-restore') as unknown,
    });
  });
});

it('does nothing for another service', async () => {
  const {world, waits} = await restored();
  await expect(world.call('acceptRestore', {confirm: 'other'})).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  expect(waits).toEqual([]);
  expect((await readCluster(world.memory, world.keys))?.record.epoch).toBe(3);
});
