/** Addresses from which nothing comes back, as of a machine that is gone: they refuse nobody, so that a call would wait until its time is over. */
import type {EndpointClient} from './connection.ts';
import type {EndpointRotation} from './endpoint-rotation.ts';
import {CONNECT_SHARE_MIN_MS} from './limits.ts';

/**
 * Turns to an endpoint whose connection is open, or refused, which a call finds out at once. After a share of the time the next one is tried as well, and the first that
 * opens is taken: on a busy machine all of them are slow. Nothing is sent meanwhile, so a write may pass endpoints over as a read does. Where all are silent the call
 * is left to one of them: it says so.
 */
export async function leaveSilent(
  clients: readonly EndpointClient[],
  rotation: EndpointRotation,
  service: 'KV' | 'Watch',
  endMs: number,
): Promise<void> {
  if (clients.length === 1) return;
  const opening: Promise<number | undefined>[] = [];
  for (let left = clients.length; left > 0; left -= 1) {
    const index = rotation.current;
    const leftMs = endMs - performance.now();
    const connecting = clients[index]?.connects?.(service, leftMs);
    if (connecting === undefined) return;
    opening.push(connecting.then((isDecided) => (isDecided ? index : undefined)));
    // One share more than endpoints: what is left is for the call.
    const opened = await firstOf(opening, Math.max(CONNECT_SHARE_MIN_MS, leftMs / (left + 1)));
    if (opened !== undefined) {
      rotation.turnTo(opened);
      return;
    }
    rotation.failed(index, true);
  }
}

/** The first that has a result; undefined when none has after so long. */
function firstOf(
  opening: readonly Promise<number | undefined>[],
  limitMs: number,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), limitMs);
    for (const one of opening)
      void one.then((index) => {
        if (index === undefined) return;
        clearTimeout(timer);
        resolve(index);
      });
  });
}
