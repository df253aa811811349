/** A plan that a reader asks for, whoever makes it. */
import type {LivingContainer} from '../../../governor/containers.ts';
import type {PlacementSnapshot, Plan} from '../../../model/placement.ts';
import type {AppListing} from '../../../appview/listing.ts';
import {planOfRows} from '../../../planner/row-plan.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import type {AskedOfPlan, PlanDependencies} from '../dependencies.ts';
import {MoveNumbers} from './move-numbers.ts';
import {planned} from './planner-broken.ts';
import {asGoverned, plannerInput} from './planner-input.ts';

export interface ReaderPlan {
  readonly plan: Plan;
  readonly terms: Omit<PlacementSnapshot, 'shards'>;
  /** `shard`: as the plan numbers it. */
  readonly shardAt: (shard: number) => string;
  /** Known where figures were asked for. */
  readonly numbers: MoveNumbers;
}

/** `living`: as `plannerInput` has it. @throws PlannerBroken. */
export function readerPlan(
  dependencies: PlanDependencies,
  listing: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
  asked: AskedOfPlan = {},
): Promise<ReaderPlan> {
  const governed = asGoverned(dependencies, listing.app, living);
  return planned(listing.app, () => made(dependencies, listing, governed, asked));
}

async function made(
  {plan: atOnce, planBeside}: PlanDependencies,
  listing: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
  asked: AskedOfPlan,
): Promise<ReaderPlan> {
  const beside = await planBeside?.(listing, living, asked);
  if (beside !== undefined) {
    const {rows, terms, idAt} = beside;
    const numbers = new MoveNumbers(terms, rows.sums ?? {before: [], after: [], groupsAfter: []});
    return {plan: await runInSlices(planOfRows(rows)), terms, shardAt: idAt, numbers};
  }
  const snapshot = await plannerInput(listing, living);
  const plan = atOnce(snapshot, asked);
  const shardAt = (shard: number): string => snapshot.shards[shard]?.id ?? '';
  return {plan, terms: snapshot, shardAt, numbers: await MoveNumbers.make(snapshot, plan)};
}
