import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {AdminAnswer, ErrorAnswer} from '../../../src/protocol/admin.ts';
import {createAdminHandlers} from '../../../src/server/admin/handlers.ts';
import {fixture} from '../http/fixture.ts';
import type {Fixture} from '../http/fixture.ts';
import {SERVICE, World} from './fixture.ts';

let http: Fixture;
let world: World;
beforeEach(() => {
  world = new World();
  http = fixture({admin: createAdminHandlers(world.dependencies)});
});
afterEach(() => http.server.close());

async function post(path: string, payload: object) {
  const headers = {'content-type': 'application/json', host: 'localhost'};
  const url = `/sm/server/${path}`;
  const reply = await http.server.inject({method: 'POST', url, headers, payload});
  return {status: reply.statusCode, body: reply.json<ErrorAnswer & {result: string}>()};
}

async function get(path: string) {
  const headers = {host: 'localhost'};
  const reply = await http.server.inject({url: `/sm/server/${path}`, headers});
  return {status: reply.statusCode, body: reply.json<object>()};
}

describe('the API over the store', () => {
  it('keeps the paths of the origin working', async () => {
    const service = 'orders';
    expect(await post('add-spec', {service, maxShardCount: 5, maxRecoveryTime: 0})).toMatchObject({
      status: 200,
      body: {result: 'created'},
    });
    const shard = {service, shardId: 's/1', task: 't', manualContainerId: '', group: 'g'};
    expect((await post('add-shard', shard)).status).toBe(200);
    await post('add-worker', {service, workerGroup: 'w', worker: '127.0.0.1:1'});
    expect(await get('get-spec')).toEqual({status: 200, body: {services: ['orders']}});
    expect((await get('get-shard?service=orders')).body).toEqual({shards: ['s/1']});
    expect((await get('get-worker?service=orders')).body).toEqual({
      workers: {w: ['127.0.0.1:1']},
    });
    expect(Object.keys((await get('detail?service=orders')).body)).toEqual([
      'spec',
      'shardSpec',
      'workerGroup',
      'allocate',
      'aliveContainers',
      'notAllocateShards',
    ]);
    expect((await get('health')).body).toEqual({msg: 'success'});
    expect((await post('del-shard', {service, shardId: 's/1'})).status).toBe(200);
    expect((await post('del-spec?service=orders', {})).body).toMatchObject({result: 'deleted'});
  });

  it('answers 404, 409 and 400 where the issue says so', async () => {
    await post('add-spec', {service: 'orders'});
    await post('add-shard', {service: 'orders', shardId: 's'});
    const cases: [string, object, number, string][] = [
      ['add-shard', {service: 'nobody', shardId: 's'}, 404, 'APP_NOT_FOUND'],
      ['add-shards', {service: 'nobody', shards: [{shardId: 's'}]}, 404, 'APP_NOT_FOUND'],
      ['add-shard', {service: 'orders', shardId: 's', task: 'other'}, 409, 'SHARD_EXISTS'],
      ['add-spec', {service: 'orders', maxShardCount: 1}, 409, 'APP_EXISTS'],
      ['del-spec', {service: 'orders'}, 409, 'APP_IN_USE'],
      ['add-spec', {service: SERVICE}, 400, 'RESERVED_NAME'],
      ['add-shard', {service: SERVICE, shardId: 's'}, 400, 'RESERVED_NAME'],
      ['add-shard', {service: 'orders', shardId: 'a\u001bb'}, 400, 'INVALID_NAME'],
      ['cordon', {service: 'orders', container: 'nobody'}, 404, 'CONTAINER_NOT_FOUND'],
      ['evict', {service: 'orders', container: 'nobody'}, 404, 'CONTAINER_NOT_FOUND'],
      ['evict', {service: 'nobody', container: 'nobody'}, 404, 'APP_NOT_FOUND'],
      ['cancel-moves', {service: 'orders', all: true, moves: ['s']}, 400, 'INVALID_INPUT'],
    ];
    for (const [path, body, status, code] of cases) {
      expect([path, await post(path, body)]).toMatchObject([path, {status, body: {code}}]);
    }
    expect((await get('get-shards?service=nobody')).status).toBe(404);
    const wait = await get('wait-check?service=nobody&kind=app&for=gone');
    expect(wait.body as AdminAnswer<'waitCheck'>).toMatchObject({met: true, missingCount: 0});
  });

  it('says for programs which object it is about', async () => {
    await post('add-spec', {service: 'orders'});
    await post('add-shard', {service: 'orders', shardId: 's'});
    const ours = {service: 'orders'};
    const cases: [string, object, string, string][] = [
      ['add-shard', {service: 'nobody', shardId: 's'}, 'APP_NOT_FOUND', 'app/nobody'],
      ['add-spec', {...ours, maxShardCount: 1}, 'APP_EXISTS', 'app/orders'],
      ['del-spec', ours, 'APP_IN_USE', 'app/orders'],
      ['add-shard', {...ours, shardId: 's', task: 'other'}, 'SHARD_EXISTS', 'shard/s'],
      ['update-shard', {...ours, shardId: 'no', task: 'other'}, 'SHARD_NOT_FOUND', 'shard/no'],
      ['cordon', {...ours, container: 'no'}, 'CONTAINER_NOT_FOUND', 'container/no'],
      ['evict', {...ours, container: 'no'}, 'CONTAINER_NOT_FOUND', 'container/no'],
    ];
    for (const [path, body, code, object] of cases) {
      expect([path, (await post(path, body)).body]).toMatchObject([path, {code, object}]);
    }
    await post('del-spec', {...ours, force: true});
    const added = await post('add-shard', {...ours, shardId: 's'});
    expect(added.body).toMatchObject({code: 'APP_DELETING', object: 'app/orders'});
  });

  it('300 hostile names change nothing', async () => {
    await post('add-spec', {service: 'orders'});
    const parts = ['/', '..', '\u0000', '\u202e', '\ud800', '\ufeff', '\n', 'x'.repeat(201)];
    let sent = 0;
    for (const part of parts) {
      for (let at = 0; at < 38; at++) {
        const shardId = `${'a'.repeat(at % 5)}${part}${at}`;
        const printable = part === '/' || part === '..';
        const {status} = await post('add-shard', {service: 'orders', shardId});
        expect([shardId, status]).toEqual([shardId, printable ? 200 : 400]);
        expect((await post('add-spec', {service: shardId})).status).toBe(400);
        sent++;
      }
    }
    expect(sent).toBeGreaterThan(300);
    expect((await get('get-spec')).body).toEqual({services: ['orders']});
    const listed = (await get('get-shard?service=orders')).body as {shards: string[]};
    expect(listed.shards).toHaveLength(76);
    expect(listed.shards.every((id) => id.includes('/') || id.includes('..'))).toBe(true);
  });

  it('says numbers of 64 bits in records as text, wherever they stand', async () => {
    await post('add-spec', {service: 'orders'});
    await post('add-shard', {service: 'orders', shardId: 's'});
    const big = 9_007_199_254_740_993n;
    const {keys} = world;
    const spec = {service: 'orders', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
    await world.put(keys.appSpec('orders'), {...spec, extra: {id: big}});
    await world.put(keys.shardSpec('orders', 's'), {id: 's', service: 'orders', lease: {id: big}});
    const audit = {v: 1, at: '2026-01-01T00:00:00Z', service: 'orders', operation: 'addSpec'};
    await world.put(keys.audit('0000000000000000042-abcdef'), {...audit, detail: {lease: big}});
    const said = {v: 1, governor: 'd', at: '2026-01-01T00:00:00Z', alarms: [{code: 'X', id: big}]};
    await world.put(keys.status('orders'), said);
    await world.join('orders', 'c1', {overdue: [{shard: 's', hook: 'add', id: big} as never]});
    expect(JSON.stringify(await get('events?limit=9'))).toContain(`"lease":"${big}"`);
    const whole = JSON.stringify(await get('detail?service=orders'));
    expect(whole).toContain(`"extra":{"id":"${big}"}`);
    expect(whole).toContain(`"lease":{"id":"${big}"}`);
    for (const name of ['get-app', 'get-shards', 'get-containers', 'export-app', 'moves'])
      expect([name, (await get(`${name}?service=orders`)).status]).toEqual([name, 200]);
    for (const name of ['status', 'get-apps', 'checks'])
      expect([name, (await get(name)).status]).toEqual([name, 200]);
    expect(http.logged.map(({message}) => message)).not.toContain('request failed');
  });
});
