/** A daemon restarts while many follow it or wait: they come back spread over a while, not all at the same instant. */
import {afterEach, beforeEach, expect, it, vi} from 'vitest';
import type {AdminClient} from '../../src/admin/admin-client.ts';
import {followUntil} from '../../src/cli/following.ts';
import {LiveLink} from '../../src/cli/live/live-link.ts';
import {waitUntilMet} from '../../src/cli/waiting.ts';
import {waitForDaemon} from '../../src/cli/waiting-for-daemon.ts';
import {SmError} from '../../src/model/errors.ts';

const MANY = 8;
const AWAY = new SmError('SERVER_UNAVAILABLE', 'cannot be reached', {retryable: true});
const GOAL = {service: 'orders', kind: 'app', id: '', for: 'ready'} as const;
const progress = {update: () => undefined, stop: () => undefined};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Ask = () => void;

/** Each way asks once in vain, then once more. */
const WAYS: readonly [string, (ask: Ask, signal: AbortSignal) => Promise<unknown>][] = [
  [
    'a stream',
    (ask, signal) => {
      async function* open(): AsyncGenerator<{revision: string}> {
        ask();
        yield {revision: '7'};
        throw AWAY;
      }
      return followUntil(
        open,
        () => undefined,
        () => undefined,
        signal,
      );
    },
  ],
  [
    'a live view',
    (ask, signal) => {
      async function* open(): AsyncGenerator<never> {
        ask();
        yield {type: 'beat'} as never;
        throw AWAY;
      }
      const link = new LiveLink(open, () => undefined);
      signal.addEventListener('abort', () => link.close());
      return link.run(() => false);
    },
  ],
  ['a wait', (ask, signal) => waitUntilMet(refusing(ask), GOAL, 60_000, progress, signal)],
  [
    'a wait for the daemon',
    (ask) => waitForDaemon(refusing(ask), 1_000, progress).catch(() => undefined),
  ],
];

function refusing(ask: Ask): AdminClient {
  const call = (): Promise<never> => {
    ask();
    return Promise.reject(AWAY);
  };
  return {call, server: 'http://d:1'} as unknown as AdminClient;
}

it.each(WAYS)('%s', async (_name, follow) => {
  const stops: AbortController[] = [];
  const second: number[] = [];
  const all = Array.from({length: MANY}, () => {
    let times = 0;
    const stop = new AbortController();
    stops.push(stop);
    const ask = (): void => {
      times += 1;
      if (times === 2) second.push(Date.now());
    };
    return follow(ask, stop.signal).catch(() => undefined);
  });
  await vi.advanceTimersByTimeAsync(2_000);
  for (const stop of stops) stop.abort();
  await vi.advanceTimersByTimeAsync(2_000);
  await Promise.all(all);
  expect(second).toHaveLength(MANY);
  expect(new Set(second).size).toBeGreaterThan(MANY / 2);
});
