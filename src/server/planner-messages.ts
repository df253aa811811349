/** What goes between a daemon and its planner thread. */
import type {RowPlan} from '../planner/row-plan.ts';
import type {PlanTerms} from '../planner/warm-table.ts';

/**
 * `planner`: whose shards; one for each governor of a large app. `batch`: a `RowBatch` as JSON text, for a structured clone of the rows takes the event loop of the
 * daemon three times as long. A load that JSON cannot hold counts as 0 in a plan, as null does.
 */
export type PlannerRequest =
  | {readonly kind: 'update'; readonly planner: number; readonly batch: string}
  | {
      readonly kind: 'plan';
      readonly planner: number;
      readonly question: number;
      readonly terms: PlanTerms;
    }
  | {readonly kind: 'close'; readonly planner: number};

/** `error`: the plan breaks a rule, which is a bug. */
export type PlannerReply = {readonly planner: number; readonly question: number} & (
  | {readonly plan: RowPlan}
  | {readonly error: string}
);
