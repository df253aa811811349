/** Waiting for a daemon that is starting: it answers, and its own writes commit. */
import type {AdminClient} from '../admin/admin-client.ts';
import {RemoteError} from '../admin/remote-error.ts';
import {SmError} from '../model/errors.ts';
import type {StatusAnswer} from '../protocol/admin.ts';
import {pause} from '../runtime/pause.ts';
import {interruptible} from './interrupt.ts';
import type {Progress} from './progress.ts';
import {unlessSilent} from './call-limit.ts';
import {lookPauseMs} from './retryable.ts';
import {CALL_LIMIT_MS, DAEMON_LOOK_MS} from './limits.ts';

const GO_ON = 'wait on with: sm wait daemon --for ready';

/**
 * @returns the status of the ready daemon and how long it took, ms.
 * @throws SmError TIMEOUT with what is missing, INTERRUPTED; whatever a call throws that waiting cannot fix.
 */
export async function waitForDaemon(
  client: AdminClient,
  timeoutMs: number,
  progress: Pick<Progress, 'update' | 'stop'>,
): Promise<{status: StatusAnswer; waitedMs: number}> {
  const startedMs = performance.now();
  try {
    return await interruptible(async (signal) => {
      for (;;) {
        const asked = client.server;
        const found = await look(client, signal);
        const waitedMs = Math.round(performance.now() - startedMs);
        if (typeof found !== 'string') return {status: found, waitedMs};
        if (waitedMs >= timeoutMs) throw tookTooLong(asked, timeoutMs, found);
        progress.update({text: `waiting: ${found}`});
        await pause(lookPauseMs(DAEMON_LOOK_MS), signal);
      }
    }, GO_ON);
  } finally {
    progress.stop();
  }
}

/** The status of a daemon that is ready, else what is missing. */
async function look(client: AdminClient, signal: AbortSignal): Promise<StatusAnswer | string> {
  try {
    const ask = (ended: AbortSignal): Promise<StatusAnswer> => client.call('status', {}, ended);
    const status = await unlessSilent(ask, CALL_LIMIT_MS, signal);
    return status.store.reason === '' ? status : status.store.reason;
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof RemoteError && error.failure.retryable) return error.message;
    const away = ['SERVER_UNAVAILABLE', 'TIMEOUT'];
    if (error instanceof SmError && away.includes(error.code)) return error.message;
    throw error;
  }
}

function tookTooLong(server: string, timeoutMs: number, missing: string): SmError {
  return new SmError(
    'TIMEOUT',
    `the daemon at ${server} is not ready after ${timeoutMs / 1000} s: ${missing}`,
    {hint: GO_ON, retryable: true},
  );
}
