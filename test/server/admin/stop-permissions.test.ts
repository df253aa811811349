/** Permissions to stop containers, on records: what they count, and two daemons that are asked at once. */
import {beforeEach, describe, expect, it} from 'vitest';
import {plan} from '../../../src/planner/index.ts';
import type {AdminInput} from '../../../src/protocol/admin.ts';
import {NOW_MS, World} from './fixture.ts';

const service = 'orders';
let world: World;
let wallMs = NOW_MS;
beforeEach(async () => {
  wallMs = NOW_MS;
  world = new World({plan, wallMs: () => wallMs});
  await world.call('addSpec', {service, maxRecoveryTime: 0});
  for (const number of [1, 2, 3]) {
    const container = `c${number}`;
    const incarnation = await world.join(service, container);
    await world.call('addShard', {service, shardId: `s${number}`});
    await world.own(service, `s${number}`, {container, incarnation});
  }
});

function ask(containers: string[], over: Partial<AdminInput<'canStop'>> = {}) {
  return world.call('canStop', {service, containers, holder: 'deploy-1', ...over});
}

async function stopOf(id: string) {
  const {containers} = await world.call('getContainers', {service});
  return containers.find((one) => one.id === id)?.stop;
}

describe('can-stop', () => {
  it('gives a permission that is seen, counts against others, is renewed and given back', async () => {
    const first = await ask(['c1'], {leaseMs: 60_000, reason: 'v2'});
    const until = new Date(NOW_MS + 60_000).toISOString();
    expect(first).toMatchObject({
      allowed: true,
      changed: true,
      result: 'created',
      maxUnavailable: 1,
    });
    expect(first.permissions).toMatchObject([{container: 'c1', incarnation: 'c1-1', until}]);
    expect(await stopOf('c1')).toMatchObject({holder: 'deploy-1', reason: 'v2', until});

    const other = await ask(['c2'], {holder: 'deploy-2'});
    expect(other).toMatchObject({allowed: false, changed: false, permissions: []});
    expect(other.objections.map(({rule}) => rule)).toEqual(['unavailable']);
    expect(other.unavailable).toEqual([
      {container: 'c1', why: `deploy-1 may stop it until ${until}`},
    ]);

    wallMs += 30_000;
    expect(await ask(['c1'], {leaseMs: 60_000})).toMatchObject({allowed: true, changed: true});
    const given = await world.call('releaseStop', {service, holder: 'deploy-1'});
    expect(given.released.map(({container}) => container)).toEqual(['c1']);
    expect(await stopOf('c1')).toBeNull();
    expect(await ask(['c2'], {holder: 'deploy-2'})).toMatchObject({allowed: true});
  });

  it('is not seen any more once its lease has ended', async () => {
    await ask(['c1'], {leaseMs: 1_000});
    wallMs += 1_000;
    expect(await stopOf('c1')).toBeNull();
  });

  it('leaves an entry in the audit that names the containers, not what the store keeps of all of them', async () => {
    await ask(['c1'], {leaseMs: 60_000});
    await ask(['c1'], {leaseMs: 90_000});
    const {events} = await world.call('events', {service, audit: true});
    expect(events.at(-1)).toMatchObject({objects: ['container/c1'], changed: []});
  });

  it('tries without a trace, and does not take a mistyped id for a yes', async () => {
    expect(await ask(['c1'], {dryRun: true})).toMatchObject({allowed: true, permissions: []});
    expect(await stopOf('c1')).toBeNull();
    await expect(ask(['c1', 'nobody'])).rejects.toThrow('has no container nobody');
    await expect(world.call('canStop', {service: 'none', containers: ['c1']})).rejects.toThrow();
  });

  it('asks the live planner whether every shard would have a place', async () => {
    await world.call('updateSpec', {service, maxShardCount: 1});
    const full = await ask(['c1']);
    expect(full.objections).toMatchObject([{rule: 'place', count: 1, objects: ['s1']}]);
    expect(full.objections[0]?.text).toContain('capacity');
    await world.call('updateSpec', {service, maxShardCount: 0});
    await world.call('addWorker', {service, workerGroup: 'w', worker: 'c2'});
    await world.call('updateShard', {service, shardId: 's2', workerGroup: 'w'});
    const narrow = await ask(['c2']);
    expect(narrow.objections[0]?.text).toContain('worker-group-not-living');
    expect(await ask(['c1'])).toMatchObject({allowed: true});
  });

  it('counts what is lost, what is silent and what has no service', async () => {
    await world.call('addShard', {service, shardId: 'homeless'});
    expect((await ask(['c1'])).objections.map(({rule}) => rule)).toEqual(['unserved']);
    expect(await ask(['c1'], {maxUnserved: 1, dryRun: true})).toMatchObject({allowed: true});
    await world.delete(world.keys.heartbeat(service, 'c2-1'));
    const lost = await ask(['c1'], {maxUnserved: 5});
    expect(lost.unavailable).toEqual([{container: 'c2', why: 'lost'}]);
    expect(lost.objections.map(({rule}) => rule)).toEqual(['unavailable']);
    world.writes = {kind: 'none', sinceMs: NOW_MS, reason: 'gone', fix: ''};
    expect((await ask(['c1'])).objections.map(({rule}) => rule)).toContain('unknown');
  });

  it('agrees with another daemon that is asked at the same time', async () => {
    const twin = new World({plan, wallMs: () => wallMs, store: world.memory});
    const asked = ['c1', 'c2', 'c3'].flatMap((container) =>
      [world, twin].map((daemon, index) =>
        daemon.call('canStop', {service, containers: [container], holder: `${container}-${index}`}),
      ),
    );
    const answers = await Promise.all(asked);
    expect(answers.filter(({allowed}) => allowed)).toHaveLength(1);
    const stored = await world.value(world.keys.stopPermissions(service));
    expect(stored?.['permissions']).toHaveLength(1);
  });

  it('keeps off permissions that it cannot read', async () => {
    await world.put(world.keys.stopPermissions(service), 'no json');
    await expect(ask(['c1'])).rejects.toMatchObject({code: 'STORE_CORRUPT'});
  });
});
