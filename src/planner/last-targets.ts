/**
 * Where the last plan had each shard, by row. The planner thread compares the next plan with it, for a million rows take a governor's event loop too long. The governor
 * takes each of these plans, or has all rows sent anew.
 */
import {IntList} from './int-list.ts';
import {UNPLANNED, containersNow} from './row-plan.ts';
import type {RowPlan} from './row-plan.ts';

export class LastTargets {
  /** Longer than the rows of the plan, as they come and go. */
  private targets = new Int32Array();
  private containers: readonly string[] = [];

  /** The row has come to be another shard's. */
  forget(row: number): void {
    if (row < this.targets.length) this.targets[row] = UNPLANNED;
  }

  /** Rows that the plan knows and that the plan before it had elsewhere, or did not know. The plan is the one before from now on. */
  take({target, containers}: Pick<RowPlan, 'target' | 'containers'>): Int32Array {
    if (target.length > this.targets.length) this.grow(target.length);
    const {targets} = this;
    const renamed = containersNow(this.containers, containers);
    const changed = new IntList();
    for (let row = 0; row < target.length; row += 1) {
      const now = target[row] ?? UNPLANNED;
      const before = targets[row] ?? UNPLANNED;
      const was = before >= 0 ? (renamed[before] ?? UNPLANNED) : before;
      targets[row] = now;
      if (now !== UNPLANNED && was !== now) changed.push(row);
    }
    targets.fill(UNPLANNED, target.length);
    this.containers = containers;
    return changed.values.slice(0, changed.length);
  }

  private grow(rows: number): void {
    const larger = new Int32Array(Math.max(rows, 2 * this.targets.length)).fill(UNPLANNED);
    larger.set(this.targets);
    this.targets = larger;
  }
}
