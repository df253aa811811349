/** Pauses and pins with author, reason and an end, and what takes them back when it has come. */
import {beforeEach, describe, expect, it} from 'vitest';
import {changeOf} from '../../../src/appview/app-changes.ts';
import {AppView} from '../../../src/appstate/app-view.ts';
import {plan} from '../../../src/planner/index.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {Expiries} from '../../../src/server/governing/expiries.ts';
import {NOW_MS, World} from './fixture.ts';

const service = 'orders';
const END = new Date(NOW_MS + 60_000).toISOString();
let world: World;
let wallMs = NOW_MS;
beforeEach(async () => {
  wallMs = NOW_MS;
  world = new World({plan, wallMs: () => wallMs});
  await world.call('addSpec', {service, maxRecoveryTime: 0});
  await world.call('addShard', {service, shardId: 's1'});
});

async function pauseOf() {
  const {app} = await world.call('getApp', {service});
  return {paused: app.paused, pause: app.pause};
}

async function pinOf() {
  const {shards} = await world.call('getShards', {service, shardId: 's1'});
  return {pin: shards[0]?.manualContainerId, pinned: shards[0]?.pinned};
}

describe('a pause', () => {
  it('says who, why and until when; the same order again is no news, another end is', async () => {
    world.who = 'ops';
    const pause = {service, paused: true, pauseForMs: 60_000, reason: 'rack 7'};
    await world.call('updateSpec', pause);
    const note = {reason: 'rack 7', by: 'ops', at: new Date(NOW_MS).toISOString(), until: END};
    expect(await pauseOf()).toEqual({paused: true, pause: note});
    const again = await world.call('updateSpec', {service, paused: true});
    expect(again.changed).toBe(false);
    wallMs += 1_000;
    expect(await world.call('updateSpec', pause)).toMatchObject({changed: true});
    await world.call('updateSpec', {service, maxShardCount: 5});
    expect((await pauseOf()).pause?.reason).toBe('rack 7');
    await world.call('updateSpec', {service, paused: false});
    expect(await pauseOf()).toEqual({paused: false, pause: null});
  });

  it('without a beginning has no end', async () => {
    const said = world.call('updateSpec', {service, pauseForMs: 60_000});
    await expect(said).rejects.toMatchObject({code: 'INVALID_INPUT'});
    const pin = world.call('updateShard', {service, shardId: 's1', pinForMs: 60_000});
    await expect(pin).rejects.toMatchObject({code: 'INVALID_INPUT'});
  });

  it('is told by doctor with its end, or with the way to end it', async () => {
    await world.call('updateSpec', {service, paused: true, reason: 'forgotten'});
    const found = async () =>
      (await world.call('checks', {})).checks.find(({name}) => name === 'pause of orders');
    expect(await found()).toMatchObject({verdict: 'PASS', fix: expect.stringContaining('resume')});
    await world.call('updateSpec', {service, paused: true, pauseForMs: 60_000});
    expect(await found()).toMatchObject({verdict: 'PASS', text: expect.stringContaining(END)});
  });
});

it('a pin says who, why and until when, and loses that with the pin', async () => {
  const pin = {service, shardId: 's1', manualContainerId: 'c1', pinForMs: 60_000, reason: 'hot'};
  await world.call('updateShard', pin);
  expect(await pinOf()).toMatchObject({pin: 'c1', pinned: {reason: 'hot', until: END}});
  await world.call('updateShard', {service, shardId: 's1', group: 'g'});
  expect(await pinOf()).toMatchObject({pin: 'c1', pinned: {until: END}});
  await world.call('updateShard', {service, shardId: 's1', manualContainerId: 'c2'});
  expect(await pinOf()).toMatchObject({pin: 'c2', pinned: {until: ''}});
  await world.call('updateShard', {service, shardId: 's1', manualContainerId: ''});
  expect(await pinOf()).toEqual({pin: '', pinned: null});
});

it('a pause or pin for good that changes nothing says that there is one that ends', async () => {
  const pause = {service, paused: true, pauseForMs: 60_000};
  expect(await world.call('updateSpec', pause)).not.toHaveProperty('warning');
  const again = await world.call('updateSpec', {service, paused: true});
  expect(again).toMatchObject({changed: false, warning: expect.stringContaining(END)});
  const lasting = {service, paused: true, reason: 'rack 7'};
  expect(await world.call('updateSpec', lasting)).not.toHaveProperty('warning');
  expect((await pauseOf()).pause?.until).toBe('');
  expect(await world.call('updateSpec', {service, paused: true})).not.toHaveProperty('warning');

  const pin = {service, shardId: 's1', manualContainerId: 'c1'};
  await world.call('updateShard', {...pin, pinForMs: 60_000});
  const pinned = await world.call('updateShard', pin);
  expect(pinned).toMatchObject({changed: false, warning: expect.stringContaining(END)});
  // Whoever changes something else says nothing of the pin.
  const other = await world.call('updateShard', {service, shardId: 's1', priority: 3});
  expect(other).not.toHaveProperty('warning');
});

it('a drain says how many leave at once', async () => {
  await world.join(service, 'c1');
  await world.call('drain', {service, container: 'c1', maxMoving: 2});
  const {containers} = await world.call('getContainers', {service});
  expect(containers[0]?.order).toMatchObject({order: 'drain', maxMoving: 2});
  const again = await world.call('drain', {service, container: 'c1', maxMoving: 2});
  expect(again.changed).toBe(false);
  expect(await world.call('drain', {service, container: 'c1'})).toMatchObject({changed: true});
});

it('a drain that is said again with another pace keeps its turn and what it counts from', async () => {
  const incarnation = await world.join(service, 'c1');
  for (const shard of ['s1', 's2']) await world.own(service, shard, {container: 'c1', incarnation});
  await world.call('drain', {service, container: 'c1', reason: 'upgrade'});
  await world.own(service, 's2', {container: 'c2', incarnation: 'c2-1'});
  wallMs += 60_000;
  const orderOf = async () =>
    (await world.call('getContainers', {service})).containers.find(({id}) => id === 'c1')?.order;
  world.who = 'night';
  await world.call('drain', {service, container: 'c1', maxMoving: 1});
  const at = new Date(NOW_MS).toISOString();
  expect(await orderOf()).toMatchObject({
    ...{maxMoving: 1, by: 'night', reason: 'upgrade', at, shards: 2},
  });
  // A new drain begins anew.
  await world.call('uncordon', {service, container: 'c1'});
  await world.call('drain', {service, container: 'c1'});
  const now = new Date(wallMs).toISOString();
  expect(await orderOf()).toMatchObject({maxMoving: 0, at: now, shards: 1});
});

it('a cancelled move stays cancelled while nothing changes that says where the shard may run', async () => {
  const key = world.keys.shardSpec(service, 's1');
  const cancelled = {from: 'c2', to: 'c1', fromIncarnation: 'c2-1', toIncarnation: 'c1-1'};
  const cancelledMove = {...cancelled, by: 'ops', at: new Date(NOW_MS).toISOString()};
  await world.put(key, {...(await world.value(key)), cancelledMove});
  const keeping = [{priority: 5}, {load: {cpu: 3}}];
  for (const change of keeping) {
    await world.call('updateShard', {service, shardId: 's1', ...change});
    expect(await world.value(key), JSON.stringify(change)).toMatchObject({cancelledMove});
  }
  const ending = [
    ...[{manualContainerId: 'c1'}, {workerGroup: 'w'}, {group: 'g'}, {spreadKey: 'k'}],
    {task: 'other'},
  ];
  for (const change of ending) {
    await world.put(key, {...(await world.value(key)), cancelledMove});
    await world.call('updateShard', {service, shardId: 's1', ...change});
    expect(await world.value(key), JSON.stringify(change)).not.toHaveProperty('cancelledMove');
  }
  // The same pin with another reason is no other place.
  await world.put(key, {...(await world.value(key)), cancelledMove});
  await world.call('updateShard', {service, shardId: 's1', manualContainerId: 'c1', reason: 'hot'});
  expect(await world.value(key)).toMatchObject({cancelledMove, pinned: {reason: 'hot'}});
});

/** The clerk of this daemon, with its timers in the test's hand. */
async function clerk() {
  const view = new AppView();
  const due: {atMs: number; run: () => void}[] = [];
  const key = world.keys.governedBy(service);
  const mod = (await world.memory.get(key)).entry?.mod ?? 0;
  const expiries = new Expiries({
    onAudited: () => undefined,
    ...{app: service, governor: 'daemon-1', keys: world.keys, store: world.memory},
    ...{logger: silentLogger, view: () => view},
    fencingKey: {key, target: 'mod', value: mod},
    clock: {
      wallMs: () => wallMs,
      after: (delayMs: number, run: () => void) => {
        const timer = {atMs: wallMs + delayMs, run};
        due.push(timer);
        return {cancel: () => void due.splice(due.indexOf(timer), 1)};
      },
    } as never,
  });
  const look = async (): Promise<void> => {
    const {keys} = world;
    const {entries} = await world.memory.list([
      ...[keys.appSpecPrefix(service), keys.heartbeatPrefix(service)],
      keys.containerIdPrefix(service),
    ]);
    const changes = entries.flatMap((entry) => {
      const parsed = world.keys.parse(entry.key);
      return parsed === undefined ? [] : (changeOf(parsed, entry, entry.mod) ?? []);
    });
    for (const change of changes) view.apply(change);
    expiries.note(changes);
  };
  return {look, due, expiries};
}

describe('what was said for a while', () => {
  it('is taken back when its time is over, with an entry in the audit; nothing before', async () => {
    await world.call('updateSpec', {service, paused: true, pauseForMs: 60_000});
    const pin = {service, shardId: 's1', manualContainerId: 'c1', pinForMs: 90_000};
    await world.call('updateShard', pin);
    const {look, due} = await clerk();
    await look();
    expect(due.map(({atMs}) => atMs - NOW_MS)).toEqual([60_000]);
    wallMs += 60_000;
    due.shift()?.run();
    await expect.poll(pauseOf).toEqual({paused: false, pause: null});
    expect(await pinOf()).toMatchObject({pin: 'c1'});
    await expect.poll(() => due.length).toBe(1);
    await look();
    wallMs += 30_000;
    due.shift()?.run();
    await expect.poll(pinOf).toEqual({pin: '', pinned: null});
    const {events} = await world.call('events', {service});
    const expired = events.filter(
      (event) => event.type === 'audit' && event.operation === 'expire',
    );
    expect(expired).toMatchObject([
      {who: 'sm', from: 'daemon-1', objects: ['app/orders']},
      {who: 'sm', objects: ['shard/s1'], changed: [{field: 'manualContainerId', before: 'c1'}]},
    ]);
  });

  it('ends with the cancellation of the move to its container, as when somebody unpins', async () => {
    await world.call('updateShard', {
      service,
      shardId: 's1',
      manualContainerId: 'c1',
      pinForMs: 9_000,
    });
    const key = world.keys.shardSpec(service, 's1');
    const cancelled = {from: 'c2', to: 'c1', fromIncarnation: 'c2-1', toIncarnation: 'c1-1'};
    const cancelledMove = {...cancelled, by: 'ops', at: new Date(NOW_MS).toISOString()};
    await world.put(key, {...(await world.value(key)), cancelledMove});
    const {look, due} = await clerk();
    await look();
    wallMs += 9_000;
    due.shift()?.run();
    await expect.poll(pinOf).toEqual({pin: '', pinned: null});
    expect(await world.value(key)).not.toHaveProperty('cancelledMove');
  });

  it('stays where somebody has changed it meanwhile, and sets no timer where nothing ends', async () => {
    const {look, due} = await clerk();
    await look();
    expect(due).toEqual([]);
    await world.call('updateSpec', {service, paused: true, pauseForMs: 60_000});
    await look();
    await world.call('updateSpec', {service, paused: true, pauseForMs: 600_000});
    wallMs += 60_000;
    due.shift()?.run();
    await expect.poll(() => due.length).toBe(1);
    expect((await pauseOf()).paused).toBe(true);
  });
});

describe('what has ended', () => {
  it('goes from the store: a permission to stop a container, one after the other', async () => {
    await world.call('updateSpec', {service, placement: {maxUnavailable: 3}});
    for (const container of ['c1', 'c2', 'c3']) {
      await world.join(service, container);
      const lease = {holder: `${container}-deploy`, leaseMs: container === 'c3' ? 300_000 : 30_000};
      await world.call('canStop', {service, containers: [container], maxUnserved: 9, ...lease});
    }
    const key = world.keys.stopPermissions(service);
    const left = async (): Promise<string[]> => {
      const stored = (await world.value(key)) as {permissions: {container: string}[]} | undefined;
      return stored?.permissions.map(({container}) => container) ?? [];
    };
    expect(await left()).toEqual(['c1', 'c2', 'c3']);
    const {look, due} = await clerk();
    for (const [afterMs, after] of [
      [40_000, ['c2', 'c3']],
      [40_000, ['c3']],
      [310_000, []],
    ] as const) {
      await look();
      wallMs = NOW_MS + afterMs;
      due.shift()?.run();
      await expect.poll(left).toEqual(after);
      await expect.poll(() => due.length).toBe(1);
    }
    expect(await world.value(key)).toBeUndefined();
    const {events} = await world.call('events', {service, audit: true});
    expect(events.at(-1)).toMatchObject({
      who: 'sm',
      operation: 'expire',
      objects: ['container/c3'],
    });
  });

  it('goes from the store: a drain whose process has ended, an hour after it was said', async () => {
    const {keys} = world;
    for (const container of ['c1', 'c2', 'c3']) await world.join(service, container);
    for (const container of ['c1', 'c2']) await world.call('drain', {service, container});
    await world.call('drain', {service, container: 'c3', keep: true});
    for (const container of ['c1', 'c3']) {
      await world.delete(keys.heartbeat(service, `${container}-1`));
      await world.delete(keys.containerId(service, container));
    }
    const {look, due} = await clerk();
    await look();
    wallMs = NOW_MS + 3_600_000;
    due.shift()?.run();
    await expect.poll(() => world.value(keys.containerOrder(service, 'c1'))).toBeUndefined();
    await expect.poll(() => due.length).toBe(1);
    for (const container of ['c2', 'c3'])
      expect(await world.value(keys.containerOrder(service, container))).toBeDefined();
    const {events} = await world.call('events', {service, audit: true});
    expect(events.at(-1)).toMatchObject({
      ...{who: 'sm', operation: 'expire', objects: ['container/c1']},
      reason: 'its process has ended',
    });
  });
});
