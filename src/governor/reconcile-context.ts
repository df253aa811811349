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
  readonly planCache: Pick<PlanCache, 'isQueued' | 'plannedCount'>;
  readonly trust: Pick<ContainerTrust, 'isTrial'>;
  /** Records that wait for the container's claim, or are being written for it. */
  readonly unclaimedOf: (incarnation: string) => number;
};

export function reconcileContext(parts: ReconcileParts): ReconcileContext {
  const {view, living, newMove, epoch, admissions, pending, planCache, trust, unclaimedOf} = parts;
  return {
    ...{view, living, newMove, epoch},
    isBusy: (incarnation) => unclaimedOf(incarnation) >= admissions.limit,
    isTrial: (shard, incarnation) => trust.isTrial(shard, incarnation),
    isQueued: (shard) => planCache.isQueued(shard),
    isFull: (incarnation, comesBack) => {
      const limit = shardLimit(view, incarnation);
      if (limit === 0) return false;
      const container = view.heartbeats.get(incarnation)?.value.container ?? '';
      const most = comesBack ? Math.max(limit, planCache.plannedCount(container)) : limit;
      return view.shardsOf(incarnation).size + pending.arriving(incarnation) >= most;
    },
    hasKeyConflict: (shard, incarnation) => {
      const key = view.shards.get(shard)?.value.spreadKey ?? '';
      if (key === '') return false;
      const there = view.shardsOf(incarnation);
      for (const other of view.spreadKeys.shardsOf(key))
        if (other !== shard && (there.has(other) || pending.of(other)?.to === incarnation))
          return true;
      return false;
    },
  };
}
