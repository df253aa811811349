/** The right to act of a whole container: by whose clock it ends, and how soon after the answer that ends it. */
import {afterEach, describe, expect, it, vi} from 'vitest';
import type {Shard} from '../../src/container/shard.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {MemoryStore} from '../support/memory-store.ts';
import type {Transaction, TransactionOutcome} from '../../src/store/port.ts';
import {SmError} from '../../src/model/errors.ts';
import {LONG_MS, until} from '../support/until.ts';
import {SessionDriverBed} from './session-driver-bed.ts';

/** Hands the answer to a transaction to the test instead of giving it. */
class HeldStore extends MemoryStore {
  give: ((outcome: TransactionOutcome) => void) | undefined;
  holds = false;
  private readonly inner: MemoryStore;

  constructor(inner: MemoryStore) {
    super();
    this.inner = inner;
  }

  override transact(transaction: Transaction): Promise<TransactionOutcome> {
    if (!this.holds) return this.inner.transact(transaction);
    return new Promise((resolve) => (this.give = resolve));
  }
}

const shards = new Map<string, Shard>();
const hooks = {
  add: (shard: Shard) => void shards.set(shard.id, shard),
  drop: () => undefined,
};
let bed: SessionDriverBed;
afterEach(() => {
  bed.driver.stop();
  shards.clear();
  vi.restoreAllMocks();
});

async function serving(shard: string): Promise<Shard> {
  await bed.give([shard], 'assigned');
  await bed.untilRecord(shard, ({ready}) => ready, `${shard} is ready`);
  const handle = shards.get(shard);
  if (handle === undefined) throw new Error(`${shard} was not added`);
  return handle;
}

it('the right to act ends by the owner clock, which counts what the monotonic one has missed, and without a timer', async () => {
  const clock = systemClock();
  let suspendedMs = 0;
  const ownerMs = (): number => clock.ownerMs() + suspendedMs;
  bed = new SessionDriverBed(hooks, {clock: {...clock, ownerMs}});
  await bed.start();
  const shard = await serving('s');
  expect(shard.owned).toBe(true);
  suspendedMs = 61_000;
  expect(shard.owned).toBe(false);
  expect(() => shard.guard()).toThrow(/may no longer act/);
});

it('what an answer revokes is revoked before any other callback of the process', async () => {
  const own = new MemoryStore();
  const held = new HeldStore(own);
  bed = new SessionDriverBed(hooks, {heartbeatStore: held}, 3_000);
  // Heartbeats and records live in one store.
  Object.assign(held, {inner: bed.store});
  await bed.start();
  const shard = await serving('s');
  held.holds = true;
  const give = await until(() => held.give, LONG_MS, 'a heartbeat is under way');
  held.holds = false;
  expect(shard.owned).toBe(true);
  // A copy of this process beats: the deadline of before stands, so nothing but the revoke ends the right.
  const key = bed.keys.heartbeat('app', bed.driver.session.incarnation);
  const entry = bed.store.kv.get(key);
  if (entry === undefined) throw new Error('it has no heartbeat');
  const value = entry.value.replace(/"nonce":"[^"]*"/, '"nonce":"of a copy"');
  give({kind: 'refused', revision: entry.mod, answers: [{...entry, value}]});
  for (let reactions = 0; reactions < 20; reactions += 1) await Promise.resolve();
  expect(shard.owned).toBe(false);
});

describe('a read that fails', () => {
  it('says nothing: what is served is served on', async () => {
    bed = new SessionDriverBed(hooks);
    await bed.start();
    const shard = await serving('s');
    const failing = vi
      .spyOn(bed.store, 'getMany')
      .mockRejectedValue(new SmError('STORE_UNAVAILABLE', 'away'));
    bed.driver.hint(bed.driver.session.incarnation, 's', Number.MAX_SAFE_INTEGER);
    const isRepeated = (): boolean => failing.mock.calls.length > 1;
    await until(() => isRepeated() || !shard.owned, LONG_MS, 'it has failed and is repeated');
    expect([shard.owned, shard.signal.aborted]).toEqual([true, false]);
  });
});

describe('a claim of unknown outcome', () => {
  it('is read in the order of the store, never from what a member of it knows', async () => {
    bed = new SessionDriverBed(hooks);
    await bed.start();
    const transact = bed.store.transact.bind(bed.store);
    let lost = 0;
    vi.spyOn(bed.store, 'transact').mockImplementation(async (transaction) => {
      const outcome = await transact(transaction);
      const claims =
        transaction.compares.length > 0 &&
        transaction.then.some(({op, key}) => op === 'put' && key.includes('/own/'));
      if (!claims || lost > 0) return outcome;
      lost += 1;
      return {kind: 'unknown', error: new SmError('STORE_UNAVAILABLE', 'away')};
    });
    const reads = vi.spyOn(bed.store, 'getMany');
    await bed.give(['s'], 'assigned');
    await bed.untilRecord('s', ({ready}) => ready, 's is ready');
    expect(lost).toBe(1);
    // The hint was read before the claim; the outcome was not.
    expect(reads).toHaveBeenCalledTimes(1);
  });
});
