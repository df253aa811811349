/** Planning beside the event loop: what a governor of a large app is told to do with its shards is told on, and plans come back. */
import type {RowPlan} from '../../planner/row-plan.ts';
import type {PlanTerms, RowBatch} from '../../planner/warm-table.ts';

/** Of one governor. */
export interface PlannerBeside {
  tell(batch: RowBatch): void;
  /** Of all that was told before. Rejects when the plan breaks a rule, or when whoever plans has ended. Undefined: this was closed meanwhile. */
  plan(terms: PlanTerms): Promise<RowPlan | undefined>;
  close(): void;
}

export interface PlannersBeside {
  /** Apps of more shards are large. */
  readonly from: number;
  open(): PlannerBeside;
}
