import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {SmError, joinApp} from '../../src/container/index.ts';
import type {Container, JoinOptions, Shard} from '../../src/container/index.ts';
import {LONG_MS, shardIds, startCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {LEAST_RIGHTS} from '../support/least-rights.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {freePorts} from '../support/free-ports.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';
import {until} from '../support/until.ts';

let etcd: EtcdProcess;
let cluster: Cluster;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());
beforeEach(async () => {
  cluster = await startCluster({etcd});
  await cluster.createApp('orders');
});
afterEach(() => cluster.stop());

const noHooks = {add: () => undefined, drop: () => undefined};

describe('a container that joins', () => {
  it('is given its shards with their specs and tokens, and may act for them', async () => {
    const given = new Map<string, Shard>();
    const container = await cluster.join('orders', 'c1', {
      add: (shard) => void given.set(shard.id, shard),
    });
    const group = {service: 'orders', shardId: 'a b/ü', task: '{"n":1}', group: 'g'};
    await cluster.admin.call('addShard', group);
    await cluster.settled('orders');
    const shard = given.get('a b/ü');
    expect(shard).toMatchObject({task: '{"n":1}', group: 'g', owned: true});
    expect(shard?.token).toBe((await cluster.shards('orders')).get('a b/ü')?.token);
    expect(() => shard?.guard()).not.toThrow();
    expect(shard?.signal.aborted).toBe(false);
    await expect(shard?.run((signal) => Promise.resolve(signal.aborted))).resolves.toBe(false);
    expect([...container.shards.keys()]).toEqual(['a b/ü']);
  });

  it('shares the shards with a second one, and a moved shard has a higher token', async () => {
    await cluster.addShards('orders', shardIds(10));
    const held: Shard[] = [];
    await cluster.join('orders', 'c1', {add: (shard) => void held.push(shard)});
    await cluster.settled('orders');
    const before = await cluster.shards('orders');
    await cluster.join('orders', 'c2');
    await cluster.settled('orders');
    const after = await cluster.shards('orders');
    const moved = [...after.values()].filter(({container}) => container === 'c2');
    expect(moved).toHaveLength(5);
    for (const {id, token} of moved) {
      expect(token > (before.get(id)?.token ?? '')).toBe(true);
      const old = held.find((shard) => shard.id === id);
      expect(old?.signal.reason).toBe('moved');
      expect(() => old?.guard()).toThrowError(expect.objectContaining({code: 'FENCED'}));
      await expect(old?.run(() => Promise.resolve())).rejects.toMatchObject({code: 'FENCED'});
    }
    for (const {id, container, token} of after.values())
      if (container === 'c1') expect(token).toBe(before.get(id)?.token);
  });

  it('gives a shard away only when drop and the work begun with run have settled', async () => {
    await cluster.addShards('orders', ['s0']);
    let finish: () => void = () => undefined;
    const work = new Promise<void>((resolve) => (finish = resolve));
    let running: Promise<void> | undefined;
    await cluster.join('orders', 'c1', {
      add: (shard) => {
        running = shard.run(() => work);
      },
    });
    await cluster.settled('orders');
    await cluster.join('orders', 'c2');
    await cluster.admin.call('drain', {service: 'orders', container: 'c1'});
    await until(() => cluster.log.story('s0').includes('dropped c1'), LONG_MS, 'drop was called');
    expect((await cluster.shards('orders')).get('s0')?.state).toBe('dropping');
    expect(cluster.log.ownerOf('s0')).toBe('c1');
    finish();
    await running;
    await cluster.settled('orders');
    expect(cluster.log.ownerOf('s0')).toBe('c2');
  });

  it('leaves nothing behind when it leaves: shards go first, then its keys', async () => {
    await cluster.addShards('orders', shardIds(6));
    const c1 = await cluster.join('orders', 'c1');
    await cluster.join('orders', 'c2');
    await cluster.settled('orders');
    await expect(c1.leave()).resolves.toEqual({clean: true});
    await c1.ended;
    const {keys, store} = cluster;
    const {entries} = await store.getMany([
      keys.heartbeat('orders', c1.incarnation),
      keys.containerId('orders', 'c1'),
    ]);
    expect(entries).toEqual([undefined, undefined]);
    await cluster.settled('orders');
    expect(new Set((await cluster.placement('orders')).values())).toEqual(new Set(['c2']));
    expect(c1.shards.size).toBe(0);
  });

  it('leaves with nobody to take over: every shard is dropped and stands unplaced', async () => {
    await cluster.addShards('orders', shardIds(3));
    const c1 = await cluster.join('orders', 'c1');
    await cluster.settled('orders');
    await expect(c1.leave()).resolves.toEqual({clean: true});
    expect(cluster.log.count('dropped')).toBe(3);
    const drops = cluster.log.entries.filter(({event}) => event === 'drop');
    expect(drops.map(({reason}) => reason)).toEqual(['leaving', 'leaving', 'leaving']);
    expect(new Set((await cluster.placement('orders')).values())).toEqual(new Set(['']));
  });

  it('leaves in order without a daemon: near the end of its patience it drops and frees its shards by itself', async () => {
    await cluster.addShards('orders', shardIds(3));
    const c1 = await cluster.join('orders', 'c1', {}, {leaveTimeoutMs: 12_000});
    await cluster.settled('orders');
    const {store, keys} = cluster;
    await cluster.daemons[0]?.kill();
    await expect(c1.leave()).resolves.toEqual({clean: true});
    const drops = cluster.log.entries.filter(({event}) => event === 'drop');
    expect(drops.map(({reason}) => reason)).toEqual(['leaving', 'leaving', 'leaving']);
    const {entries} = await store.getMany(
      shardIds(3).map((shard) => keys.ownership('orders', shard)),
    );
    const states = entries.map((entry) => /"state":"(\w+)"/.exec(entry?.value ?? '')?.[1]);
    expect(states).toEqual(['free', 'free', 'free']);
  });

  it('says at the end of its patience that it did not leave in order', async () => {
    await cluster.addShards('orders', ['s0']);
    const hang = {drop: () => new Promise<void>(() => undefined)};
    const c1 = await cluster.join('orders', 'c1', hang, {leaveTimeoutMs: 300});
    await cluster.settled('orders');
    await expect(c1.leave()).resolves.toEqual({clean: false});
    expect(cluster.log.ownerOf('s0')).toBe('');
    expect((await cluster.shards('orders')).get('s0')?.container).toBe('c1');
  });
});

describe('an app that is not there', () => {
  it('is an error', async () => {
    const joining = joinApp(await cluster.joinOptions('nobody', 'c1'), noHooks);
    await expect(joining).rejects.toMatchObject({code: 'APP_NOT_FOUND'});
    await expect(joining).rejects.toThrow(/nobody/);
  });

  it('is waited for when asked', async () => {
    const joining = cluster.join('later', 'c1', {}, {waitForApp: true});
    await cluster.createApp('later');
    await cluster.addShards('later', ['s0']);
    await joining;
    await cluster.settled('later');
    expect(cluster.log.ownerOf('s0')).toBe('c1');
  });
});

describe('an id that is taken', () => {
  it('is waited for, said, and taken over with its shards when the first leaves', async () => {
    await cluster.addShards('orders', shardIds(4));
    const first = await cluster.join('orders', 'c1');
    await cluster.settled('orders');
    const warnings: string[] = [];
    const logger = loggerInto(warnings);
    const second = await cluster.joinOnly('orders', 'c1', {}, {logger});
    await until(() => warnings.length > 0, LONG_MS, 'the wait is said');
    expect(warnings[0]).toMatch(/taken by another living process/);
    const {containers} = await cluster.admin.call('getContainers', {service: 'orders'});
    expect(containers.map(({state}) => state).sort()).toEqual(['ready', 'waiting']);
    await first.leave();
    await second.ready;
    await cluster.settled('orders');
    const owners = [...(await cluster.shards('orders')).values()].map((row) => row.incarnation);
    expect(new Set(owners)).toEqual(new Set([second.incarnation]));
  });

  it('is refused when asked', async () => {
    await cluster.join('orders', 'c1');
    const second = await cluster.joinOnly('orders', 'c1', {}, {refuseTakenId: true});
    await expect(second.ended).rejects.toMatchObject({code: 'ID_TAKEN'});
    await expect(second.ready).rejects.toMatchObject({code: 'ID_TAKEN'});
    const {containers} = await cluster.admin.call('getContainers', {service: 'orders'});
    expect(containers.map(({id, state}) => [id, state])).toEqual([['c1', 'ready']]);
  });
});

describe('the hint receiver', () => {
  it('can be mounted on a server of the application', async () => {
    const mounted: Container[] = [];
    const server = createServer((request, response) => {
      if (mounted[0]?.handler(request, response) === true) return;
      response.end('mine');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const {port} = server.address() as AddressInfo;
    mounted.push(await cluster.join('orders', 'c1', {}, {attach: true, port}));
    await cluster.addShards('orders', ['s0']);
    await cluster.settled('orders');
    const base = `http://127.0.0.1:${port}`;
    await expect(fetch(`${base}/anything`).then((reply) => reply.text())).resolves.toBe('mine');
    // The daemon has called, by hints that it has signed: whoever cannot sign learns nothing, and tells nothing.
    expect([...(mounted[0]?.shards.keys() ?? [])]).toEqual(['s0']);
    const held = await fetch(`${base}/sm/admin/shards`);
    expect([held.status, (await held.text()).includes('s0')]).toEqual([401, false]);
    const hint = {method: 'POST', body: '{}', headers: {'content-type': 'application/json'}};
    expect((await fetch(`${base}/sm/admin/hints`, hint)).status).toBe(401);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is shared by containers of one process that ask for one port', async () => {
    const [port = 0] = await freePorts(1);
    const first = await cluster.join('orders', 'c1', {}, {port});
    const second = await cluster.join('orders', 'c2', {}, {port});
    expect(second.endpoint).toBe(first.endpoint);
    await cluster.addShards('orders', shardIds(4));
    await cluster.settled('orders');
    expect(new Set((await cluster.placement('orders')).values())).toEqual(new Set(['c1', 'c2']));
  });
});

describe('options that cannot work', () => {
  const wrong: [string, Partial<JoinOptions>, string, RegExp][] = [
    ['an app with a slash', {app: 'a/b'}, 'INVALID_NAME', /app name holds characters/],
    ['an id with ..', {id: 'a..b'}, 'INVALID_NAME', /container name holds "\.\."/],
    ['no endpoints', {endpoints: []}, 'INVALID_INPUT', /endpoints is empty/],
    ['a T below the least', {ttlMs: 100}, 'INVALID_INPUT', /ttlMs is 100/],
    ['a port above 65535', {port: 70_000}, 'INVALID_INPUT', /port is 70000/],
    ['a host that means all addresses', {host: '::'}, 'INVALID_INPUT', /means all addresses/],
    [
      'an address of another machine',
      {host: '203.0.113.7'},
      'INVALID_INPUT',
      /no interface of this machine has the address/,
    ],
    [
      'a prefix under which there is nothing',
      {etcdPrefix: '/other'},
      // Whoever has the role of one prefix is not told what another holds.
      ...(LEAST_RIGHTS
        ? (['STORE_AUTH', /etcd refuses/] as const)
        : (['APP_NOT_FOUND', /no app orders under \/other in etcd 127\.0\.0\.1:\d+/] as const)),
    ],
    ['a leave limit that is not a number', {leaveTimeoutMs: Number.NaN}, 'INVALID_INPUT', /NaN/],
  ];
  it.each(wrong)('%s', async (_name, options, code, message) => {
    const joining = joinApp({...(await cluster.joinOptions('orders', 'c1')), ...options}, noHooks);
    const error: unknown = await joining.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SmError);
    expect(error).toMatchObject({code, message: expect.stringMatching(message) as string});
  });

  it('a port that another program has', async () => {
    const port = Number(new URL(cluster.admin.server).port);
    const joining = joinApp(await cluster.joinOptions('orders', 'c1', {port}), noHooks);
    await expect(joining).rejects.toMatchObject({code: 'PORT_TAKEN'});
  });
});

function loggerInto(warnings: string[]): NonNullable<JoinOptions['logger']> {
  const quiet = (): void => undefined;
  const logger = {
    debug: quiet,
    info: quiet,
    warn: (_fields: object, message: string) => void warnings.push(message),
    error: quiet,
    child: () => logger,
  };
  return logger;
}
