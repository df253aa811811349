import {describe, expect, it} from 'vitest';
import * as z from 'zod';
import {adminRoutes, addShardItem} from '../../src/protocol/admin.ts';
import type {AdminRoute} from '../../src/protocol/admin.ts';
import {hintsRequest, shardHintRequest} from '../../src/protocol/hints.ts';

const routes = Object.entries(adminRoutes) as [string, AdminRoute][];

describe('the route table', () => {
  it('keeps the paths of the origin', () => {
    const paths = new Set(routes.map(([, route]) => `${route.method} ${route.path}`));
    for (const kept of [
      'POST /sm/server/add-spec',
      'POST /sm/server/del-spec',
      'GET /sm/server/get-spec',
      'POST /sm/server/add-shard',
      'POST /sm/server/del-shard',
      'GET /sm/server/get-shard',
      'POST /sm/server/add-worker',
      'POST /sm/server/del-worker',
      'GET /sm/server/get-worker',
      'GET /sm/server/detail',
      'GET /sm/server/health',
    ]) {
      expect(paths).toContain(kept);
    }
    expect(paths.size).toBe(routes.length);
  });

  it.each(routes)(
    '%s: changing routes are POST, and both schemas print as JSON schema',
    (_, route) => {
      if (route.changes !== 'nothing') expect(route.method).toBe('POST');
      const options = {io: 'input', unrepresentable: 'any'} as const;
      expect(z.toJSONSchema(route.request, options).type).toBe('object');
      expect(z.toJSONSchema(route.answer, {unrepresentable: 'any'})).toBeTypeOf('object');
    },
  );
});

describe('requests', () => {
  it('fills in the defaults that the origin leaves out', () => {
    expect(adminRoutes.addSpec.request.parse({service: 'orders'})).toEqual({
      service: 'orders',
      reason: '',
      maxShardCount: 0,
      maxRecoveryTime: 10,
      dryRun: false,
    });
    expect(adminRoutes.addShard.request.parse({service: 'orders', shardId: 's/1'})).toEqual({
      service: 'orders',
      reason: '',
      shardId: 's/1',
      task: '',
      manualContainerId: '',
      group: '',
      workerGroup: '',
      ...{load: {}, spreadKey: '', priority: 0},
      dryRun: false,
    });
  });

  it('removes an app by force only when that is written out; 0 is a limit and a wait', () => {
    expect(adminRoutes.delSpec.request.parse({service: 'orders'})).toMatchObject({force: false});
    const zero = {service: 'orders', maxShardCount: 0, maxRecoveryTime: 0};
    expect(adminRoutes.addSpec.request.parse(zero)).toMatchObject(zero);
  });

  it('reads query strings', () => {
    const query = {service: 'orders', limit: '7', unplaced: 'true'};
    expect(adminRoutes.getShards.request.parse(query)).toMatchObject({limit: 7, unplaced: true});
    expect(adminRoutes.getShards.request.safeParse({service: 'a', limit: '1e9'}).success).toBe(
      false,
    );
    expect(adminRoutes.getShards.request.safeParse({service: 'a', limit: ''}).success).toBe(false);
  });

  it('refuses unknown keys, bad names and numbers out of range', () => {
    const bad = [
      {service: 'orders', maxShardCont: 1},
      {service: 'a/b'},
      {service: 'a..b'},
      {service: ''},
      {service: 'x'.repeat(65_536)},
      {service: 'orders', maxShardCount: -1},
      {service: 'orders', maxShardCount: 1.5},
      {service: 'orders', maxRecoveryTime: 301},
      {service: 7},
      {},
    ];
    for (const body of bad) expect(adminRoutes.addSpec.request.safeParse(body).success).toBe(false);
    expect(addShardItem.safeParse({shardId: 'a\u0000b'}).success).toBe(false);
    expect(addShardItem.safeParse({shardId: 'ä'.repeat(101)}).success).toBe(false);
    expect(addShardItem.safeParse({shardId: 'ä'.repeat(100)}).success).toBe(true);
  });

  it('limits batches by number', () => {
    const shards = Array.from({length: 10_001}, (_, i) => ({shardId: `s${i}`}));
    const {request} = adminRoutes.addShards;
    expect(request.safeParse({service: 'orders', shards}).success).toBe(false);
    expect(request.safeParse({service: 'orders', shards: shards.slice(1)}).success).toBe(true);
  });
});

describe('hints', () => {
  it('take at most 100 items and check each', () => {
    const item = {shard: 's', op: 'add', revision: 1} as const;
    const hints = (count: number) => ({
      app: 'orders',
      incarnation: 'ab12',
      items: Array.from({length: count}, () => item),
    });
    expect(hintsRequest.safeParse(hints(100)).success).toBe(true);
    expect(hintsRequest.safeParse(hints(101)).success).toBe(false);
    expect(hintsRequest.safeParse({...hints(1), items: [{...item, op: 'kill'}]}).success).toBe(
      false,
    );
  });

  it('take a body of the origin as a hint', () => {
    const body = {id: 's', spec: {id: 's', lease: {id: 1}}};
    expect(shardHintRequest.safeParse(body).success).toBe(true);
  });
});
