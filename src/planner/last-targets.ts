/** Where the last plan had each shard, by row: what the next one changes is found beside the governor, which has no moment for a million rows. */
import {UNPLANNED} from './row-plan.ts';
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
    const index = new Map(containers.map((id, at) => [id, at]));
    // By the index of the plan before: the index of the same container now, or one that no target has.
    const renamed = this.containers.map((id) => index.get(id) ?? UNPLANNED);
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
