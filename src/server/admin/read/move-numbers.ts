/** What makes a planned move necessary, at both of its ends, in a sentence. */
import {countNumbers, exchangeText, worstMetric} from '../../../governor/move-numbers.ts';
import type {PlacementSnapshot, Plan, PlannedMove} from '../../../model/placement.ts';
import {balanceOf, ratioOf} from '../../../load/balance.ts';
import {containerSums, groupSums} from '../../../planner/container-sums.ts';
import type {ContainerSums, SumsOfPlan} from '../../../planner/container-sums.ts';
import {runInSlices} from '../../../runtime/slices.ts';

/** All of a snapshot but its shards. */
type Terms = Pick<PlacementSnapshot, 'containers' | 'metrics' | 'pools'>;

export class MoveNumbers {
  private readonly terms: Terms;
  private readonly before: ContainerSums;
  private readonly after: ContainerSums;
  /** By container id: by metric, what it would bear after the plan if all were even. */
  private readonly shares: ReadonlyMap<string, readonly number[]>;

  constructor(terms: Terms, {before, after, groupsAfter}: SumsOfPlan) {
    this.terms = terms;
    this.before = before;
    this.after = after;
    const open = terms.containers.filter(({mode}) => mode === 'open');
    const bearing = open.map(({id, weight = 1}) => ({container: id, weight, loads: []}));
    const pools = groupsAfter.map(([workerGroup, loads]) => ({
      members: workerGroup === '' ? undefined : (terms.pools.get(workerGroup) ?? []),
      loads,
    }));
    const {containers} = balanceOf(bearing, pools, terms.metrics?.length ?? 0);
    this.shares = new Map(containers.map(({container, shares}) => [container, shares]));
  }

  /** Sums up in slices: there may be a million shards. */
  static async make(snapshot: PlacementSnapshot, {target}: Plan): Promise<MoveNumbers> {
    const at = new Map(snapshot.containers.map(({id}, index) => [id, index]));
    const now = (shard: number): number => at.get(snapshot.shards[shard]?.current ?? '') ?? -1;
    const then = (shard: number): number => target[shard] ?? -1;
    return new MoveNumbers(snapshot, {
      before: await runInSlices(containerSums(snapshot, now)),
      after: await runInSlices(containerSums(snapshot, then)),
      groupsAfter: await runInSlices(groupSums(snapshot, then)),
    });
  }

  /** Shards that the container has now, and in the plan. */
  countsOf(container: number): {readonly before: number; readonly after: number} {
    return {before: this.before[container]?.[0] ?? 0, after: this.after[container]?.[0] ?? 0};
  }

  of({cause, from, to}: PlannedMove): string {
    if (cause === 'load') {
      const text = this.ofLoad(from, to);
      if (text !== '') return text;
    }
    const ends = new Map([from, to].map((end) => [this.nameOf(end), end]));
    return countNumbers([...ends.keys()], (id) => this.countsOf(ends.get(id) ?? -1));
  }

  private ofLoad(from: number, to: number): string {
    const [there, here] = [from, to].map((end) => this.ratios(this.before, end));
    const metric = worstMetric(there ?? [], here ?? []);
    if (metric === -1) return '';
    const exchange = exchangeText(there?.[metric], here?.[metric]);
    return `${this.loadText(from, metric)}; ${this.loadText(to, metric)}${exchange}`;
  }

  private loadText(container: number, metric: number): string {
    const ratios = [this.before, this.after].map((sums) => this.ratios(sums, container)[metric]);
    const [before, after] = ratios.map((ratio = 0) => `${ratio.toFixed(2)}x`);
    const name = this.terms.metrics?.[metric]?.name ?? '';
    return `${name} of ${this.nameOf(container)} ${before} -> ${after} of its share`;
  }

  /** By metric. */
  private ratios(sums: ContainerSums, container: number): number[] {
    const [, ...loads] = sums[container] ?? [];
    const shares = this.shares.get(this.nameOf(container)) ?? [];
    return (this.terms.metrics ?? []).map((_, metric) => ratioOf({loads, shares}, metric));
  }

  private nameOf(container: number): string {
    return this.terms.containers[container]?.id ?? '';
  }
}
