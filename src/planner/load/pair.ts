/** Two containers between which load is to be exchanged: what a step may carry, and what it brings. */
import type {Band, Utilisation} from './utilisation.ts';
import {LAST_RESORT_SHARE, SQUARES_SHARE} from './limits.ts';

const NOBODY = -1;

export class Pair {
  hot = 0;
  cold = 0;
  /** Load of the metric that is to change its container: at least and at most so much, best the goal. */
  least = 0;
  goal = 0;
  most = 0;
  /** The most that the metric alone can gain. */
  bound = 0;
  private readonly utilisation: Utilisation;
  private readonly bands: readonly Band[];
  private readonly metrics: number;
  private readonly loads: Float64Array;
  /** Per metric: how far above its share each is, 1 / share of each, and how much load may change its container. */
  private readonly excess: Float64Array;
  private readonly surplus: Float64Array;
  private readonly perOwn: Float64Array;
  private readonly perOther: Float64Array;
  private readonly lowest: Float64Array;
  private readonly highest: Float64Array;

  constructor(utilisation: Utilisation, bands: readonly Band[]) {
    this.utilisation = utilisation;
    this.bands = bands;
    this.metrics = utilisation.metrics;
    this.loads = utilisation.loads.ofShards;
    this.excess = new Float64Array(this.metrics);
    this.surplus = new Float64Array(this.metrics);
    this.perOwn = new Float64Array(this.metrics);
    this.perOther = new Float64Array(this.metrics);
    this.lowest = new Float64Array(this.metrics);
    this.highest = new Float64Array(this.metrics);
  }

  /**
   * `heat`: what both may have at most afterwards, as a multiple of each band's lower end; in another metric the hot one may have what it
   * has now. `margin`: by so much of its share at least it is to become cooler in this one. False when no step can do that.
   */
  begin(hot: number, cold: number, metric: number, heat: number, margin: number): boolean {
    this.hot = hot;
    this.cold = cold;
    for (let at = 0; at < this.metrics; at += 1) this.set(at, at === metric, heat);
    const own = this.shareOf(hot, metric);
    const other = this.shareOf(cold, metric);
    if (own === 0 || other === 0) return false;
    const excess = this.excess[metric] ?? 0;
    const lack = -(this.surplus[metric] ?? 0);
    this.least = margin * own;
    this.most = (excess + lack - margin) * other;
    this.goal = (lack > 0 ? Math.min(excess, lack) : (excess - lack) / 2) * own;
    this.bound = lack > 0 ? 2 * Math.min(excess, lack) : excess - lack;
    return this.most >= this.least;
  }

  /** How much nearer both come to their shares; 0 or less when one of them would be too hot, or nothing is won. */
  gain(shard: number, other: number): number {
    const {metrics, loads, excess, surplus, perOwn, perOther} = this;
    let gain = 0;
    let squares = 0;
    for (let metric = 0; metric < metrics; metric += 1) {
      const its = other === NOBODY ? 0 : (loads[other * metrics + metric] ?? 0);
      const less = (loads[shard * metrics + metric] ?? 0) - its;
      if (less < (this.lowest[metric] ?? 0) || less > (this.highest[metric] ?? 0)) return 0;
      const above = excess[metric] ?? 0;
      const beyond = surplus[metric] ?? 0;
      const after = above - less * (perOwn[metric] ?? 0);
      const then = beyond + less * (perOther[metric] ?? 0);
      gain += Math.abs(above) + Math.abs(beyond) - Math.abs(after) - Math.abs(then);
      squares += above * above + beyond * beyond - after * after - then * then;
      squares += 2 * (above + beyond - after - then);
    }
    const both = gain + SQUARES_SHARE * squares;
    return both > 0 ? both : LAST_RESORT_SHARE * squares;
  }

  private shareOf(container: number, metric: number): number {
    return this.utilisation.share[container * this.metrics + metric] ?? 0;
  }

  private set(metric: number, isMeant: boolean, heat: number): void {
    const {utilisation, hot, cold} = this;
    const own = this.shareOf(hot, metric);
    const other = this.shareOf(cold, metric);
    if (own === 0 || other === 0) {
      this.excess[metric] = this.surplus[metric] = 0;
      this.perOwn[metric] = this.perOther[metric] = 0;
      this.lowest[metric] = Number.NEGATIVE_INFINITY;
      this.highest[metric] = Number.POSITIVE_INFINITY;
      return;
    }
    const [before, there] = [utilisation.of(hot, metric), utilisation.of(cold, metric)];
    const top = heat * (this.bands[metric]?.lower ?? 1);
    this.excess[metric] = before - 1;
    this.surplus[metric] = there - 1;
    this.perOwn[metric] = 1 / own;
    this.perOther[metric] = 1 / other;
    // Where both metrics are too hot, one after the other becomes cooler: the other one only no hotter.
    this.lowest[metric] = (before - (isMeant ? top : Math.max(top, before))) * own;
    this.highest[metric] = (top - there) * other;
  }
}
