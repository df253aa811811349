import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {joinApp} from '../../src/container/index.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {containerRights} from '../support/least-rights.ts';
import {PushBed, TTL_MS} from './push-bed.ts';

const BEYOND_DOUBLE = '9007199254740993';
const LARGEST = '9223372036854775807';

let bed: PushBed;
beforeAll(async () => {
  bed = await PushBed.start();
});
afterAll(() => bed.stop());

function shards(app: string, count: number): string[] {
  return Array.from({length: count}, (_, index) => `${app}-${index}`);
}

describe('push containers', () => {
  it('get shards, share them with a newcomer, and leave them to it when they die', async () => {
    await bed.createApp('orders', shards('orders', 12));
    const first = await bed.container({app: 'orders'});
    await bed.untilSpread('orders', new Map([[first, 12]]));
    const second = await bed.container({app: 'orders', leaseId: BEYOND_DOUBLE});
    await bed.untilSpread(
      'orders',
      new Map([
        [first, 6],
        [second, 6],
      ]),
    );
    const tokens = new Map([...(await bed.rows('orders'))].map(([id, {token}]) => [id, token]));
    const left = first.running;
    await first.die();
    await bed.untilSpread('orders', new Map([[second, 12]]));
    for (const [id, {incarnation, token}] of await bed.rows('orders')) {
      // The session's lease, digit by digit: 2^53 + 1.
      expect(incarnation).toMatch(/^20000000000001-\d+$/);
      if (left.includes(id)) expect(token > (tokens.get(id) ?? '')).toBe(true);
      else expect(token).toBe(tokens.get(id));
    }
    expect(bed.doubles).toEqual(new Set());
  });

  it('are sent what the origin demands, with the lease ids digit by digit', async () => {
    const app = 'bodies';
    await bed.post('add-spec', {service: app});
    const guardKey = `/sm/app/${app}/lease/guard`;
    await bed.until('the guard', async () => (await bed.raw.get(guardKey).string()) !== null);
    const {kvs} = await bed.raw.getAll().prefix(`/sm/app/${app}/lease/`).exec();
    expect(kvs.map(({lease}) => lease)).toEqual(['0']);
    const guard = kvs[0]?.value.toString() ?? '';
    expect(guard).toMatch(/^\{"id":\d+,"expire":9223372036854775777\}$/);
    await bed.post('add-shard', {service: app, shardId: 'a/b %', task: '{"n":1}', group: 'g'});
    const container = await bed.container({app, leaseId: LARGEST});
    await bed.untilSpread(app, new Map([[container, 1]]));
    expect(container.received).toHaveLength(1);
    const body = container.received[0]?.body ?? '';
    expect(body).toContain(`"lease":${guard}`);
    expect(JSON.parse(body)).toMatchObject({
      id: 'a/b %',
      spec: {id: 'a/b %', service: app, task: '{"n":1}', group: 'g', manualContainerId: ''},
    });
    const [row] = (await bed.rows(app)).values();
    expect(row?.incarnation).toMatch(/^7fffffffffffffff-\d+$/);
  });

  it('share an app with containers of the SDK', async () => {
    const app = 'mixed';
    await bed.createApp(app, shards(app, 8));
    const held = new Set<string>();
    const modern = await joinApp(
      {
        ...{app, endpoints: [bed.etcd.endpoint], ttlMs: TTL_MS, logger: silentLogger},
        ...(await containerRights(bed.etcd, '/sm', 'sm.test', app)),
      },
      {add: (shard) => void held.add(shard.id), drop: (shard) => void held.delete(shard.id)},
    );
    await bed.until('all on one', () => held.size === 8);
    const push = await bed.container({app});
    await bed.untilSpread(app, new Map([[push, 4]]));
    expect(held.size).toBe(4);
    await modern.leave();
    await bed.untilSpread(app, new Map([[push, 8]]));
    expect(held.size).toBe(0);
  });
});
