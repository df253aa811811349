/** How many calls a container makes at once to read its records. */
import {afterEach, expect, it} from 'vitest';
import {READS_PER_CALL, READ_CALLS_AT_ONCE} from '../../src/container/limits.ts';
import {pause} from '../support/until.ts';
import {SessionDriverBed} from './session-driver-bed.ts';

const SHARDS = Array.from({length: 10 * READS_PER_CALL}, (_, index) => `s${index}`);
const HINTED_AT_ONCE = 50;
const READ_MS = 5;

let bed: SessionDriverBed | undefined;

afterEach(() => bed?.driver.stop());

it('reads many records by a few calls at a time, and misses none', async () => {
  bed = new SessionDriverBed({add: () => undefined, drop: () => undefined});
  const {store} = bed;
  const getMany = store.getMany.bind(store);
  let underWay = 0;
  let most = 0;
  let calls = 0;
  store.getMany = async (...call) => {
    calls += 1;
    underWay += 1;
    most = Math.max(most, underWay);
    await pause(READ_MS);
    return getMany(...call).finally(() => (underWay -= 1));
  };
  await bed.start();
  const given: Promise<void>[] = [];
  for (let at = 0; at < SHARDS.length; at += HINTED_AT_ONCE)
    given.push(bed.give(SHARDS.slice(at, at + HINTED_AT_ONCE), 'assigned'));
  await Promise.all(given);
  for (const shard of SHARDS) await bed.untilRecord(shard, ({ready}) => ready, 'ready');
  expect(most).toBe(READ_CALLS_AT_ONCE);
  expect(calls).toBeGreaterThanOrEqual(SHARDS.length / READS_PER_CALL);
});
