/** What the next step of a shard depends on besides its record and its destination, made once for many shards. */
import type {AdmissionQueue} from './admission-queue.ts';
import type {ContainerTrust} from './container-trust.ts';
import type {PendingWrites} from './pending-writes.ts';
import type {PlanCache} from './plan-cache.ts';
import {shardLimit} from './placement-terms.ts';
import type {ReconcileContext} from './reconcile.ts';

export type ReconcileParts = Pick<ReconcileContext, 'view' | 'living' | 'newMove' | 'epoch'> & {
  readonly admissions: Pick<AdmissionQueue, 'limit'>;
  readonly pending: Pick<PendingWrites, 'arriving' | 'of'>;
  readonly planCache: Pick<PlanCache, 'plannedCount' | 'destination'> & {
    readonly queue: Pick<PlanCache['queue'], 'has'>;
  };
  readonly trust: Pick<ContainerTrust, 'isTrial'>;
  /** Records that wait for the container's claim, or are being written for it. */
  readonly unclaimedOf: (incarnation: string) => number;
};

export function reconcileContext(parts: ReconcileParts): ReconcileContext {
  const {view, living, newMove, epoch, admissions, pending, planCache, trust, unclaimedOf} = parts;
  const containerOf = (incarnation: string): string =>
    view.heartbeats.get(incarnation)?.value.container ?? '';
  const hasMate = (shard: string, isThere: (mate: string) => boolean): boolean => {
    const key = view.shards.get(shard)?.value.spreadKey ?? '';
    for (const mate of view.spreadKeys.shardsOf(key))
      if (mate !== shard && isThere(mate)) return true;
    return false;
  };
  return {
    ...{view, living, newMove, epoch},
    isBusy: (incarnation) => unclaimedOf(incarnation) >= admissions.limit,
    isTrial: (shard, incarnation) => trust.isTrial(shard, incarnation),
    isQueued: (shard) => planCache.queue.has(shard),
    isFull: (incarnation, comesBack) => {
      const limit = shardLimit(view, incarnation);
      if (limit === 0) return false;
      const planned = planCache.plannedCount(containerOf(incarnation));
      const most = comesBack ? Math.max(limit, planned) : limit;
      return view.shardsOf(incarnation).size + pending.arriving(incarnation) >= most;
    },
    hasKeyConflict: (shard, incarnation) => {
      const there = view.shardsOf(incarnation);
      return hasMate(shard, (mate) => there.has(mate) || pending.of(mate)?.to === incarnation);
    },
    isOverplanned: (shard, incarnation) => {
      const container = containerOf(incarnation);
      const limit = shardLimit(view, incarnation);
      if (limit > 0 && planCache.plannedCount(container) > limit) return true;
      const isPlanned = (mate: string): boolean =>
        view.shards.has(mate) && planCache.destination(mate)?.target === container;
      return hasMate(shard, isPlanned);
    },
  };
}
