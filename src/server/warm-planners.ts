/** Who plans for large apps: tables that are kept between plans, one for each governor. */
import {planTable, planTableWithFigures} from '../planner/index.ts';
import type {Plan} from '../model/placement.ts';
import type {Table} from '../planner/table.ts';
import {rowPlan} from '../planner/row-plan.ts';
import type {RowPlan} from '../planner/row-plan.ts';
import {WarmTable} from '../planner/warm-table.ts';
import type {PlanTerms, RowBatch} from '../planner/warm-table.ts';

export class WarmPlanners {
  private readonly tables = new Map<number, WarmTable>();

  update(planner: number, batch: RowBatch): void {
    this.of(planner).take(batch);
  }

  /** @throws Error when the plan breaks a rule, which is a bug. */
  plan(planner: number, terms: PlanTerms): RowPlan {
    const warm = this.of(planner);
    const {table, rows, end} = warm.table(terms);
    const plan = rowPlan(made(table, terms), terms.containers, rows, end);
    return {...plan, changed: warm.lastTargets.take(plan)};
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

function made(table: Table, {withFigures}: PlanTerms): Plan {
  if (withFigures !== true) return planTable(table);
  const {plan, figures} = planTableWithFigures(table);
  return {...plan, figures};
}
