/**
 * Moves for counts that another choice of shards spares: a shard that leaves stays where another one comes, and that one goes where the first was to go. Counts are
 * as even with it. Load and hard rules, which choose after the counts have, leave such pairs behind. Where a round ended between the two, the next plan took the
 * first one back, and so on for ever.
 */
import {SWAP_PARTNERS} from './hard/limits.ts';
import type {Occupants} from './hard/occupants.ts';
import type {HardTask} from './hard/assignment.ts';
import {occupantsOf} from './load/phase.ts';
import {bandOf} from './load/utilisation.ts';
import {changesOf} from './moves.ts';
import {freeOf, runsForbidden} from './sorting.ts';
import {OPEN} from './table.ts';

/** Writes into `target`. `forLoad`: who moves for load goes on doing so. */
export function spareMoves(task: HardTask, forLoad: ReadonlySet<number>): void {
  if (hasPairs(task, forLoad)) new Sparing(task).run(forLoad);
}

const [COMES, LEAVES] = [1, 2];

/** Whether there is a container that one shard leaves and another one comes to: mostly there is none. A pass in the order of memory. */
function hasPairs({table, target}: HardTask, forLoad: ReadonlySet<number>): boolean {
  const {n, m, current, mode} = table;
  const bits = new Uint8Array(m);
  for (let shard = 0; shard < n; shard += 1) {
    const [from, to] = [current[shard] ?? -1, target[shard] ?? -1];
    if (from === to || to < 0) continue;
    bits[to] = (bits[to] ?? 0) | COMES;
    if (from >= 0 && mode[from] === OPEN && !forLoad.has(shard))
      bits[from] = (bits[from] ?? 0) | LEAVES;
  }
  return bits.includes(COMES | LEAVES);
}

class Sparing {
  private readonly task: HardTask;
  private readonly isFree: Uint8Array;
  private readonly occupants: Occupants | undefined;

  constructor(task: HardTask) {
    this.task = task;
    this.isFree = freeOf(task.table, task.sorted);
    this.occupants = occupantsOf(task.table, task.target);
  }

  run(forLoad: ReadonlySet<number>): void {
    const {table, target} = this.task;
    const {additions, others} = changesOf(table, target);
    const coming = new Map<number, number[]>();
    for (const shard of [...additions, ...others]) {
      const to = target[shard] ?? -1;
      if (to < 0 || this.isFree[shard] === 0) continue;
      const there = coming.get(to);
      if (there === undefined) coming.set(to, [shard]);
      else there.push(shard);
    }
    for (const shard of others) {
      if (forLoad.has(shard) || !this.mayStay(shard)) continue;
      const home = table.current[shard] ?? -1;
      const partner = (coming.get(home) ?? [])
        .slice(0, SWAP_PARTNERS)
        .find((other) => target[other] === home && this.mayExchange(shard, other));
      if (partner !== undefined) this.exchange(shard, partner);
    }
  }

  /** It leaves, but need not. */
  private mayStay(shard: number): boolean {
    const {table, target} = this.task;
    const [home, away] = [table.current[shard] ?? -1, target[shard] ?? -1];
    if (home < 0 || away < 0 || home === away || this.isFree[shard] === 0) return false;
    return table.mode[home] === OPEN && table.mode[away] === OPEN && !runsForbidden(table, shard);
  }

  private mayExchange(shard: number, other: number): boolean {
    const {table, target, bounds} = this.task;
    const [home, away] = [table.current[shard] ?? -1, target[shard] ?? -1];
    const bucket = table.bucket[other] ?? 0;
    const pool = table.pools[table.bucketPool[bucket] ?? 0];
    if (pool?.has[away] !== 1 || table.avoid[other] === away) return false;
    const [from, to] = [table.containerRank[away] ?? 0, table.containerRank[home] ?? 0];
    if (!bounds.allowsSwap(table.bucket[shard] ?? 0, bucket, from, to)) return false;
    if (!this.isAsCool(shard, other, from, to)) return false;
    const {occupants} = this;
    if (occupants === undefined) return true;
    return occupants.fits(shard, home, other) && occupants.fits(other, away, shard);
  }

  /** Whether then neither of the containers is above a band, or hotter than the hotter one is now. */
  private isAsCool(shard: number, other: number, from: number, to: number): boolean {
    const {utilisation} = this.task;
    if (utilisation === undefined) return true;
    const {metrics, load, share} = utilisation;
    return utilisation.loads.metrics.every((metric, own) => {
      const heat = (container: number, more: number): number => {
        const at = container * metrics + own;
        const whole = share[at] ?? 0;
        return whole > 0 ? ((load[at] ?? 0) + more) / whole : 0;
      };
      const more = utilisation.ofShard(shard, own) - utilisation.ofShard(other, own);
      const most = Math.max(heat(from, 0), heat(to, 0), bandOf(metric).upper);
      return Math.max(heat(from, -more), heat(to, more)) <= most;
    });
  }

  private exchange(shard: number, other: number): void {
    const {table, target} = this.task;
    const [home, away] = [table.current[shard] ?? -1, target[shard] ?? -1];
    this.go(shard, away, home);
    this.go(other, home, away);
  }

  private go(shard: number, from: number, to: number): void {
    const {table, target, bounds, utilisation} = this.task;
    const [leaves, enters] = [table.containerRank[from] ?? 0, table.containerRank[to] ?? 0];
    target[shard] = to;
    bounds.move(table.bucket[shard] ?? 0, leaves, enters);
    utilisation?.remove(shard, leaves);
    utilisation?.add(shard, enters);
    this.occupants?.remove(shard, from);
    this.occupants?.add(shard, to);
  }
}
