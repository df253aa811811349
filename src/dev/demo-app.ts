/** An app with shards to try things on. */
import type {AdminClient} from '../admin/admin-client.ts';
import {isRetryable} from '../cli/retryable.ts';
import {chunksOf} from '../model/chunks.ts';
import {SmError} from '../model/errors.ts';
import {pause} from '../runtime/pause.ts';
import {PATIENCE_MS, RETRY_MS, SHARDS_PER_CALL} from './limits.ts';

export interface WantedApp {
  readonly app: string;
  readonly shards: readonly string[];
}

/** Creates app and shards; what is there already stays. Rejects when `signal` is aborted. */
export async function createApp(
  admin: AdminClient,
  {app, shards}: WantedApp,
  signal?: AbortSignal,
): Promise<void> {
  await patiently(() => admin.call('addSpec', {service: app, maxRecoveryTime: 0}, signal), signal);
  await addShards(admin, {app, shards}, signal);
}

export function addShards(
  admin: AdminClient,
  {app, shards}: WantedApp,
  signal?: AbortSignal,
): Promise<void> {
  return inCalls(shards, signal, async (batch) => {
    const {items} = await admin.call('addShards', {service: app, shards: batch}, signal);
    return items.every(({result}) => result !== 'unknown');
  });
}

/** What is gone already is well. Rejects when `signal` is aborted. */
export function removeShards(
  admin: AdminClient,
  {app, shards}: WantedApp,
  signal: AbortSignal,
): Promise<void> {
  return inCalls(shards, signal, async (batch) => {
    const {failed} = await admin.call('delShards', {service: app, shards: batch}, signal);
    return failed === 0;
  });
}

/** `call`: whether the store has answered for all of them. */
async function inCalls(
  shards: readonly string[],
  signal: AbortSignal | undefined,
  call: (batch: {shardId: string}[]) => Promise<boolean>,
): Promise<void> {
  for (const ids of chunksOf(shards, SHARDS_PER_CALL)) {
    const batch = ids.map((shardId) => ({shardId}));
    await patiently(async () => {
      if (await call(batch)) return;
      throw new SmError('STORE_UNAVAILABLE', 'the store did not answer', {retryable: true});
    }, signal);
  }
}

/** On a starved machine an answer may come too late: what changes nothing when it is said twice is said again. */
async function patiently<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      signal?.throwIfAborted();
      if (!isRetryable(error) || performance.now() > endMs) throw error;
      await pause(RETRY_MS, signal);
    }
  }
}
