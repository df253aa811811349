/** A round of a history whose answer is late goes once more with the next one: a stream tells it once. */
import {beforeEach, expect, it} from 'vitest';
import type {FinishedMove} from '../../../../src/model/status.ts';
import {systemClock} from '../../../../src/runtime/clock.ts';
import {silentLogger} from '../../../../src/runtime/logger.ts';
import {Housekeeping} from '../../../../src/server/governing/housekeeping.ts';
import {World, withLostAnswers} from '../fixture.ts';

let world: World;
beforeEach(async () => {
  world = new World();
  await world.call('addSpec', {service: 'orders'});
});

function moveOf(shard: string): FinishedMove {
  const at = '2026-01-02T03:04:05.000Z';
  return {
    ...{id: `m-${shard}`, shard, from: 'c1', to: 'c2', why: 'balance'},
    ...{startedAt: at, endedAt: at, outcome: 'done', note: ''},
  };
}

/** The chores of a governor of the app whose first write is carried out without an answer. */
async function chores(): Promise<Housekeeping> {
  const {keys, memory} = world;
  const key = keys.ownership(keys.service, 'orders');
  const value = await world.put(key, {});
  const never = (): never => {
    throw new Error('not expected');
  };
  const leases = {
    ...{grant: never, keepAliveOnce: never, grantedSeconds: never},
    ...{revoke: never, close: never},
  };
  const store = withLostAnswers(memory, ['applied']);
  const options = {app: 'orders', keys, store, leases, clock: systemClock(), logger: silentLogger};
  return new Housekeeping({...options, fencingKey: {key, target: 'mod', value}}, never);
}

it.each(['events', 'stream'] as const)('%s', async (kind) => {
  const governor = await chores();
  const stop = new AbortController();
  const stream =
    kind === 'events'
      ? world.events({service: 'orders'}, stop.signal)
      : world.stream({service: 'orders'}, stop.signal);
  const shards: string[] = [];
  for await (const event of stream) {
    if (event.type === 'hello')
      for (const shard of ['s1', 's2'])
        await governor.carryOut({type: 'recordMoves', moves: [moveOf(shard)]});
    if (event.type !== 'move' && event.type !== 'finished') continue;
    shards.push(event.move.shard);
    if (shards.includes('s2')) stop.abort();
  }
  expect(shards).toEqual(['s1', 's2']);
});
