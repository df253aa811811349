/** What may happen to heartbeats and container ids, and to the keys that say who leads sm and which etcd it is (docs/architecture.md). */
import type {HeartbeatState} from '../model/container.ts';
import type {ClusterRecord} from '../model/status.ts';
import type {SeenHeartbeat} from './stored.ts';

/** What stood in the store when the revision was written, and what else that revision wrote. */
export interface Surroundings {
  /** Whether hb/<incarnation> existed before. */
  readonly existed: (incarnation: string) => boolean;
  /** Whether it exists after. */
  readonly exists: (incarnation: string) => boolean;
  /** Container of hb/<incarnation> after, or undefined. */
  readonly containerOf: (incarnation: string) => string | undefined;
}

const RANK: Readonly<Record<HeartbeatState, number>> = {
  waiting: 0,
  ready: 1,
  leaving: 2,
  evicting: 3,
};

/** `hadBefore`: hb/<incarnation> has been deleted earlier in the window. `holds`: records that name it as owner. */
export function unlawfulHeartbeat(
  before: SeenHeartbeat | undefined,
  after: SeenHeartbeat | undefined,
  around: {readonly governed: boolean; readonly hadBefore: boolean; readonly holds: number},
): string | undefined {
  if (before === undefined)
    return after === undefined ? undefined : registered(after, around.hadBefore);
  if (after === undefined)
    return around.holds > 0 && !around.governed
      ? 'the heartbeat of an owner is deleted and nobody governs the app'
      : undefined;
  return renewed(before, after);
}

function registered(after: SeenHeartbeat, hadBefore: boolean): string | undefined {
  // A push container writes none itself: its governor may take out one that it could not renew in time, and registers the session again.
  if (after.push) return undefined;
  if (hadBefore) return 'an incarnation comes back after its heartbeat was deleted';
  return after.state === 'waiting' ? undefined : `registers as ${after.state}`;
}

function renewed(before: SeenHeartbeat, after: SeenHeartbeat): string | undefined {
  if (before.container !== after.container) return 'the container of an incarnation changes';
  if (before.ttlMs !== after.ttlMs) return 'T of an incarnation changes';
  if (RANK[after.state] < RANK[before.state])
    return `state ${after.state} after ${before.state} under one incarnation`;
  // Only the order to evict is somebody else's word: it leaves the rest as it is.
  return before.nonce === after.nonce && after.state !== 'evicting'
    ? 'renewed without a new nonce'
    : undefined;
}

/** Of id/<container>: the incarnations that hold it. */
export function unlawfulId(
  container: string,
  before: string | undefined,
  after: string | undefined,
  around: Surroundings,
): string | undefined {
  if (after === undefined)
    return before !== undefined && around.exists(before)
      ? 'an id is deleted while its holder lives'
      : undefined;
  if (around.containerOf(after) !== container)
    return 'an id is taken by an incarnation that is not a living one of this container';
  return before !== undefined && before !== after && around.existed(before)
    ? 'an id is taken from an incarnation that lives'
    : undefined;
}

/** Of sm's leader key: the incarnations that lead. */
export function unlawfulLeader(
  before: string | undefined,
  after: string | undefined,
  around: Surroundings,
): string | undefined {
  if (after === undefined) return undefined;
  if (before !== undefined) return 'the leader key is overwritten';
  return around.existed(after) ? undefined : 'a daemon without heartbeat leads';
}

export function unlawfulCluster(
  before: ClusterRecord | undefined,
  after: ClusterRecord | undefined,
): string | undefined {
  if (after === undefined) return 'the cluster record is deleted';
  if (before === undefined || after.epoch > before.epoch) return undefined;
  if (after.epoch < before.epoch) return 'the epoch goes back';
  if (after.clusterId !== before.clusterId) return 'another etcd cluster within one epoch';
  return after.maxRevision < before.maxRevision
    ? 'the newest revision goes back within one epoch'
    : undefined;
}
