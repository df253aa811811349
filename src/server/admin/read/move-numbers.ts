/** What makes a planned move necessary, at both of its ends, in a sentence. */
import {countNumbers} from '../../../governor/move-numbers.ts';
import type {PlacementSnapshot, Plan, PlannedMove} from '../../../model/placement.ts';
import {haveWeight} from '../../../model/weights.ts';
import {containerSums} from '../../../planner/container-sums.ts';
import type {ContainerSums, SumsOfPlan} from '../../../planner/container-sums.ts';
import {runInSlices} from '../../../runtime/slices.ts';

/** All of a snapshot but its shards. */
type Terms = Pick<PlacementSnapshot, 'containers' | 'metrics'>;

export class MoveNumbers {
  private readonly terms: Terms;
  private readonly isByWeight: boolean;
  private readonly before: ContainerSums;
  private readonly after: ContainerSums;
  /** Load of one unit of weight, if all were even, by metric. */
  private readonly targets: readonly number[];

  constructor(terms: Terms, {before, after}: SumsOfPlan) {
    this.terms = terms;
    this.before = before;
    this.after = after;
    const open = terms.containers.flatMap(({mode}, index) => (mode === 'open' ? [index] : []));
    this.isByWeight = haveWeight(open.map((index) => terms.containers[index]?.weight ?? 1));
    const weight = open.reduce((sum, index) => sum + this.weightOf(index), 0);
    this.targets = (terms.metrics ?? []).map((_, metric) => {
      const total = open.reduce((sum, index) => sum + (this.after[index]?.[metric + 1] ?? 0), 0);
      return weight > 0 ? total / weight : 0;
    });
  }

  /** Sums up in slices: there may be a million shards. */
  static async make(snapshot: PlacementSnapshot, {target}: Plan): Promise<MoveNumbers> {
    const at = new Map(snapshot.containers.map(({id}, index) => [id, index]));
    const sums = (where: (shard: number) => number): Promise<ContainerSums> =>
      runInSlices(containerSums(snapshot, where));
    const before = await sums((shard) => at.get(snapshot.shards[shard]?.current ?? '') ?? -1);
    const after = await sums((shard) => target[shard] ?? -1);
    return new MoveNumbers(snapshot, {before, after});
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
    const name = this.terms.metrics?.[metric]?.name ?? '';
    return `${name} of ${this.nameOf(container)} ${before} -> ${after} of its share`;
  }

  private worstMetric(container: number): number | undefined {
    const ratios = this.targets.map((_, metric) => this.ratio(this.before, container, metric));
    return ratios.length === 0 ? undefined : ratios.indexOf(Math.max(...ratios));
  }

  private ratio(sums: ContainerSums, container: number, metric: number): number {
    const share = (this.targets[metric] ?? 0) * this.weightOf(container);
    return share > 0 ? (sums[container]?.[metric + 1] ?? 0) / share : 0;
  }

  private weightOf(container: number): number {
    return this.isByWeight ? (this.terms.containers[container]?.weight ?? 1) : 1;
  }

  private nameOf(container: number): string {
    return this.terms.containers[container]?.id ?? '';
  }
}
