/** Undo: the table of what has a way back, walked; and where the state does not allow it any more. */
import {beforeEach, describe, expect, it} from 'vitest';
import {auditId} from '../../../../src/model/audit.ts';
import {plan} from '../../../../src/planner/index.ts';
import {routeRows} from '../../../../src/protocol/admin-routes.ts';
import type {ChangingOperation} from '../../../../src/protocol/admin-routes.ts';
import {undoRows} from '../../../../src/protocol/undo-table.ts';
import {NOW_MS, World} from '../fixture.ts';

const service = 'orders';
const CONTENT = 'a'.repeat(64);
type Call = (world: World) => Promise<unknown>;

/** Of every operation a call that changes something; `before`: what it needs. */
const CALLS: {readonly [O in ChangingOperation]: {readonly before?: Call; readonly call: Call}} = {
  addSpec: {call: (world) => world.call('addSpec', {service: 'bills'})},
  updateSpec: {
    call: (world) => world.call('updateSpec', {service, paused: true, maxShardCount: 9}),
  },
  delSpec: {call: (world) => world.call('delSpec', {service, force: true})},
  beginApply: {call: (world) => world.call('beginApply', {service, content: CONTENT})},
  endApply: {
    before: (world) => world.call('beginApply', {service, content: CONTENT}),
    call: (world) => world.call('endApply', {service, content: CONTENT, done: true}),
  },
  addShard: {call: (world) => world.call('addShard', {service, shardId: 'new'})},
  addShards: {
    call: (world) => world.call('addShards', {service, shards: [{shardId: 'n1'}, {shardId: 'n2'}]}),
  },
  updateShard: {
    call: (world) =>
      world.call('updateShard', {service, shardId: 's1', manualContainerId: 'c1', pinForMs: 9_000}),
  },
  delShard: {call: (world) => world.call('delShard', {service, shardId: 's1'})},
  delShards: {
    call: (world) => world.call('delShards', {service, shards: [{shardId: 's1'}, {shardId: 's2'}]}),
  },
  addWorker: {call: (world) => world.call('addWorker', {service, workerGroup: 'w', worker: 'c1'})},
  delWorker: {
    before: (world) => world.call('addWorker', {service, workerGroup: 'w', worker: 'c1'}),
    call: (world) => world.call('delWorker', {service, workerGroup: 'w', worker: 'c1'}),
  },
  cordon: {call: (world) => world.call('cordon', {service, container: 'c1'})},
  drain: {
    before: (world) => world.call('cordon', {service, container: 'c1'}),
    call: (world) => world.call('drain', {service, container: 'c1', maxMoving: 2}),
  },
  uncordon: {
    before: (world) => world.call('drain', {service, container: 'c1', keep: true}),
    call: (world) => world.call('uncordon', {service, container: 'c1'}),
  },
  setQuota: {call: (world) => world.call('setQuota', {service, shards: 9})},
  setContainer: {
    call: (world) => world.call('setContainer', {service, container: 'c1', weight: 2}),
  },
  evict: {call: (world) => world.call('evict', {service, container: 'c1'})},
  canStop: {
    call: (world) => world.call('canStop', {service, containers: ['c1'], maxUnserved: 9}),
  },
  releaseStop: {
    before: (world) => world.call('canStop', {service, containers: ['c1'], maxUnserved: 9}),
    call: (world) => world.call('releaseStop', {service, containers: ['c1']}),
  },
  cancelMoves: {call: (world) => world.call('cancelMoves', {service, all: true})},
  acceptRestore: {
    call: (world) =>
      world.call('acceptRestore', {confirm: world.dependencies.service, force: true}),
  },
  undo: {call: (world) => world.call('undo', {service})},
};

let world: World;
let wallMs = NOW_MS;
beforeEach(async () => {
  wallMs = NOW_MS;
  world = new World({plan, wallMs: () => wallMs});
  await world.call('addSpec', {service, maxRecoveryTime: 0});
  for (const container of ['c1', 'c2']) await world.join(service, container);
  const shards = [
    {shardId: 's1', task: 't'},
    {shardId: 's2', manualContainerId: 'c1'},
  ];
  await world.call('addShards', {service, shards});
  for (const {shardId} of shards) await world.own(service, shardId, {});
});

/** All specs of the app, as stored. */
async function specs(): Promise<Record<string, unknown>> {
  const {entries} = await world.memory.list([world.keys.appSpecPrefix(service)]);
  return Object.fromEntries(entries.map(({key, value}) => [key, value] as const));
}

async function entries() {
  const {events} = await world.call('events', {});
  return events.filter((event) => event.type === 'audit');
}

describe('the table', () => {
  it('names every operation that changes something', () => {
    const changing = Object.entries(routeRows).filter(([, {changes}]) => changes !== 'nothing');
    expect(Object.keys(undoRows).sort()).toEqual(changing.map(([name]) => name).sort());
  });

  const rows = Object.entries(undoRows) as [ChangingOperation, (typeof undoRows)['undo']][];
  it.each(rows.filter(([, {why}]) => why === undefined))(
    '%s: what was before stands again, and the undo can be undone',
    async (operation) => {
      const {before, call} = CALLS[operation];
      await before?.(world);
      const old = await specs();
      await call(world);
      const changed = await specs();
      expect(changed).not.toEqual(old);
      const tried = await world.call('undo', {service, dryRun: true});
      expect(tried.undone.operation).toBe(operation);
      expect(await specs()).toEqual(changed);
      const answer = await world.call('undo', {service, reason: 'wrong'});
      expect(answer.undone.operation).toBe(operation);
      expect(await specs()).toEqual(old);
      const [last] = (await entries()).slice(-1);
      expect(last).toMatchObject({operation: 'undo', reason: 'wrong', revision: answer.revision});
      expect(last?.objects).toEqual(answer.undone.objects);
      await world.call('undo', {service});
      expect(await specs()).toEqual(changed);
    },
  );

  it.each(rows.filter(([, {why}]) => why !== undefined))(
    '%s is refused with what to do instead',
    async (operation, {why}) => {
      const {before, call} = CALLS[operation];
      await before?.(world);
      await call(world);
      const [last] = (await entries()).slice(-1);
      expect(last?.operation).toBe(operation);
      const app = last?.service === '' ? world.dependencies.service : (last?.service ?? '');
      const undoing = world.call('undo', {service: app, entry: last?.revision ?? ''});
      // What is for all apps stands under no app.
      const code = operation === 'acceptRestore' ? 'NOT_FOUND' : 'CONFLICT';
      await expect(undoing).rejects.toMatchObject({code});
      if (code === 'CONFLICT') await expect(undoing).rejects.toThrow(why);
    },
  );
});

/** Removes a shard. @returns the revision of its entry. */
async function removalOf(shardId: string): Promise<string> {
  await world.call('delShard', {service, shardId});
  return (await entries()).at(-1)?.revision ?? '';
}

describe('an undo of what has changed since', () => {
  it('is refused where somebody has changed the same since, and names it', async () => {
    await world.call('updateShard', {service, shardId: 's1', group: 'g'});
    const [{revision = ''} = {}] = (await entries()).slice(-1);
    await world.call('updateShard', {service, shardId: 's1', group: 'h'});
    const undoing = world.call('undo', {service, entry: revision});
    await expect(undoing).rejects.toThrow(
      /shard\/s1 is not as that change left it: it has changed/,
    );
    await world.call('undo', {service});
    // The newest one is undone: but that was another write of the same.
    await expect(world.call('undo', {service, entry: revision})).rejects.toThrow('shard/s1');
  });

  it('is refused where a shard that it would bring back has been added again', async () => {
    await world.call('delShard', {service, shardId: 's1'});
    const [{revision = ''} = {}] = (await entries()).slice(-1);
    await world.call('addShard', {service, shardId: 's1', task: 'other'});
    await expect(world.call('undo', {service, entry: revision})).rejects.toThrow('shard/s1');
  });

  it('of a removal is refused where the object was there again since, and is gone now', async () => {
    const revision = await removalOf('s1');
    await world.call('addShard', {service, shardId: 's1', task: 'other'});
    await world.call('delShard', {service, shardId: 's1'});
    await expect(world.call('undo', {service, entry: revision})).rejects.toThrow(
      /shard\/s1 is not as that change left it: it has changed at revision \d/,
    );
    // The newest removal brings back the newest content.
    await world.call('undo', {service});
    const spec = await world.value(world.keys.shardSpec(service, 's1'));
    expect(spec).toMatchObject({task: 'other'});
  });

  it('is refused where the app was removed and created again since', async () => {
    const revision = await removalOf('s1');
    for (const key of Object.keys(await specs())) await world.delete(key);
    await world.call('addSpec', {service});
    await expect(world.call('undo', {service, entry: revision})).rejects.toThrow(
      /app orders was removed and created again since/,
    );
    expect(await world.value(world.keys.shardSpec(service, 's1'))).toBeUndefined();
  });

  it("is refused for an entry that came with an import, whose revisions are another store's", async () => {
    await world.call('delShard', {service, shardId: 's1'});
    const {entries: audited} = await world.memory.list([world.keys.auditPrefix()]);
    for (const {key} of audited) await world.delete(key);
    const last = audited.at(-1)?.value ?? '';
    const mod = await world.put(world.keys.audit(auditId(0, 0)), last);
    const undoing = world.call('undo', {service, entry: String(mod)});
    await expect(undoing).rejects.toThrow(/came with an import/);
  });
});

describe('an undo', () => {
  it('does not bring back a pin or a pause whose time is over', async () => {
    const pin = {service, shardId: 's1', manualContainerId: 'c1', pinForMs: 60_000};
    await world.call('updateShard', pin);
    await world.call('updateShard', {service, shardId: 's1', manualContainerId: ''});
    const unpinned = (await entries()).at(-1)?.revision ?? '';
    await world.call('updateSpec', {service, paused: true, pauseForMs: 60_000});
    await world.call('updateSpec', {service, paused: false});
    const resumed = (await entries()).at(-1)?.revision ?? '';
    const old = await specs();
    wallMs += 60_000;
    const end = new Date(wallMs).toISOString();
    for (const [entry, object] of [
      [unpinned, 'shard/s1'],
      [resumed, 'app/orders'],
    ] as const)
      await expect(world.call('undo', {service, entry})).rejects.toThrow(
        `the pin or pause that ${object} had before has ended, at ${end}`,
      );
    expect(await specs()).toEqual(old);
    wallMs -= 1;
    await world.call('undo', {service, entry: unpinned});
    const spec = () => world.value(world.keys.shardSpec(service, 's1'));
    expect(await spec()).toMatchObject({manualContainerId: 'c1', pinned: {until: end}});
    // A shard that was removed comes back, as it would be by now.
    const removal = await removalOf('s1');
    wallMs += 1;
    await world.call('undo', {service, entry: removal});
    expect(await spec()).toMatchObject({task: 't', manualContainerId: ''});
    expect(await spec()).not.toHaveProperty('pinned');
  });

  it('of a task is another change to who runs the shard: its version steps up', async () => {
    await world.call('updateShard', {service, shardId: 's1', task: 'other'});
    await world.call('undo', {service});
    expect(await world.value(world.keys.shardSpec(service, 's1'))).toMatchObject({
      ...{task: 't', taskVersion: 2},
    });
  });

  it('keeps to its app, and to entries that there are', async () => {
    await world.call('addSpec', {service: 'bills'});
    const [{revision = ''} = {}] = (await entries()).slice(-1);
    const undoing = world.call('undo', {service, entry: revision});
    await expect(undoing).rejects.toMatchObject({code: 'NOT_FOUND'});
    const mistyped = world.call('undo', {service: 'ordrs'});
    await expect(mistyped).rejects.toMatchObject({code: 'APP_NOT_FOUND', object: 'app/ordrs'});
  });

  it('of more than an entry keeps is refused, and says so', async () => {
    const task = 'x'.repeat(60_000);
    const shards = ['b1', 'b2', 'b3', 'b4', 'b5'].map((shardId) => ({shardId, task}));
    for (const shard of shards) await world.call('addShard', {service, ...shard});
    await world.call('delShards', {service, shards: shards.map(({shardId}) => ({shardId}))});
    await expect(world.call('undo', {service})).rejects.toThrow('too large');
  });

  it('of one part of a large call names the other parts, which stay', async () => {
    const shards = Array.from({length: 250}, (_, at) => ({shardId: `n${at}`}));
    await world.call('addShards', {service, shards});
    await world.call('delShards', {service, shards});
    const parts = (await entries()).filter(({operation}) => operation === 'delShards');
    expect(parts.length).toBeGreaterThan(2);
    const undone = parts.at(-1)?.revision ?? '';
    const answer = await world.call('undo', {service, entry: undone});
    for (const {revision} of parts.slice(0, -1)) expect(answer.warning).toContain(revision);
    expect(answer.warning).not.toContain(undone);
    expect(answer.warning).toContain(`made ${parts.length - 1} more changes`);
    await world.call('addShard', {service, shardId: 'alone'});
    expect(await world.call('undo', {service})).not.toHaveProperty('warning');
  });

  it('does not touch what sm took back by itself', async () => {
    const entry = {
      ...{v: 1, at: '', who: 'sm', from: 'd', operation: 'expire', service, objects: []},
      ...{objectCount: 1, detail: {}, reason: '', requestId: ''},
    };
    await world.put(world.keys.audit(`${'9'.repeat(18)}0-aaaaaa`), entry);
    await expect(world.call('undo', {service})).rejects.toThrow('sm made the change itself');
  });
});
