/** Audit entries in the log of the daemon that made the change: for whoever keeps logs longer than etcd keeps entries. */
import {expect, it} from 'vitest';
import {plan} from '../../../../src/planner/index.ts';
import {createLogger} from '../../../../src/runtime/logger.ts';
import {writeRefusals} from '../../../../src/server/admin/write/refused-audit.ts';
import {auditLog} from '../../../../src/store/audited-write.ts';
import {MemoryStore} from '../../../support/memory-store.ts';
import type {Store, Transaction} from '../../../../src/store/port.ts';
import {SmError} from '../../../../src/model/errors.ts';
import {World} from '../fixture.ts';

/** A daemon's admin side, and the lines that it logs. */
function logging(store?: Store): {world: World; lines: Record<string, unknown>[]} {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void =>
    void lines.push(JSON.parse(line) as Record<string, unknown>);
  const onAudited = auditLog(createLogger({destination: {write}}));
  return {world: new World({plan, onAudited, ...(store === undefined ? {} : {store})}), lines};
}

it('is a line for each entry: who, what and why, and none of the values', async () => {
  const {world, lines} = logging();
  await world.call('addSpec', {service: 'orders', maxRecoveryTime: 0, reason: 'first app'});
  await world.call('addShard', {service: 'orders', shardId: 's1', task: 'secret task'});
  await world.call('updateShard', {service: 'orders', shardId: 's1', group: 'g', reason: 'moved'});
  const {events} = await world.call('events', {service: 'orders', audit: true});
  expect(lines.map(({operation}) => operation)).toEqual(['addSpec', 'addShard', 'updateShard']);
  expect(events).toHaveLength(3);
  for (const {operation, at, who, from, objects, reason} of events.filter(isAudit)) {
    const line = {level: 'info', msg: 'audit', outcome: 'committed', operation, at, who, from};
    expect(lines).toContainEqual(expect.objectContaining({...line, objects, reason}));
  }
  expect(JSON.stringify(lines)).not.toContain('secret task');
});

it('is silent about what wrote nothing: unchanged, refused, only tried, only read', async () => {
  const {world, lines} = logging();
  await world.call('addSpec', {service: 'orders', maxRecoveryTime: 0});
  lines.length = 0;
  await world.call('addSpec', {service: 'orders', maxRecoveryTime: 0});
  await world.call('addShard', {service: 'orders', shardId: 's', dryRun: true});
  await expect(world.call('delShard', {service: 'orders', shardId: 's'})).rejects.toThrow();
  await world.call('getShards', {service: 'orders'});
  expect(lines).toEqual([]);
});

it('says of a write without an answer that nobody knows', async () => {
  const memory = new MemoryStore();
  const store: Store = Object.create(memory, {
    transact: {
      value: async (transaction: Transaction) => {
        await memory.transact(transaction);
        return {kind: 'unknown', error: new SmError('STORE_UNAVAILABLE', 'no answer')};
      },
    },
  });
  const {world, lines} = logging(store);
  await world.call('addSpec', {service: 'orders'}).catch(() => undefined);
  expect(lines[0]).toMatchObject({msg: 'audit', operation: 'addSpec', outcome: 'unknown'});
});

it('says so once for a call, however often it tries', async () => {
  const memory = new MemoryStore();
  let tries = 0;
  let isAway = false;
  const store: Store = Object.create(memory, {
    transact: {
      value: (transaction: Transaction) => {
        if (!isAway) return memory.transact(transaction);
        tries += 1;
        return {kind: 'unknown', error: new SmError('STORE_UNAVAILABLE', 'no answer')};
      },
    },
  });
  const {world, lines} = logging(store);
  await world.call('addSpec', {service: 'orders'});
  lines.length = 0;
  isAway = true;
  const call = {service: 'orders', shards: [{shardId: 's1'}, {shardId: 's2'}]};
  const {items} = await world.call('addShards', call);
  expect(items).toMatchObject([{result: 'unknown'}, {result: 'unknown'}]);
  expect(tries).toBeGreaterThan(1);
  expect(lines).toMatchObject([{operation: 'addShards', outcome: 'unknown', objectCount: 2}]);
  await world.call('addShards', call);
  expect(lines).toHaveLength(2);
});

it('has the counts of refused calls', async () => {
  const {world, lines} = logging();
  const {memory: store, keys} = world;
  const {onAudited = () => undefined} = world.dependencies;
  const refused = {who: 'bot', from: '::1', code: 'FORBIDDEN', count: 2};
  await writeRefusals({store, keys, onAudited}, {daemon: 'd1', wallMs: 0}, [refused]);
  expect(lines).toMatchObject([{operation: 'refused', objects: ['2 x FORBIDDEN for bot']}]);
});

function isAudit<T extends {type: string}>(event: T): event is Extract<T, {type: 'audit'}> {
  return event.type === 'audit';
}
