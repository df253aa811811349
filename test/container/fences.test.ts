/** What counts as a fence: the alert on it says that heartbeats do not commit. */
import {expect, it, vi} from 'vitest';
import type {SessionMeter} from '../../src/container/metrics.ts';
import {decodeHeartbeat, encodeRecord} from '../../src/protocol/records.ts';
import {SmError} from '../../src/model/errors.ts';
import type {SessionDriverOptions} from '../../src/container/session-driver-options.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import type {Logger} from '../../src/runtime/logger.ts';
import {awakeClock} from '../support/awake-clock.ts';
import {LONG_MS, until} from '../support/until.ts';
import {SessionDriverBed} from './session-driver-bed.ts';

const TTL_MS = 3_000;

/** A container with the shard `s`. Its drop ends when the test says so. */
async function serving(
  over: Partial<SessionDriverOptions> = {},
): Promise<{bed: SessionDriverBed; fences: () => number; end: () => void}> {
  const fenced = vi.fn();
  const ignored = (): void => undefined;
  const meter: SessionMeter = {
    ...{heartbeat: ignored, hook: ignored, hinted: ignored, loadFault: ignored},
    fenced,
  };
  let end = ignored;
  const drop = (): Promise<void> => new Promise((resolve) => (end = resolve));
  const bed = new SessionDriverBed({add: ignored, drop}, {meter, ...over}, TTL_MS);
  await bed.start();
  await bed.give(['s'], 'assigned');
  await bed.untilRecord('s', ({ready}) => ready, 's is ready');
  return {bed, fences: () => fenced.mock.calls.length, end: () => end()};
}

it('is counted where no heartbeat commits in time', async () => {
  const {bed, fences} = await serving();
  const away = {kind: 'unknown', error: new SmError('STORE_UNAVAILABLE', 'away')} as const;
  vi.spyOn(bed.store, 'transact').mockResolvedValue(away);
  await until(() => fences() > 0, LONG_MS, 'it is fenced');
  bed.driver.stop();
  expect(fences()).toBe(1);
});

it('is not what an operator does who evicts the container', async () => {
  const {bed, fences, end} = await serving();
  const {store, keys, driver} = bed;
  const key = keys.heartbeat('app', driver.session.incarnation);
  const beat = decodeHeartbeat(store.kv.get(key)?.value ?? '');
  if (!beat.ok) throw new Error(beat.problem);
  const value = encodeRecord({...beat.value, state: 'evicting'});
  await store.transact({compares: [], then: [{op: 'put', key, value}]});
  await until(() => driver.session.phase === 'releasing', LONG_MS, 'it lets go');
  end();
  await until(() => bed.ended, LONG_MS, 'it has ended');
  expect([bed.ended, fences()]).toEqual(['evicted', 0]);
});

it('is not what a container does that leaves, and whose hook outlasts its right to act', async () => {
  const {bed, fences} = await serving();
  bed.driver.leave(0);
  await until(() => bed.driver.remainingMs() < 0, LONG_MS, 'the right to act is over');
  bed.driver.stop();
  expect(fences()).toBe(0);
});

it('by a clock that was set forward names that, and does not send anybody to etcd', async () => {
  const clock = awakeClock();
  let setForwardMs = 0;
  const warned = vi.fn();
  const logger: Logger = {...silentLogger, warn: warned, child: () => logger};
  const {bed, fences} = await serving({
    clock: {...clock, ownerMs: () => clock.ownerMs() + setForwardMs},
    logger,
  });
  setForwardMs = 2 * 3_600_000;
  await until(() => fences() > 0, LONG_MS, 'it is fenced');
  bed.driver.stop();
  const [fields] = warned.mock.calls.find(([, text]) => String(text).startsWith('fenced')) ?? [];
  expect(fields).toMatchObject({
    // The two clocks are read one after the other: what the processor was lost for in between counts as well.
    reason: expect.stringMatching(/its clock was set forward, or .* 72\d\d s$/),
    fix: expect.stringContaining('clock'),
  });
});
