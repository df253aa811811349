/** Planning beside the event loop, as tests have it. */
import type {PlanTerms, RowBatch} from '../../src/planner/warm-table.ts';
import type {PlannersBeside} from '../../src/server/governing/planners-beside.ts';
import {WarmPlanners} from '../../src/server/warm-planners.ts';

/** The thread, in this process: what goes to it is copied as it is for a thread. */
export class Beside implements PlannersBeside {
  readonly from = 0;
  readonly tables = new Set<number>();
  /** Rows that were sent. */
  rows = 0;
  /** Planners that were opened. */
  opened = 0;
  private readonly planners = new WarmPlanners();

  open() {
    this.opened += 1;
    const planner = this.opened;
    this.tables.add(planner);
    return {
      update: (batch: RowBatch) => {
        this.rows += batch.set.length + batch.removed.length;
        this.planners.update(planner, JSON.parse(JSON.stringify(batch)) as RowBatch);
      },
      plan: (terms: PlanTerms) =>
        Promise.resolve(this.planners.plan(planner, structuredClone(terms))),
      close: () => {
        this.tables.delete(planner);
        this.planners.close(planner);
      },
    };
  }
}
