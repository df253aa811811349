import {beforeEach, describe, expect, it} from 'vitest';
import {plan} from '../../../../src/planner/index.ts';
import {trimAudit} from '../../../../src/server/governing/audit-trim.ts';
import {NOW_MS, World} from '../fixture.ts';

let world: World;
let wallMs: number;
beforeEach(async () => {
  wallMs = NOW_MS;
  world = new World({plan, wallMs: () => wallMs});
  await world.call('addSpec', {service: 'orders', maxRecoveryTime: 0, reason: 'first app'});
});

async function auditOf(service = 'orders') {
  const {events} = await world.call('events', {service});
  return events.filter((event) => event.type === 'audit');
}

describe('the audit', () => {
  it('says who, what, why and at which revision', async () => {
    const {revision} = await world.call('addShard', {
      ...{service: 'orders', shardId: 'a/b', task: 'x'.repeat(1_000), reason: 'growth'},
    });
    const [created, added] = await auditOf();
    expect(created).toMatchObject({
      ...{operation: 'addSpec', who: 'local', from: '127.0.0.1', reason: 'first app'},
      detail: {maxRecoveryTime: 0},
    });
    expect(added).toMatchObject({
      ...{operation: 'addShard', objects: ['shard/a/b'], objectCount: 1, reason: 'growth'},
      revision,
    });
    expect(JSON.stringify(added?.detail).length).toBeLessThan(400);
  });

  it('stays silent about what changed nothing: unchanged, refused, only tried', async () => {
    await world.call('addSpec', {service: 'orders', maxRecoveryTime: 0});
    await world.call('addShard', {service: 'orders', shardId: 's', dryRun: true});
    await expect(world.call('delShard', {service: 'orders', shardId: 's'})).rejects.toThrow();
    expect(await auditOf()).toHaveLength(1);
  });

  it('counts what a batch writes', async () => {
    const shards = Array.from({length: 250}, (_, index) => ({shardId: `s${index}`}));
    await world.call('addShards', {service: 'orders', shards, reason: 'many'});
    const batches = (await auditOf()).filter(({operation}) => operation === 'addShards');
    const written = batches.reduce((sum, {objectCount}) => sum + objectCount, 0);
    expect(written).toBe(250);
    expect(batches.every(({objects}) => objects.length <= 10)).toBe(true);
  });

  it('does not note the signs of life of an apply; its beginning, its end, and another caller are orders', async () => {
    const marker = {service: 'orders', content: 'a'.repeat(64), dryRun: false};
    const renewedAt = async (): Promise<string> => {
      const {entry} = await world.memory.get(world.keys.applyMarker('orders'));
      return (JSON.parse(entry?.value ?? '{}') as {renewedAt: string}).renewedAt;
    };
    await world.call('beginApply', marker);
    const begun = await renewedAt();
    for (let count = 0; count < 3; count += 1) {
      wallMs += 10_000;
      expect(await world.call('beginApply', marker)).toMatchObject({changed: true, resumed: true});
    }
    expect(Date.parse(await renewedAt()) - Date.parse(begun)).toBe(30_000);
    await world.call('endApply', {...marker, done: false});
    await world.call('beginApply', marker);
    world.who = 'somebody else';
    await world.call('beginApply', marker);
    await world.call('endApply', {...marker, done: true});
    expect((await auditOf()).map(({operation, who}) => [operation, who])).toEqual([
      ['addSpec', 'local'],
      ['beginApply', 'local'],
      ['endApply', 'local'],
      ['beginApply', 'local'],
      ['beginApply', 'somebody else'],
      ['endApply', 'somebody else'],
    ]);
  });

  it('is kept short: of a flood the first and the last entries stay', async () => {
    for (let count = 0; count < 20; count += 1)
      await world.call('updateSpec', {service: 'orders', maxShardCount: count + 1});
    await trimAudit(world.memory, world.keys, 5);
    const left = await auditOf();
    expect(left.map(({detail}) => detail['maxShardCount'])).toEqual([0, 1, 18, 19, 20]);
  });
});

describe('events', () => {
  it('bring changes, moves and container states together, oldest first, the newest of them', async () => {
    const moved = {id: 'm1', shard: 's1', from: 'c1', to: 'c2', why: 'balance'};
    const times = {startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:00:01.000Z'};
    await world.put(world.keys.moves('orders', '1'), [
      {...moved, ...times, outcome: 'done', note: ''},
    ]);
    const lost = {container: 'c1', incarnation: 'c1-1', state: 'lost', before: 'silent'};
    await world.put(world.keys.events('orders', '1'), [{...lost, at: '2026-01-01T00:00:02.000Z'}]);
    const {events, matched} = await world.call('events', {});
    expect(events.map(({type}) => type)).toEqual(['move', 'container', 'audit']);
    expect(matched).toBe(3);
    const last = await world.call('events', {limit: 1});
    expect(last.events.map(({type}) => type)).toEqual(['audit']);
    const about = await world.call('events', {service: 'orders', object: 'c1'});
    expect(about.events.map(({type}) => type)).toEqual(['move', 'container']);
    await expect(world.call('events', {service: 'nobody'})).rejects.toThrow('nobody');
  });

  it('come as a stream that goes on where it stopped', async () => {
    const stop = new AbortController();
    const {revision} = await world.call('addShard', {service: 'orders', shardId: 's1'});
    await world.call('addShard', {service: 'orders', shardId: 's2'});
    const seen: string[] = [];
    for await (const event of world.events({service: 'orders', after: revision}, stop.signal)) {
      seen.push(event.type === 'audit' ? event.objects.join() : event.type);
      if (seen.length === 2) await world.call('addShard', {service: 'orders', shardId: 's3'});
      if (seen.length === 3) break;
    }
    stop.abort();
    expect(seen).toEqual(['hello', 'shard/s2', 'shard/s3']);
  });
});
