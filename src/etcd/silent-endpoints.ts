/** Addresses from which nothing comes back, as of a machine that is gone: they refuse nobody, so that a call would wait until its time is over. */
import type {EndpointClient} from './connection.ts';
import type {EndpointRotation} from './endpoint-rotation.ts';
import {CONNECT_SHARE_MIN_MS} from './limits.ts';

/**
 * Turns to an endpoint whose connection is open, or refused, which a call finds out at once. Each gets a share of the time. Nothing is sent meanwhile, so a write may
 * pass endpoints over as a read does. Where all are silent the call is left to one of them: it says so.
 */
export async function leaveSilent(
  clients: readonly EndpointClient[],
  rotation: EndpointRotation,
  service: 'KV' | 'Watch',
  endMs: number,
): Promise<void> {
  for (let left = clients.length; left > 1; left -= 1) {
    const index = rotation.current;
    const leftMs = endMs - performance.now();
    const shareMs = Math.max(CONNECT_SHARE_MIN_MS, leftMs / left);
    if (leftMs <= shareMs || (await clients[index]?.connects?.(service, shareMs)) !== false) return;
    rotation.failed(index, true);
  }
}
