/**
 * Proves that no even placement needs fewer moves, at sizes that the oracle cannot do. Even: of each group, and in all, every container has the mean rounded
 * down or up. Where all containers are alike, such placements are flows, and what a shard that stays saves is convex: a flow is cheapest exactly when no cycle of
 * its residual network has a negative cost (Klein).
 */

/** All containers are open and alike: no pools, pins, weights or limits. */
export interface Even {
  readonly containers: number;
  /** Per shard: its container, -1 for nowhere. */
  readonly current: Int32Array;
  /** Per shard: its group. */
  readonly group: Int32Array;
  readonly groups: number;
}

/** `target`: an even placement. */
export function isCheapest(even: Even, target: Int32Array): boolean {
  const residual = new Residual(even, target);
  return residual.departures === residual.leastDepartures() && residual.hasNoNegativeCycle();
}

class Residual {
  /** Shards that leave their container. */
  departures = 0;
  private readonly containers: number;
  private readonly groups: number;
  /** Entry `group * containers + container`: shards there now, and in the placement. */
  private readonly now: Uint16Array;
  private readonly want: Uint16Array;
  private readonly sizes: Int32Array;
  private readonly totals: Int32Array;
  private readonly mean: number;
  /** Cost of the cheapest way to each node from anywhere. */
  private readonly toContainer: Int32Array;
  private readonly toGroup: Int32Array;
  private toSlack = 0;
  private hasChanged = false;

  constructor({containers, current, group, groups}: Even, target: Int32Array) {
    this.containers = containers;
    this.groups = groups;
    this.now = new Uint16Array(groups * containers);
    this.want = new Uint16Array(groups * containers);
    this.sizes = new Int32Array(groups);
    this.totals = new Int32Array(containers);
    this.mean = target.length / containers;
    this.toContainer = new Int32Array(containers);
    this.toGroup = new Int32Array(groups);
    for (const [shard, to] of target.entries()) {
      const own = group[shard] ?? 0;
      const from = current[shard] ?? -1;
      const row = own * containers;
      if (from >= 0) this.now[row + from] = (this.now[row + from] ?? 0) + 1;
      if (from >= 0 && from !== to) this.departures += 1;
      this.want[row + to] = (this.want[row + to] ?? 0) + 1;
      this.sizes[own] = (this.sizes[own] ?? 0) + 1;
      this.totals[to] = (this.totals[to] ?? 0) + 1;
    }
  }

  /** Without exchanges among shards of one group. */
  leastDepartures(): number {
    let sum = 0;
    for (const [at, now] of this.now.entries()) sum += Math.max(0, now - (this.want[at] ?? 0));
    return sum;
  }

  /** Bellman and Ford. A way without a cycle comes to each container once, and saves at most one move there: what is cheaper goes round in a circle. */
  hasNoNegativeCycle(): boolean {
    const cheapest = -this.containers - 1;
    do {
      this.hasChanged = false;
      for (let group = 0; group < this.groups; group += 1) this.relaxGroup(group);
      this.relaxSlack();
      if (this.toContainer.some((cost) => cost < cheapest)) return false;
    } while (this.hasChanged);
    return true;
  }

  /** A container gives one of the group; another one takes it. */
  private relaxGroup(group: number): void {
    const {containers, now, want, toContainer, toGroup} = this;
    const share = (this.sizes[group] ?? 0) / containers;
    const [least, most] = [Math.floor(share), Math.ceil(share)];
    const row = group * containers;
    let best = toGroup[group] ?? 0;
    for (let at = 0; at < containers; at += 1) {
      const count = want[row + at] ?? 0;
      if (count <= least) continue;
      best = Math.min(best, (toContainer[at] ?? 0) + Number(count <= (now[row + at] ?? 0)));
    }
    if (best < (toGroup[group] ?? 0)) this.hasChanged = true;
    toGroup[group] = best;
    for (let at = 0; at < containers; at += 1) {
      const count = want[row + at] ?? 0;
      if (count >= most) continue;
      const cost = best - Number(count < (now[row + at] ?? 0));
      if (cost >= (toContainer[at] ?? 0)) continue;
      toContainer[at] = cost;
      this.hasChanged = true;
    }
  }

  /** A container keeps one more in all, another one has one fewer. */
  private relaxSlack(): void {
    const {totals, toContainer, mean} = this;
    for (const [at, total] of totals.entries())
      if (total < Math.ceil(mean)) this.toSlack = Math.min(this.toSlack, toContainer[at] ?? 0);
    for (const [at, total] of totals.entries()) {
      if (total <= Math.floor(mean) || this.toSlack >= (toContainer[at] ?? 0)) continue;
      toContainer[at] = this.toSlack;
      this.hasChanged = true;
    }
  }
}
