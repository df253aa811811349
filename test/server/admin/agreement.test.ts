/** Whoever asks how an app is gets the same answer from the same records, by whatever command. */
import {beforeEach, describe, expect, it} from 'vitest';
import {NO_WRITES_MEAN} from '../../../src/model/store-writes.ts';
import type {LiveSummary} from '../../../src/protocol/admin.ts';
import {World} from './fixture.ts';

const app = {service: 'orders'};
const since = '2026-01-02T03:00:00.000Z';
let world: World;
beforeEach(async () => {
  world = new World();
  await world.put(world.keys.leader(), {v: 1, containerId: 'd1', incarnation: 'd1-1'});
  await world.join(world.keys.service, 'd1');
  await world.call('addSpec', app);
  await world.call('addShards', {...app, shards: [{shardId: 's1'}, {shardId: 's2'}]});
  await world.join('orders', 'c1');
  await world.join('orders', 'c2');
  await world.own('orders', 's1', {});
  await world.own('orders', 's2', {container: 'c2', incarnation: 'c2-1'});
  await world.say('orders', {});
});

async function top(service: string | undefined): Promise<LiveSummary> {
  const ended = new AbortController();
  const query = service === undefined ? {view: 'top' as const} : {view: 'shards' as const, service};
  for await (const message of world.live(query, '', ended.signal)) {
    if (message.type !== 'rows' || message.summary === null) continue;
    ended.abort();
    return message.summary;
  }
  throw new Error('no summary came');
}

/** What each command makes of the records. */
async function said() {
  const status = await world.call('status', {});
  const {app: one} = await world.call('getApp', app);
  const {apps} = await world.call('getApps', {});
  const {checks} = await world.call('checks', {});
  const {met} = await world.call('waitCheck', {...app, kind: 'app', for: 'ready'});
  const concerned = checks.filter(
    ({name}) => / of orders$/.test(name) || name === 'alarms' || name === 'leader',
  );
  return {
    status: status.health,
    top: (await top(undefined)).health,
    get: one.health,
    list: apps[0]?.health,
    view: (await top('orders')).health,
    doctor: concerned.every(({verdict}) => verdict === 'PASS') ? 'OK' : 'TROUBLE',
    wait: met,
    ready: one.shards.ready === one.shards.total,
  };
}

const all = (health: string) => ({
  ...{status: health, top: health, get: health, list: health, view: health},
});

const FAULTS: readonly [string, () => Promise<unknown>][] = [
  ['a container that is lost', () => world.delete(world.keys.heartbeat('orders', 'c1-1'))],
  ...(['suspect', 'silent', 'unreachable'] as const).map(
    (state): [string, () => Promise<unknown>] => [
      `a container that is ${state}`,
      () => world.say('orders', {containers: {c1: {state, since, note: '', incarnation: 'c1-1'}}}),
    ],
  ),
  ['a shard that fails', () => world.own('orders', 's1', {ready: false, failures: 5})],
  [
    'a record that cannot be read',
    () => world.put(world.keys.ownership('orders', 's1'), 'no JSON'),
  ],
  ['a heartbeat that cannot be read', () => world.put(world.keys.heartbeat('orders', 'c1-1'), '?')],
  ['a shard that nobody has', () => world.delete(world.keys.ownership('orders', 's1'))],
  [
    'shards that nobody has served for long',
    () => world.say('orders', {alarms: [{code: 'UNSERVED', text: '1 of 2', since, object: 's1'}]}),
  ],
  ['an alarm', () => world.say('orders', {alarms: [{code: 'BRAKE', text: '', since}]})],
];

describe('status, top, doctor, app get, app ls and wait agree', () => {
  it('that all is well', async () => {
    expect(await said()).toEqual({...all('OK'), doctor: 'OK', wait: true, ready: true});
  });

  it.each(FAULTS)('on %s', async (_what, fault) => {
    await fault();
    const found = await said();
    expect(found).toMatchObject({...all('TROUBLE'), doctor: 'TROUBLE'});
    expect(found.wait).toBe(found.ready);
  });

  it.each(FAULTS)('on %s while the app is paused', async (_what, fault) => {
    await world.call('updateSpec', {...app, paused: true});
    await fault();
    expect(await said()).toMatchObject({...all('TROUBLE'), doctor: 'TROUBLE'});
  });

  it('on a leader that is dead, whatever its record says', async () => {
    await world.put(world.keys.leader(), {v: 1, containerId: 'd0', incarnation: 'd0-1'});
    expect(await said()).toMatchObject({status: 'NO LEADER', top: 'NO LEADER', doctor: 'TROUBLE'});
  });

  it('on an app that is paused while a shard is on its way: that is not masked', async () => {
    await world.call('updateSpec', {...app, paused: true});
    await world.own('orders', 's1', {state: 'dropping'});
    expect(await said()).toMatchObject({...all('MOVING'), wait: false, ready: false});
  });

  it('on an app that is paused and well', async () => {
    await world.call('updateSpec', {...app, paused: true});
    const found = await said();
    expect(found).toMatchObject({get: 'PAUSED', list: 'PAUSED', view: 'PAUSED', doctor: 'OK'});
    expect(found).toMatchObject({status: 'OK', top: 'OK', wait: true});
  });

  it('on a store that takes no writes: nothing is known, whatever was last written', async () => {
    const sinceMs = Date.parse('2026-01-02T03:00:00Z');
    const reason = 'etcd is out of space and takes no writes';
    world.writes = {kind: 'none', sinceMs, reason, fix: 'etcdctl alarm disarm'};
    expect(await said()).toEqual({...all('UNKNOWN'), doctor: 'TROUBLE', wait: false, ready: false});
    const {checks} = await world.call('checks', {});
    expect(checks.find(({name}) => name === 'etcd writes')).toEqual({
      name: 'etcd writes',
      verdict: 'FAIL',
      text: `no write has committed since 2026-01-02T03:00:00.000Z: ${reason}; ${NO_WRITES_MEAN}`,
      fix: 'etcdctl alarm disarm',
    });
    const {containers} = await world.call('getContainers', app);
    expect(containers.map(({state, since: at}) => [state, at])).toEqual(
      ['c1', 'c2'].map(() => ['unknown', '2026-01-02T03:00:00.000Z']),
    );
    expect(await world.call('locate', {...app, shardId: 's1'})).toMatchObject({state: 'unknown'});
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'in one answer, also when writes cease to commit from look %d on',
    async (look) => {
      const none = {kind: 'none', sinceMs: 1, reason: 'etcd is out of space', fix: ''} as const;
      let looks = 0;
      Object.defineProperty(world, 'writes', {
        get: () => ((looks += 1) < look ? {kind: 'committing'} : none),
      });
      const {health, apps, counts, store} = await world.call('status', {});
      const unknown = health === 'UNKNOWN';
      expect(apps[0]?.health).toBe(unknown ? 'UNKNOWN' : 'OK');
      expect(counts.unknown).toBe(unknown ? 2 : 0);
      expect(store.reason !== '').toBe(unknown);
    },
  );

  it('on a shard that is on its way', async () => {
    await world.own('orders', 's1', {state: 'dropping'});
    expect(await said()).toEqual({...all('MOVING'), doctor: 'OK', wait: false, ready: false});
  });
});
