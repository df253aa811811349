/** Bad input over real HTTP on a real daemon: every answer is the documented one, and nothing in etcd has changed. */
import {request} from 'node:http';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {ParsedKey} from '../../src/etcd/keys.ts';
import {adminRoutes} from '../../src/protocol/admin.ts';
import type {AdminRoute} from '../../src/protocol/admin.ts';
import {STEADY_TTL_MS, shardIds, startCluster} from '../support/cluster.ts';
import type {Cluster} from '../support/cluster.ts';
import {startEtcd} from '../support/etcd-process.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

let etcd: EtcdProcess;
let cluster: Cluster;

beforeAll(async () => {
  etcd = await startEtcd();
  cluster = await startCluster({etcd});
  await cluster.createApp('orders');
  await cluster.addShards('orders', shardIds(3));
  await cluster.join('orders', 'c1', {}, {ttlMs: STEADY_TTL_MS});
  await cluster.settled('orders');
});
afterAll(async () => {
  await cluster.stop();
  await etcd.stop();
});

const OF_DAEMONS: ReadonlySet<ParsedKey['kind'] | undefined> = new Set<ParsedKey['kind']>([
  'heartbeat',
  'containerId',
  'leader',
  'governedBy',
  'status',
  'events',
  'moves',
  'load',
  'callKeys',
  'usage',
]);

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

/** As the bytes stand, by a client that fixes nothing. */
function send(method: string, path: string, body = ''): Promise<Answer> {
  const {hostname, port} = new URL(cluster.admin.server);
  const headers = {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)};
  return new Promise((resolve, reject) => {
    let answered = false;
    const call = request({method, path, hostname, port, headers}, (reply) => {
      answered = true;
      let text = '';
      reply.setEncoding('utf8');
      reply.on('data', (chunk: string) => (text += chunk));
      reply.on('end', () => {
        const {code = ''} = JSON.parse(text) as {code?: string};
        resolve({status: reply.statusCode ?? 0, code, text});
      });
    });
    // A body over the limit may be cut off while it is being sent: the answer counts.
    call.on('error', (error) => (answered ? undefined : reject(error)));
    call.end(body);
  });
}

function post(name: string, body: object | string): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return send('POST', `/sm/server/${name}`, text);
}

/** What daemons write of their own accord, when they come to it or have lost their session, as a busy machine may make them. */
function isOfDaemons(key: string): boolean {
  const name = cluster.keys.parse(key);
  if (name?.kind === 'ownership') return name.app === cluster.keys.service;
  return OF_DAEMONS.has(name?.kind);
}

/** What calls change: specs, records, audit. */
async function content(): Promise<string> {
  const {entries} = await cluster.store.list([`${cluster.prefix}/`]);
  return entries
    .filter(({key}) => !isOfDaemons(key))
    .map(({key, mod, value}) => `${key} ${mod} ${value}`)
    .join('\n');
}

const HOSTILE_NAMES: readonly [string, string][] = [
  ['a slash', 'or/ders'],
  ['two dots', '..'],
  ['two dots within', 'a..b'],
  ['a control character', 'a\u0007b'],
  ['a NUL', 'a\u0000b'],
  ['an escape sequence', '\u001b[31m'],
  ['a line break', 'a\nb'],
  ['a bidi mark', 'a\u202eb'],
  ['a lone surrogate', '\ud800'],
  ['nothing', ''],
  ['64 kB', 'x'.repeat(63 * 1024)],
];

describe('names', () => {
  it.each(HOSTILE_NAMES)('of %s are refused in every place', async (_case, name) => {
    const before = await content();
    const calls: Promise<Answer>[] = [
      post('add-spec', {service: name}),
      post('add-shard', {service: name, shardId: 's'}),
      post('add-worker', {service: 'orders', workerGroup: name, worker: 'c1'}),
      post('cordon', {service: 'orders', container: name}),
      send(
        'GET',
        `/sm/server/get-shards?service=${encodeURIComponent(Buffer.from(name).toString('utf8'))}`,
      ),
    ];
    // Shard ids may hold slashes and dots: they are escaped in keys.
    if (!/^[a-z./]+$/.test(name) || name.length > 200)
      calls.push(post('add-shard', {service: 'orders', shardId: name}));
    for (const {status, code, text} of await Promise.all(calls)) {
      expect([400, 431]).toContain(status);
      expect(code).toMatch(/^INVALID_(NAME|INPUT)$/);
      expect(text).not.toMatch(/[\u0000-\u001f\u202e]|node_modules/);
      expect(text.length).toBeLessThan(2_000);
    }
    expect(await content()).toBe(before);
  });

  it('of the reserved service are refused', async () => {
    const {service} = cluster.keys;
    for (const [name, body] of [
      ['add-spec', {service}],
      ['add-shard', {service, shardId: 's'}],
      ['del-spec', {service}],
    ] as const)
      expect([name, await post(name, body)]).toMatchObject([
        name,
        {status: 400, code: 'RESERVED_NAME'},
      ]);
  });
});

describe('bodies', () => {
  it.each([
    ['malformed JSON', '{"service":', 400, 'INVALID_INPUT'],
    ['no object', '[1]', 400, 'INVALID_INPUT'],
    ['__proto__', '{"service":"a","__proto__":{"dryRun":true}}', 400, 'INVALID_INPUT'],
    ['__proto__ in an item', '{"service":"a","x":{"__proto__":1}}', 400, 'INVALID_INPUT'],
    ['an unknown key', '{"service":"a","maxShards":3}', 400, 'INVALID_INPUT'],
    ['a number without an end', '{"service":"a","maxShardCount":1e999}', 400, 'INVALID_INPUT'],
    ['a body over the limit', `{"service":"${'x'.repeat(70_000)}"}`, 413, 'BODY_TOO_LARGE'],
    ['100,000 brackets', '['.repeat(100_000), 413, 'BODY_TOO_LARGE'],
  ])('%s is refused', async (_case, body, status, code) => {
    const before = await content();
    expect(await post('add-spec', body)).toMatchObject({status, code});
    expect(await content()).toBe(before);
  });

  it('a batch over 4 MiB is refused, and a bad item spoils no other', async () => {
    const large = {service: 'orders', shards: [{shardId: 'l', task: 'x'.repeat(4_300_000)}]};
    expect(await post('add-shards', large)).toMatchObject({status: 413, code: 'BODY_TOO_LARGE'});
    const shards = [{shardId: 's0', task: 'task of s0'}, {shardId: 'a\u0001'}, {shardId: 7}, 'x'];
    const {status, text} = await post('add-shards', {service: 'orders', shards});
    const {items} = JSON.parse(text) as {items: {result: string}[]};
    expect(status).toBe(200);
    expect(items.map(({result}) => result)).toEqual(['unchanged', 'invalid', 'invalid', 'invalid']);
  });
});

describe('states', () => {
  it.each([
    ['an unknown app', 'add-shard', {service: 'nobody', shardId: 's'}, 404, 'APP_NOT_FOUND'],
    ['an unknown shard', 'del-shard', {service: 'orders', shardId: 'no'}, 404, 'SHARD_NOT_FOUND'],
    [
      'other content',
      'add-shard',
      {service: 'orders', shardId: 's0', task: 'x'},
      409,
      'SHARD_EXISTS',
    ],
    ['another limit', 'add-spec', {service: 'orders', maxShardCount: 9}, 409, 'APP_EXISTS'],
    ['an app in use', 'del-spec', {service: 'orders'}, 409, 'APP_IN_USE'],
  ])('%s is answered so', async (_case, name, body, status, code) => {
    const before = await content();
    expect(await post(name, body)).toMatchObject({status, code});
    expect(await content()).toBe(before);
  });

  it('the same again is 200 and unchanged', async () => {
    const {status, text} = await post('add-shard', {
      service: 'orders',
      shardId: 's0',
      task: 'task of s0',
    });
    expect({status, ...(JSON.parse(text) as object)}).toMatchObject({
      status: 200,
      result: 'unchanged',
      changed: false,
    });
  });
});

it('GET on every path that changes something is 405 and changes nothing', async () => {
  const before = await content();
  const changing = (Object.values(adminRoutes) as AdminRoute[]).filter(
    ({changes}) => changes !== 'nothing',
  );
  for (const {path} of changing)
    expect([path, await send('GET', `${path}?service=orders`)]).toMatchObject([
      path,
      {status: 405, code: 'METHOD_NOT_ALLOWED'},
    ]);
  expect(await content()).toBe(before);
});

it('paths that climb are found nowhere', async () => {
  for (const path of ['/sm/server/../../etc', '/sm/server/%2e%2e/status', '/sm//server/status'])
    expect([path, await send('GET', path)]).toMatchObject([path, {status: 404}]);
});

it('after all that every shard is where it was, and nothing was dropped', async () => {
  await cluster.settled('orders');
  expect([...(await cluster.placement('orders')).values()]).toEqual(['c1', 'c1', 'c1']);
  expect(cluster.log.count('drop')).toBe(0);
});
