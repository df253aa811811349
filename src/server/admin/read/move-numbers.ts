/** What makes a planned move necessary, at both of its ends, in a sentence. */
import {SHARDS_PER_STEP} from '../../../governor/limits.ts';
import {countNumbers} from '../../../governor/move-numbers.ts';
import type {PlacementSnapshot, Plan, PlannedMove} from '../../../model/placement.ts';
import {runInSlices} from '../../../runtime/slices.ts';

/** By container: shards, then loads by metric. */
type Sums = readonly number[][];

export class MoveNumbers {
  private readonly snapshot: PlacementSnapshot;
  private readonly before: Sums;
  private readonly after: Sums;
  /** Load of one unit of weight, if all were even, by metric. */
  private readonly targets: readonly number[];

  private constructor(snapshot: PlacementSnapshot, before: Sums, after: Sums) {
    this.snapshot = snapshot;
    this.before = before;
    this.after = after;
    const open = snapshot.containers.flatMap(({mode}, index) => (mode === 'open' ? [index] : []));
    const weight = open.reduce((sum, index) => sum + this.weightOf(index), 0);
    this.targets = (snapshot.metrics ?? []).map((_, metric) => {
      const total = open.reduce((sum, index) => sum + (this.after[index]?.[metric + 1] ?? 0), 0);
      return weight > 0 ? total / weight : 0;
    });
  }

  /** Sums up in slices: there may be a million shards. */
  static async make(snapshot: PlacementSnapshot, {target}: Plan): Promise<MoveNumbers> {
    const at = new Map(snapshot.containers.map(({id}, index) => [id, index]));
    const before = summing(
      snapshot,
      (shard) => at.get(snapshot.shards[shard]?.current ?? '') ?? -1,
    );
    const after = summing(snapshot, (shard) => target[shard] ?? -1);
    return new MoveNumbers(snapshot, await runInSlices(before), await runInSlices(after));
  }

  /** Shards that the container has now, and in the plan. */
  countsOf(container: number): {readonly before: number; readonly after: number} {
    return {before: this.before[container]?.[0] ?? 0, after: this.after[container]?.[0] ?? 0};
  }

  of({cause, from, to}: PlannedMove): string {
    const metric = cause === 'load' ? this.worstMetric(from) : undefined;
    if (metric !== undefined) return `${this.loadText(from, metric)}; ${this.loadText(to, metric)}`;
    const ends = new Map([from, to].map((end) => [this.nameOf(end), end]));
    return countNumbers([...ends.keys()], (id) => this.countsOf(ends.get(id) ?? -1));
  }

  private loadText(container: number, metric: number): string {
    const ratios = [this.before, this.after].map((sums) => this.ratio(sums, container, metric));
    const [before, after] = ratios.map((ratio) => `${ratio.toFixed(2)}x`);
    const name = this.snapshot.metrics?.[metric]?.name ?? '';
    return `${name} of ${this.nameOf(container)} ${before} -> ${after} of its share`;
  }

  private worstMetric(container: number): number | undefined {
    const ratios = this.targets.map((_, metric) => this.ratio(this.before, container, metric));
    return ratios.length === 0 ? undefined : ratios.indexOf(Math.max(...ratios));
  }

  private ratio(sums: Sums, container: number, metric: number): number {
    const share = (this.targets[metric] ?? 0) * this.weightOf(container);
    return share > 0 ? (sums[container]?.[metric + 1] ?? 0) / share : 0;
  }

  private weightOf(container: number): number {
    return this.snapshot.containers[container]?.weight ?? 1;
  }

  private nameOf(container: number): string {
    return this.snapshot.containers[container]?.id ?? '';
  }
}

function* summing(
  {shards, containers, metrics = []}: PlacementSnapshot,
  whereOf: (shard: number) => number,
): Generator<undefined, Sums> {
  const sums = containers.map(() => [0, ...metrics.map(() => 0)]);
  for (const [index, {load = []}] of shards.entries()) {
    if (index % SHARDS_PER_STEP === 0) yield;
    const sum = sums[whereOf(index)];
    if (sum === undefined) continue;
    sum[0] = (sum[0] ?? 0) + 1;
    for (const [metric, one] of load.entries()) sum[metric + 1] = (sum[metric + 1] ?? 0) + one;
  }
  return sums;
}
