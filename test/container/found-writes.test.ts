/** A heartbeat that committed without an answer, and is found by the next one, is a write like any other. */
import {afterEach, expect, it} from 'vitest';
import type {Transaction, TransactionOutcome} from '../../src/store/port.ts';
import {SmError} from '../../src/model/errors.ts';
import {MemoryStore} from '../support/memory-store.ts';
import {LONG_MS, until} from '../support/until.ts';
import {SessionDriverBed} from './session-driver-bed.ts';

const TTL_MS = 1_000;
const UNANSWERED = {
  kind: 'unknown',
  error: new SmError('STORE_UNAVAILABLE', 'no answer', {retryable: true}),
} as const;

/** Heartbeats commit as they do; then every second one keeps its answer; then none reaches the store. */
class FlakyStore extends MemoryStore {
  phase: 'well' | 'flaky' | 'away' = 'well';
  found = 0;
  foundAtMs = 0;
  private losesAnswer = false;

  override async transact(transaction: Transaction): Promise<TransactionOutcome> {
    if (this.phase === 'well') return super.transact(transaction);
    if (this.phase === 'away') return UNANSWERED;
    this.losesAnswer = !this.losesAnswer;
    const outcome = await super.transact(transaction);
    if (this.losesAnswer) return UNANSWERED;
    this.found += 1;
    this.foundAtMs = Date.now();
    return outcome;
  }
}

let bed: SessionDriverBed | undefined;
afterEach(() => bed?.driver.stop());

it('so the time of the last write is that of the finding, and an outage begins there', async () => {
  const flaky = new FlakyStore();
  const over: string[] = [];
  bed = new SessionDriverBed(
    {add: () => undefined, drop: () => undefined},
    {
      ...{heartbeatStore: flaky, store: flaky},
      onOutageOver: ({kind}) => over.push(kind),
    },
    TTL_MS,
  );
  await bed.start();
  const {driver} = bed;
  flaky.phase = 'flaky';
  await until(() => flaky.found >= 5, LONG_MS, 'five findings');
  expect(driver.writes()).toEqual({kind: 'committing'});
  flaky.phase = 'away';
  await until(() => driver.writes().kind === 'none', LONG_MS, 'an outage');
  expect(driver.writes()).toMatchObject({kind: 'none', reason: 'no answer'});
  const writes = driver.writes();
  expect(writes.kind === 'none' && writes.sinceMs).toBeGreaterThanOrEqual(flaky.foundAtMs);
  flaky.phase = 'flaky';
  await until(() => over.length > 0, LONG_MS, 'its end');
  expect(over).toEqual(['none']);
});
