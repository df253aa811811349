/** Why shards are unplaced: by the governor's word, and by the live planner where that word is cut short or missing. */
import {emptyStatus} from '../../../model/status.ts';
import type {AppStatus} from '../../../model/status.ts';
import {planInUse} from './plan-in-use.ts';
import {PlannerBroken, unlessBroken} from './planner-broken.ts';
import type {PlanDependencies} from '../dependencies.ts';
import {onceSoon} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';

/** The listing with a reason for every shard that the planner leaves out. */
export async function withAllReasons(
  dependencies: PlanDependencies,
  listing: AppListing,
): Promise<AppListing> {
  if (!lacksReasons(listing)) return listing;
  return onceSoon(listing, 'allReasons', () => reasoned(dependencies, listing));
}

async function reasoned(dependencies: PlanDependencies, listing: AppListing): Promise<AppListing> {
  const found = await unlessBroken(planInUse(dependencies, listing));
  // The governor's word is all there is then.
  if (found instanceof PlannerBroken) return listing;
  return withReasons(
    listing,
    Array.from(found.plan.unplaced, ([shard, reason]) => ({shard, reason})),
  );
}

/** The listing with these shards as the unplaced ones. */
export function withReasons(listing: AppListing, unplaced: AppStatus['unplaced']): AppListing {
  const status: AppStatus = listing.status ?? emptyStatus('', '');
  return {...listing, status: {...status, unplaced, unplacedCount: unplaced.length}};
}

/** The governor has not spoken yet, or lists fewer than it counts. */
function lacksReasons({status, view}: AppListing): boolean {
  if (status === undefined) return view.shards.size > view.own.size;
  return status.unplacedCount > status.unplaced.length;
}
