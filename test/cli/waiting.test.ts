/** Waiting for longer than a single look may take. */
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import type {AdminClient} from '../../src/admin/admin-client.ts';
import {RemoteError, remoteFailure} from '../../src/admin/remote-error.ts';
import {waitUntilMet} from '../../src/cli/waiting.ts';
import {SmError} from '../../src/model/errors.ts';

const GOAL = {service: 'orders', kind: 'app', id: '', for: 'ready'} as const;
const HOUR_MS = 3_600_000;

/** A wait on a daemon that answers so, and what it has shown so far. */
function begun(call: (...args: never[]) => Promise<object>, limitMs: number) {
  const shown: string[] = [];
  const progress = {update: ({text}: {text: string}) => void shown.push(text)};
  const {signal} = new AbortController();
  const client = {call, server: 'http://d:1'} as unknown as AdminClient;
  return {shown, waiting: waitUntilMet(client, GOAL, limitMs, progress, signal)};
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a daemon that answers nothing is asked again long before the wait is over', async () => {
  let looks = 0;
  const call = (_operation: string, _input: object, signal: AbortSignal): Promise<object> => {
    looks += 1;
    if (looks > 1) return Promise.resolve({met: true, missing: [], missingCount: 0, revision: '1'});
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error)),
    );
  };
  const {shown, waiting} = begun(call, HOUR_MS);
  await vi.advanceTimersByTimeAsync(60_000);
  expect((await waiting).answer.met).toBe(true);
  expect(shown).toEqual([
    expect.stringMatching(
      /^waiting \(until \S+Z at most\): the daemon at http:\/\/d:1 cannot be reached/,
    ),
  ]);
});

it('a wait that is over names the daemon that it asked, what is missing, and how to wait on', async () => {
  const missing = [{id: 's1', reason: 'its container c1 is silent'}];
  const call = async (): Promise<object> => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return {met: false, missing, missingCount: 3, revision: '1'};
  };
  vi.setSystemTime('2026-01-01T00:00:00Z');
  const {shown, waiting} = begun(call, 2_000);
  const outcome = waiting.catch((e: unknown) => e);
  for (let step = 0; step < 30; step += 1) await vi.advanceTimersByTimeAsync(100);
  expect(await outcome).toMatchObject({
    code: 'TIMEOUT',
    message:
      'app/orders is not ready after 2 s, by http://d:1; missing: s1: its container c1 is silent (and 2 more)',
    hint: 'the operation continues; to keep waiting: sm wait app/orders --for ready',
  });
  expect(shown[0]).toBe(
    'waiting (until 2026-01-01T00:00:02.000Z at most): s1: its container c1 is silent (and 2 more)',
  );
});

it('a last look that the end of the wait cuts off says nothing of the daemon', async () => {
  let looks = 0;
  const call = async (): Promise<object> => {
    looks += 1;
    if (looks === 1) return {met: false, missing: [], missingCount: 1, revision: '1'};
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    throw new SmError('TIMEOUT', 'http://d:1 did not answer within 2000 ms', {retryable: true});
  };
  const {shown, waiting} = begun(call, 2_000);
  const outcome = waiting.catch((e: unknown) => e);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await outcome).toMatchObject({
    message: 'app/orders is not ready after 2 s, by http://d:1; missing: not yet',
  });
  expect(shown).toEqual([expect.stringMatching(/: not yet$/)]);
});

it('a wait without a limit names no end', async () => {
  let looks = 0;
  const call = (): Promise<object> => {
    looks += 1;
    return Promise.resolve({met: looks > 1, missing: [], missingCount: 1, revision: '1'});
  };
  const {shown, waiting} = begun(call, Number.POSITIVE_INFINITY);
  await vi.advanceTimersByTimeAsync(60_000);
  expect((await waiting).answer.met).toBe(true);
  expect(shown[0]).toMatch(/^waiting: /);
});

it('a daemon that lets no call wait, for too many wait there already, is asked once a second', async () => {
  let looks = 0;
  const call = (): Promise<object> => {
    looks += 1;
    return Promise.resolve({met: looks > 500, missing: [], missingCount: 1, revision: '1'});
  };
  const {waiting} = begun(call, 60_000);
  const outcome = waiting.catch((e: unknown) => e);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(await outcome).toMatchObject({code: 'TIMEOUT'});
  expect(looks).toBeLessThanOrEqual(63);
});

it('a daemon that cannot look now is quoted, also once the time is over', async () => {
  const body = {error: 'etcd does not answer', code: 'STORE_UNAVAILABLE', retryable: true};
  const call = (): Promise<object> => Promise.reject(new RemoteError(remoteFailure(body)));
  const {shown, waiting} = begun(call, 2_000);
  const outcome = waiting.catch((e: unknown) => e);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(shown[0]).toMatch(
    /: the daemon at http:\/\/d:1 says: etcd does not answer: trying again$/,
  );
  expect(await outcome).toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringContaining('missing: etcd does not answer') as string,
  });
});
