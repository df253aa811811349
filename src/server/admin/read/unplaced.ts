/** Why shards are unplaced: by the governor's word, and by the live planner where that word is cut short or missing. */
import type {PlacementSnapshot, Plan} from '../../../model/placement.ts';
import type {AppStatus} from '../../../model/status.ts';
import {liveInput} from './planner-input.ts';
import {atOnce} from '../dependencies.ts';
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
  const {snapshot, wanted} = await planned(dependencies, listing);
  const {unplaced} = wanted;
  const reasons = unplaced.map(({shard, reason}) => ({
    shard: snapshot.shards[shard]?.id ?? '',
    reason,
  }));
  return withReasons(listing, reasons);
}

/** The listing with these shards as the unplaced ones. */
export function withReasons(listing: AppListing, unplaced: AppStatus['unplaced']): AppListing {
  const status: AppStatus = listing.status ?? NO_WORD;
  return {...listing, status: {...status, unplaced, unplacedCount: unplaced.length}};
}

/** What the live planner makes of the listing. */
export function planned(
  {plan, byTurns = atOnce}: PlanDependencies,
  listing: AppListing,
): Promise<{snapshot: PlacementSnapshot; wanted: Plan}> {
  return onceSoon(listing, 'plan', () =>
    byTurns(listing.app, async () => {
      const snapshot = await liveInput(listing);
      return {snapshot, wanted: await plan(snapshot)};
    }),
  );
}

/** The governor has not spoken yet, or lists fewer than it counts. */
function lacksReasons({status, view}: AppListing): boolean {
  if (status === undefined) return view.shards.size > view.own.size;
  return status.unplacedCount > status.unplaced.length;
}

const NO_WORD: AppStatus = {
  v: 1,
  governor: '',
  at: '',
  containers: {},
  unplacedCount: 0,
  unplaced: [],
  failed: [],
  quarantined: [],
  alarms: [],
  settled: false,
};
