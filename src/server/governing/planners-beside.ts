/** Planning beside the event loop: the governor of a large app passes on each change of its shards, and plans come back. */
import type {RowPlan} from '../../planner/row-plan.ts';
import type {PlanTerms, RowBatch} from '../../planner/warm-table.ts';

/** Whoever plans has ended, and with it what was sent to it. */
export class PlannerLost extends Error {
  /** No other can be had. */
  readonly isForGood: boolean;

  constructor(message: string, isForGood: boolean) {
    super(message);
    this.isForGood = isForGood;
  }
}

/** Of one governor. */
export interface PlannerBeside {
  update(batch: RowBatch): void;
  /** Of all that was sent before. Undefined: this was closed meanwhile. @throws PlannerLost, and Error when the plan breaks a rule. */
  plan(terms: PlanTerms): Promise<RowPlan | undefined>;
  close(): void;
}

export interface PlannersBeside {
  /** Apps of more shards are large. */
  readonly from: number;
  open(): PlannerBeside;
}
