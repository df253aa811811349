/** Who plans for large apps: tables that are kept between plans, one for each governor, and for readers one for each app. */
import {planTable, planTableWithFigures} from '../planner/index.ts';
import type {Plan} from '../model/placement.ts';
import {runToEnd} from '../model/steps.ts';
import {containerSums, groupSums} from '../planner/container-sums.ts';
import type {ContainerSums} from '../planner/container-sums.ts';
import {rowPlan} from '../planner/row-plan.ts';
import type {RowPlan} from '../planner/row-plan.ts';
import {WarmTable} from '../planner/warm-table.ts';
import type {PlanTerms, RowBatch, WarmlyMade} from '../planner/warm-table.ts';

export class WarmPlanners {
  private readonly tables = new Map<number, WarmTable>();

  update(planner: number, batch: RowBatch): void {
    this.of(planner).take(batch);
  }

  /** @throws Error when the plan breaks a rule, which is a bug. */
  plan(planner: number, terms: PlanTerms): RowPlan {
    const warm = this.of(planner);
    const made = warm.table(terms);
    const {table, rows, end} = made;
    const plan = terms.withFigures === true ? withFigures(made) : planTable(table);
    const found = rowPlan(plan, terms.containers, rows, end);
    const more = terms.withFigures === true ? ofReader(made, plan) : {};
    return {...found, ...more, changed: warm.lastTargets.take(found)};
  }

  close(planner: number): void {
    this.tables.delete(planner);
  }

  private of(planner: number): WarmTable {
    const table = this.tables.get(planner) ?? new WarmTable();
    this.tables.set(planner, table);
    return table;
  }
}

function withFigures({table}: WarmlyMade): Plan {
  const {plan, figures} = planTableWithFigures(table);
  return {...plan, figures};
}

/** What readers are shown besides, of shards by their rows: as a reader adds it up who goes through the app. */
function ofReader(
  {table, rows, end}: WarmlyMade,
  {target}: Plan,
): Pick<RowPlan, 'additions' | 'sums'> {
  const {current, snapshot} = table;
  const byRow = new Int32Array(end).fill(-1);
  for (let at = 0; at < rows.length; at += 1) byRow[rows[at] ?? 0] = at;
  const order = byRow.filter((at) => at >= 0);
  const sums = (where: Int32Array): ContainerSums =>
    runToEnd(containerSums(snapshot, (at) => where[at] ?? -1, order));
  const added = order.filter((at) => (current[at] ?? -1) < 0 && (target[at] ?? -1) >= 0);
  return {
    additions: added.map((at) => rows[at] ?? 0),
    sums: {
      ...{before: sums(current), after: sums(target)},
      groupsAfter: runToEnd(groupSums(snapshot, (at) => target[at] ?? -1, order)),
    },
  };
}
