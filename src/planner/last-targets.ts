/**
 * Where the last plan had each shard, by row. The planner thread compares the next plan with it, for a million rows take a governor's event loop too long. The governor
 * takes each of these plans, or has all rows sent anew.
 */
import {UNPLANNED, containersNow} from './row-plan.ts';
import type {RowPlan} from './row-plan.ts';

export class LastTargets {
  private targets = new Int32Array();
  private containers: readonly string[] = [];

  /** The row has come to be another shard's. */
  forget(row: number): void {
    if (row < this.targets.length) this.targets[row] = UNPLANNED;
  }

  /** Rows that the plan knows and that the plan before it had elsewhere, or did not know. The plan is the one before from now on. */
  take({target, containers}: Pick<RowPlan, 'target' | 'containers'>): Int32Array {
    const {targets} = this;
    const renamed = containersNow(this.containers, containers);
    const changed = new Int32Array(target.length);
    let count = 0;
    for (let row = 0; row < target.length; row += 1) {
      const now = target[row] ?? UNPLANNED;
      const before = targets[row] ?? UNPLANNED;
      const was = before >= 0 ? (renamed[before] ?? UNPLANNED) : before;
      if (now === UNPLANNED || was === now) continue;
      changed[count] = row;
      count += 1;
    }
    this.containers = containers;
    this.targets = target.slice();
    return changed.slice(0, count);
  }
}
