/** From a server of the Go project to a daemon of ours while all shards run on, and what comes after. */
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {guardState} from '../../src/server/push/guard-handover.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {openEtcdLeases} from '../../src/etcd/leases.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import {migrationReport, release} from '../../src/transfer/index.ts';
import {OriginContainer} from './origin-container.ts';
import {OriginServer} from './origin-server.ts';
import {PushBed} from './push-bed.ts';

const SERVICE = 'sm.test';
const APP = 'proxy.dev';
const SHARDS = ['a.b', 'x y', 'ü', ...Array.from({length: 27}, (_, at) => `s-${at}`)];
/** One of its containers writes heartbeats that nobody can read. */
const GARBLED = 'garbled';
const keys = new Keys('/sm', SERVICE);
/** Containers look at what they have every 300 ms. */
const AWAY_MS = 2_000;
/** How long a session lives is not what is tested here: it outlives any stall of a busy machine. */
const SESSION_TTL_S = 600;

let bed: PushBed;
let server: OriginServer;
const containers: OriginContainer[] = [];
let garbled: OriginContainer;
let beside: OriginContainer;

beforeAll(async () => {
  bed = await PushBed.withoutDaemon();
  server = await new OriginServer(bed.etcd.endpoint, SERVICE, SESSION_TTL_S).start();
  await server.createApp(APP, SHARDS);
  await server.createApp('never.used', ['n-0']);
  await server.rebalance(APP);
  containers.push(await started(), await started());
  for (const [at, shard] of SHARDS.entries())
    await server.add(APP, containers[at % 2] as OriginContainer, shard);
  await bed.until('all shards run', () => runningShards().length === SHARDS.length);
  await startGarbled();
});
afterAll(async () => {
  await Promise.all([...containers, garbled, beside].map((container) => container.kill()));
  await bed.stop();
});

async function started(port?: number): Promise<OriginContainer> {
  return startedFor(APP, port === undefined ? {} : {port});
}

async function startedFor(app: string, more: {port?: number} = {}): Promise<OriginContainer> {
  const options = {endpoint: bed.etcd.endpoint, app, sessionTtlS: SESSION_TTL_S, ...more};
  return new OriginContainer(options).start();
}

/** The process dies, and etcd ends its session as it does when nobody renews it. */
async function died(container: OriginContainer): Promise<void> {
  await container.kill();
  await bed.raw.leaseClient.leaseRevoke({ID: container.sessionLease});
}

async function startGarbled(): Promise<void> {
  await server.createApp(GARBLED, ['g-0', 'g.1', 'g 2', 'b-0']);
  await server.rebalance(GARBLED);
  [garbled, beside] = [await startedFor(GARBLED), await startedFor(GARBLED)];
  for (const shard of ['g-0', 'g.1', 'g 2']) await server.add(GARBLED, garbled, shard);
  await server.add(GARBLED, beside, 'b-0');
  await bed.until('they run', () => garbled.running.length === 3 && beside.running.length === 1);
  garbled.behaviour = 'garbage';
  const sessions = `/sm/app/${GARBLED}/containerhb/${garbled.id}/`;
  await bed.until('its session cannot be read', async () => {
    const [value] = Object.values(await bed.raw.getAll().prefix(sessions).strings());
    return value === 'not JSON';
  });
}

function runningShards(): string[] {
  return containers.flatMap(({running}) => running).sort();
}

async function keysBelow(prefix: string): Promise<string[]> {
  return bed.raw.getAll().prefix(prefix).keys();
}

describe('a changeover from the Go project', () => {
  it('waits while its server runs: nobody leads, and doctor names it', async () => {
    const daemon = await bed.startDaemon();
    const reply = await fetch(`http://${daemon.address}/sm/server/checks`);
    const {checks} = (await reply.json()) as {checks: {name: string; text: string}[]};
    expect(checks.find(({name}) => name === 'other server')?.text).toContain('10.0.0.9:8801');
    expect(await bed.raw.get(`/sm/app/${SERVICE}/leader`).string()).toBeNull();
    expect(await keysBelow(`/sm/app/${APP}/own/`)).toEqual([]);
  });

  it('takes 30 running shards over: no drop, no second add', async () => {
    await server.stop();
    await bed.until('all are owned and ready', async () => {
      const rows = [...(await bed.rows(APP)).values()];
      return rows.filter(({state, ready}) => state === 'owned' && ready).length === SHARDS.length;
    });
    expect(runningShards()).toEqual([...SHARDS].sort());
    for (const container of containers) {
      expect(container.count('drop')).toBe(0);
      expect(container.count('add')).toBe(SHARDS.length / 2);
    }
    for (const [shard, {container}] of await bed.rows(APP))
      expect(containers.find(({id}) => id === container)?.running).toContain(shard);
  });

  it('leaves a container its shards whose heartbeats cannot be read: nobody else gets them', async () => {
    await bed.until('the alarm', async () =>
      (await bed.alarms(GARBLED)).includes('PUSH_UNREADABLE'),
    );
    const owners = async (): Promise<Record<string, string>> =>
      Object.fromEntries(
        [...(await bed.ready(GARBLED))].map(([id, shards]) => [id, shards.sort().join()]),
      );
    const asBefore = {[garbled.id]: 'g 2,g-0,g.1', [beside.id]: 'b-0'};
    await bed.until('the healthy one is recorded', async () => beside.id in (await owners()));
    expect(await owners()).toEqual(asBefore);
    expect([garbled, beside].map(({calls}) => calls.map(({op}) => op).join())).toEqual([
      'add,add,add',
      'add',
    ]);
    garbled.behaviour = 'normal';
    await bed.until(
      'it is heard again',
      async () => !(await bed.alarms(GARBLED)).includes('PUSH_UNREADABLE'),
    );
    expect(garbled.count('add')).toBe(3);
    await Promise.all([died(garbled), died(beside)]);
  });

  it('leaves a guard for ten years, one key a shard, and nothing of the handover', async () => {
    const endpoints = [bed.etcd.endpoint];
    const [store, leases] = [openEtcdStore({endpoints}), openEtcdLeases({endpoints})];
    for (const app of [APP, 'never.used'])
      await bed.until(`the guard of ${app}`, async () => {
        const {kind} = await guardState({app, keys, store, leases});
        return kind === 'good';
      });
    leases.close();
    await store.close();
    await bed.until('a clean guard', async () => {
      const left = await keysBelow(`/sm/app/${APP}/lease/`);
      return left.join() === `/sm/app/${APP}/lease/guard`;
    });
    const names = (await keysBelow(keys.shardSpecPrefix(APP))).map((key) => keys.parse(key));
    expect(names.map((name) => name?.kind === 'shardSpec' && name.shard).sort()).toEqual(
      [...SHARDS].sort(),
    );
    expect(await bed.raw.get(keys.governedBy(APP)).string()).toBe(SERVICE);
  });

  it('a name under two keys is an alarm, which doctor shows, until one is deleted', async () => {
    const raw = `${keys.shardSpecPrefix(APP)}a.b`;
    await bed.raw.put(raw).value(JSON.stringify({id: '', service: APP, task: 'another'}));
    const shown = async (): Promise<boolean> => {
      return (await bed.checks()).some(
        ({verdict, text}) => verdict !== 'PASS' && /a\.b.*two keys/.test(text),
      );
    };
    await bed.until('doctor shows it', shown);
    await bed.raw.delete().key(raw);
    await bed.until('doctor shows it no more', async () => !(await shown()));
  });

  it('goes on as any app: the shards of a container that died run on the other one', async () => {
    const [first, second] = containers as [OriginContainer, OriginContainer];
    await died(first);
    await bed.until('all run on the second', () => second.running.length === SHARDS.length);
    expect(second.count('drop')).toBe(0);
  });

  it('a container that comes back runs none of the shards that have moved', async () => {
    const [first, second] = containers as [OriginContainer, OriginContainer];
    const back = await started(Number(first.id.split(':')[1]));
    containers.push(back);
    const doubles = (): string[] => back.running.filter((shard) => second.running.includes(shard));
    await bed.until('the shards are spread again', () => {
      expect(doubles()).toEqual([]);
      return back.running.length === SHARDS.length / 2;
    });
    expect(runningShards()).toEqual([...SHARDS].sort());
  });

  it('a container that comes back while no daemon runs has none of the shards that have moved', async () => {
    const [, second, back] = containers as [OriginContainer, OriginContainer, OriginContainer];
    await died(back);
    await bed.until('all run on the second', () => second.running.length === SHARDS.length);
    await bed.stopDaemons();
    const again = await started(Number(back.id.split(':')[1]));
    containers.push(again);
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    expect(again.running).toEqual([]);
    await bed.startDaemon();
    await bed.until('the shards are spread', () => again.running.length === SHARDS.length / 2);
    expect(runningShards()).toEqual([...SHARDS].sort());
  });
});

describe('a changeover back to the Go project', () => {
  it('goes back: names as they were, nothing of ours that a Go server would not know, shards run on', async () => {
    await bed.stopDaemons();
    const calls = containers.map((container) => container.calls.length);
    const configFile = await bed.configFile();
    const before = await migrationReport({configFile});
    expect(before.apps.find(({app}) => app === APP)).toMatchObject({
      ...{governedBy: SERVICE, shards: SHARDS.length, containers: 2, guard: 'good', problems: []},
    });
    const released = await release({configFile}, () => undefined);
    expect(released.map(({app, renamed}) => [app, renamed])).toEqual([
      [GARBLED, 2],
      ['never.used', 0],
      [APP, 3],
      [SERVICE, 2],
    ]);
    expect((await keysBelow(keys.shardSpecPrefix(APP))).sort()).toEqual(
      SHARDS.map((shard) => keys.shardSpecPrefix(APP) + shard).sort(),
    );
    expect((await keysBelow(keys.shardSpecPrefix(SERVICE))).sort()).toEqual(
      [GARBLED, 'never.used', APP].map((app) => keys.shardSpecPrefix(SERVICE) + app),
    );
    const families = (await keysBelow(`/sm/app/${APP}/`)).map((key) => key.split('/')[4]);
    expect([...new Set(families)].sort()).toEqual(['containerhb', 'lease', 's']);
    expect(containers.map((container) => container.calls.length)).toEqual(calls);
    expect((await migrationReport({configFile})).apps).toContainEqual({
      ...{app: APP, governedBy: '', shards: SHARDS.length, toRename: 3, containers: 2},
      ...{running: SHARDS.length, guard: 'good', problems: []},
    });
  });

  it('and comes again', async () => {
    const calls = containers.map((container) => container.calls.length);
    await bed.startDaemon();
    await bed.until('all are owned and ready', async () => {
      const rows = [...(await bed.rows(APP)).values()];
      return rows.filter(({state, ready}) => state === 'owned' && ready).length === SHARDS.length;
    });
    expect(containers.map((container) => container.calls.length)).toEqual(calls);
  });
});

describe('a guard lease under containers of the Go project', () => {
  it('a guard that is lost (%s) is an alarm and is replaced: shards run on', async () => {
    const before = containers.map((container) => container.calls.length);
    await bed.raw.delete().key(keys.leaseGuard(APP));
    await bed.until('the alarm', async () => (await bed.alarms(APP)).includes('PUSH_GUARD_LOST'));
    await bed.until('a new guard', async () => {
      const text = await bed.raw.get(keys.leaseGuard(APP)).string();
      return /^\{"id":[1-9]/.test(text ?? '');
    });
    await bed.until('nothing left', async () => {
      const left = await keysBelow(`/sm/app/${APP}/lease/`);
      return left.length === 1;
    });
    expect(containers.map((container) => container.calls.length)).toEqual(before);
    expect(runningShards()).toEqual([...SHARDS].sort());
  });
});
