import {expect, it} from 'vitest';
import {ownership, World} from './fixture.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';

const SHARDS = 100_000;
/** Others are let in at least this often, so each slice is a tenth of the work at most. */
const MIN_TURNS = 10;

/** Counts how often the event loop comes round. */
class TurnCount {
  private turns = 0;
  private next = setImmediate(() => this.turn());

  end(): number {
    clearImmediate(this.next);
    return this.turns;
  }

  private turn(): void {
    this.turns += 1;
    this.next = setImmediate(() => this.turn());
  }
}

it('a page of 100,000 shards leaves the event loop free', async () => {
  const world = new World();
  await world.call('addSpec', {service: 'big'});
  await world.join('big', 'c1');
  const value = encodeRecord(ownership({}));
  for (let from = 0; from < SHARDS; from += 10_000) {
    const shards = Array.from({length: 10_000}, (_, i) => ({shardId: `s${from + i}`}));
    await world.call('addShards', {service: 'big', shards});
    for (let at = from; at < from + 10_000; at += 100) {
      const then = Array.from({length: 100}, (_, i) => ({
        op: 'put' as const,
        key: world.keys.ownership('big', `s${at + i}`),
        value,
      }));
      await world.memory.transact({compares: [], then});
    }
  }
  const turns = new TurnCount();
  const page = await world.call('getShards', {service: 'big', state: 'ready', limit: 1_000});
  const taken = turns.end();
  expect(page).toMatchObject({matched: SHARDS, total: SHARDS});
  // The store in memory lists all at once; the rest must come in slices.
  expect(taken).toBeGreaterThanOrEqual(MIN_TURNS);
  const next = await world.call('getShards', {service: 'big', state: 'ready', cursor: page.next});
  expect(next.revision).toBe(page.revision);
});
