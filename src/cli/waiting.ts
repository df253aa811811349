/** Waiting for a state: long polls, progress on stderr, a timeout that says what is missing. */
import type {AdminInput, WaitCheckAnswer} from '../protocol/admin.ts';
import type {AdminClient} from '../admin/admin-client.ts';
import {RemoteError} from '../admin/remote-error.ts';
import {isAway} from '../admin/servers.ts';
import {SmError} from '../model/errors.ts';
import {pause} from '../runtime/pause.ts';
import {interruptible} from './interrupt.ts';
import type {Progress} from './progress.ts';
import {unlessSilent} from './call-limit.ts';
import {lookPauseMs} from './retryable.ts';
import {CALL_LIMIT_MS, COST_FREE_MS, LOOK_MS, POLL_MS, RETRY_MS} from './limits.ts';

export type WaitFor = Pick<
  AdminInput<'waitCheck'>,
  'service' | 'kind' | 'id' | 'incarnation' | 'for'
>;

export interface WaitOutcome {
  readonly answer: WaitCheckAnswer;
  readonly waitedMs: number;
}

/**
 * Holds until the goal is met. What is left is shown at every look; Ctrl-C ends the waiting only.
 * @throws SmError TIMEOUT listing what is missing, INTERRUPTED; whatever a call throws that waiting cannot fix.
 */
export async function waitFor(
  client: AdminClient,
  goal: WaitFor,
  timeoutMs: number,
  progress: Progress,
): Promise<WaitOutcome> {
  const wait = (signal: AbortSignal): Promise<WaitOutcome> =>
    waitUntilMet(client, goal, timeoutMs, progress, signal);
  try {
    return await interruptible(wait, `wait on with: ${commandFor(goal)}`);
  } finally {
    progress.stop();
  }
}

/** As `waitFor`, ended by the signal. @throws SmError TIMEOUT; Error when the signal has ended it; whatever a call throws. */
export async function waitUntilMet(
  client: AdminClient,
  goal: WaitFor,
  timeoutMs: number,
  progress: Pick<Progress, 'update'>,
  signal: AbortSignal,
): Promise<WaitOutcome> {
  const startedMs = performance.now();
  const waiting = waitingText(timeoutMs);
  let total = 0;
  let holdMs = 0;
  let state = '';
  let away = 'the daemon has not answered';
  let answered = client.server;
  for (;;) {
    const asked = client.server;
    const leftMs = timeoutMs - (performance.now() - startedMs);
    const lookedMs = performance.now();
    const lookMs = Math.max(0, Math.min(holdMs, leftMs));
    const found = await check(client, goal, lookMs, signal, timeoutMs > 0);
    const answer = 'away' in found ? undefined : found;
    const waitedMs = Math.round(performance.now() - startedMs);
    if (answer?.met === true) return {answer, waitedMs};
    if (answer !== undefined) [state, answered] = [describe(answer), client.server];
    total = Math.max(total, answer?.missingCount ?? 0);
    const done = answer === undefined ? {} : {done: total - answer.missingCount, total};
    if ('away' in found && found.away !== '') ({away} = found);
    const isOver = waitedMs >= timeoutMs;
    // A look that the end of the wait has cut off says nothing of the daemon, and is not made again.
    if (answer !== undefined || !isOver)
      progress.update({
        text: `${waiting}: ${'away' in found ? awayText(asked, found.away) : state}`,
        ...done,
      });
    if (isOver) throw tookTooLong(answered, goal, timeoutMs, state || away);
    // A daemon where too many wait already answers at once: then the time passes here.
    const restMs = lookMs - (performance.now() - lookedMs);
    await pause(answer === undefined ? lookPauseMs(RETRY_MS) : Math.max(0, restMs), signal);
    if (signal.aborted) throw new Error('interrupted');
    // A look at a large app costs the daemon something: it stays open the longer the more it takes.
    const costMs = Math.max(0, performance.now() - lookedMs - holdMs);
    holdMs = Math.min(POLL_MS, Math.max(LOOK_MS, LOOK_MS * (costMs / COST_FREE_MS)));
  }
}

/** `watch --for` has no limit unless one is given. */
function waitingText(timeoutMs: number): string {
  if (!Number.isFinite(timeoutMs)) return 'waiting';
  return `waiting (until ${new Date(Date.now() + timeoutMs).toISOString()} at most)`;
}

/** Said of a daemon that is `away`. */
function awayText(server: string, word: string): string {
  const what = word === '' ? 'cannot be reached' : `says: ${word}`;
  return `the daemon at ${server} ${what}: trying again`;
}

/** `away`: the daemon cannot look now, and what it says of that, '' where it says nothing. A wait outlives that, unless it is to look once, and ends with what is known to be missing. */
async function check(
  client: AdminClient,
  goal: WaitFor,
  holdMs: number,
  signal: AbortSignal,
  isPatient: boolean,
): Promise<WaitCheckAnswer | {readonly away: string}> {
  const look = (ended: AbortSignal): Promise<WaitCheckAnswer> =>
    client.call('waitCheck', {...goal, timeoutMs: Math.floor(holdMs)}, ended);
  try {
    return await unlessSilent(look, holdMs + CALL_LIMIT_MS, signal);
  } catch (error) {
    if (!isPatient) throw error;
    if (error instanceof RemoteError && error.failure.retryable) return {away: error.message};
    if (!(error instanceof RemoteError) && isAway(error)) return {away: ''};
    throw error;
  }
}

function describe({missing, missingCount}: WaitCheckAnswer): string {
  const [first] = missing;
  if (first === undefined) return 'not yet';
  const more = missingCount > 1 ? ` (and ${missingCount - 1} more)` : '';
  return `${first.id}: ${first.reason}${more}`;
}

function nameOf(goal: WaitFor): string {
  return [goal.kind, goal.service, ...(goal.kind === 'app' ? [] : [goal.id])].join('/');
}

function commandFor(goal: WaitFor): string {
  return `sm wait ${nameOf(goal)} --for ${goal.for}`;
}

function tookTooLong(server: string, goal: WaitFor, timeoutMs: number, state: string): SmError {
  return new SmError(
    'TIMEOUT',
    `${nameOf(goal)} is not ${goal.for} after ${timeoutMs / 1000} s, by ${server}; missing: ${state}`,
    {hint: `the operation continues; to keep waiting: ${commandFor(goal)}`, retryable: true},
  );
}
