/** What a container makes of the cluster record: whether the store is to be trusted, and which epoch its tokens are of. */
import {backOff} from '../model/back-off.ts';
import {reportedDoubt} from '../model/store-doubt.ts';
import type {ContainerSession} from '../ownership/session.ts';
import {decodeCluster} from '../protocol/records.ts';
import type {KeyValue} from '../store/port.ts';
import type {SessionDriverOptions} from './session-driver-options.ts';
import {LOOK_EVERY_MS, LOOK_RETRY_MAX_MS} from './limits.ts';

export interface ClusterLookOptions extends Pick<SessionDriverOptions, 'keys' | 'store' | 'clock'> {
  readonly session: ContainerSession;
  readonly isStopped: () => boolean;
  /** The session may have something to do. */
  readonly onLook: () => void;
}

/** The record was read along with others; `entry` undefined: it is not there. */
export function takeCluster(
  session: ContainerSession,
  entry: KeyValue | undefined,
  nowMs: number,
): void {
  if (entry === undefined) return session.clusterSeen({epoch: 0, doubt: undefined, mod: 0}, nowMs);
  const decoded = decodeCluster(entry.value);
  if (!decoded.ok) return;
  const {epoch, restored, clusterId} = decoded.value;
  const doubt = reportedDoubt(restored);
  session.clusterSeen({epoch, doubt, mod: entry.mod, clusterId}, nowMs);
}

/** Looks at the record until the session trusts the store again, or is stopped. */
export async function awaitAcceptance(options: ClusterLookOptions): Promise<void> {
  const {session, keys, store, clock, isStopped, onLook} = options;
  let failures = 0;
  while (session.isHalted && !session.ended && !isStopped()) {
    await clock.sleep(backOff(failures + 1, LOOK_EVERY_MS, LOOK_RETRY_MAX_MS, Math.random()));
    const reply = await store.get(keys.cluster()).catch(() => undefined);
    if (isStopped()) return;
    failures = reply === undefined ? failures + 1 : 0;
    if (reply !== undefined) takeCluster(session, reply.entry, clock.ownerMs());
    onLook();
  }
}
