/** What goes between a daemon and its planner thread. */
import type {RowPlan} from '../planner/row-plan.ts';
import type {PlanTerms, RowBatch} from '../planner/warm-table.ts';

/** `planner`: whose shards; one for each governor of a large app. */
export type PlannerRequest =
  | {readonly kind: 'update'; readonly planner: number; readonly batch: RowBatch}
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
