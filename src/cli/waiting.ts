/** Waiting for a state: long polls, progress on stderr, a timeout that says what is missing. */
import type {AdminInput, WaitCheckAnswer} from '../protocol/admin.ts';
import type {AdminClient} from './admin-client.ts';
import {RemoteError} from './failure-report.ts';
import {SmError} from '../model/errors.ts';
import {visible} from './visible.ts';

const POLL_MS = 10_000;
const RETRY_MS = 500;
export const WAIT_DEFAULT_MS = 600_000;

export type WaitFor = Pick<AdminInput<'waitCheck'>, 'service' | 'kind' | 'id' | 'for'>;

export interface WaitOutcome {
  readonly answer: WaitCheckAnswer;
  readonly waitedMs: number;
}

/** @throws SmError TIMEOUT listing what is missing; whatever a call throws that waiting cannot mend; an AbortError. */
export async function waitFor(
  client: AdminClient,
  goal: WaitFor,
  timeoutMs: number,
  say: (text: string) => void,
  signal?: AbortSignal,
): Promise<WaitOutcome> {
  const startedMs = performance.now();
  let told = '';
  for (;;) {
    signal?.throwIfAborted();
    const leftMs = timeoutMs - (performance.now() - startedMs);
    const answer = await check(
      client,
      goal,
      Math.max(0, Math.min(told === '' ? 0 : POLL_MS, leftMs)),
      leftMs,
      signal,
    );
    const waitedMs = Math.round(performance.now() - startedMs);
    if (answer?.met === true) return {answer, waitedMs};
    const state =
      answer === undefined ? 'the daemon cannot be reached: trying again' : describe(answer);
    if (state !== told) say(`waiting: ${state}`);
    told = state;
    if (waitedMs >= timeoutMs) throw tookTooLong(goal, timeoutMs, state);
    if (answer === undefined) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Undefined while the daemon is away: a wait outlives the restart of a daemon. */
async function check(
  client: AdminClient,
  goal: WaitFor,
  holdMs: number,
  leftMs: number,
  signal: AbortSignal | undefined,
): Promise<WaitCheckAnswer | undefined> {
  try {
    return await client.call('waitCheck', {...goal, timeoutMs: Math.floor(holdMs)}, signal);
  } catch (error) {
    const away = error instanceof SmError && error.code === 'SERVER_UNAVAILABLE';
    const unavailable = error instanceof RemoteError && error.failure.retryable;
    if ((away || unavailable) && leftMs > 0) return undefined;
    throw error;
  }
}

function describe({missing, missingCount}: WaitCheckAnswer): string {
  const [first] = missing;
  if (first === undefined) return 'not yet';
  const more = missingCount > 1 ? ` and ${missingCount - 1} more` : '';
  return `${visible(first.id)}: ${visible(first.reason)}${more}`;
}

function tookTooLong(goal: WaitFor, timeoutMs: number, state: string): SmError {
  const name = [goal.kind, goal.service, ...(goal.kind === 'app' ? [] : [goal.id])].join('/');
  return new SmError(
    'TIMEOUT',
    `${name} is not ${goal.for} after ${timeoutMs / 1000} s; missing: ${state}`,
    {
      hint: `the work goes on; wait on with: sm wait ${name} --for ${goal.for}`,
      retryable: true,
    },
  );
}
