/**
 * The one shard that an unproved container gets on trial: one that runs nowhere loses nothing by it; else one that has to leave where it is, or one
 * that balance moves. No trial leaves the counts less even than they are.
 */
import {Counts} from './counts.ts';
import {runsForbidden} from './sorting.ts';
import {DRAINING, OPEN, TRIAL_DUE, UNPROVED, poolOfShard} from './table.ts';
import type {Table} from './table.ts';

/** Chooses, and writes into `target`. Returns the shards on trial. */
export function chooseTrials(table: Table, target: Int32Array): number[] {
  const due = [...table.containerOrder].filter((at) => isBit(table, at, TRIAL_DUE));
  if (due.length === 0) return [];
  const choice = new TrialChoice(table, target);
  return due.map((container) => choice.of(container)).filter((shard) => shard !== undefined);
}

function isBit({unproved}: Table, container: number, bit: number): boolean {
  return ((unproved?.[container] ?? 0) & bit) > 0;
}

class TrialChoice {
  private readonly table: Table;
  private readonly target: Int32Array;
  private readonly counts: Counts;
  /** In tie-break order: shards that get another container or none, and those that should leave theirs. */
  private readonly undecided: readonly number[];

  constructor(table: Table, target: Int32Array) {
    this.table = table;
    this.target = target;
    this.counts = new Counts(table, target);
    this.undecided = [...table.shardOrder].filter((shard) => {
      const to = target[shard] ?? -1;
      return to < 0 || to !== table.current[shard] || table.mode[to] === DRAINING;
    });
  }

  of(container: number): number | undefined {
    const arrival = this.fewestFailures(
      (shard) => this.target[shard] === container && this.isAllowed(shard, container),
    );
    if (arrival !== undefined) return arrival;
    if (!this.counts.hasCapacity(container)) return undefined;
    const homeless = this.fewestFailures(
      (shard) => !this.isRunning(shard) && this.mayCome(shard, container),
    );
    const hasFailed = homeless === undefined || this.failuresOf(homeless) > 0;
    const chosen = hasFailed ? (this.runningFor(container) ?? homeless) : homeless;
    if (chosen === undefined) return undefined;
    const from = this.target[chosen] ?? -1;
    this.send(chosen, container);
    if (from >= 0 && this.table.mode[from] === OPEN) this.fill(from);
    return chosen;
  }

  private send(shard: number, container: number): void {
    this.counts.redirect(shard, this.target[shard] ?? -1, container);
    this.target[shard] = container;
  }

  /** A shard that the plan had for the container is on trial elsewhere: one that had no room gets its place, one that runs nowhere before others. */
  private fill(container: number): void {
    if (!this.counts.hasCapacity(container)) return;
    const {priorities} = this.table;
    const [next] = this.undecided
      .filter((shard) => this.isLeftOut(shard) && this.mayBeOn(shard, container))
      .sort(
        (a, b) =>
          Number(this.isRunning(a)) - Number(this.isRunning(b)) ||
          (priorities?.[b] ?? 0) - (priorities?.[a] ?? 0),
      );
    if (next !== undefined) this.send(next, container);
  }

  private isLeftOut(shard: number): boolean {
    const to = this.target[shard] ?? -1;
    return to < 0 || this.table.mode[to] === DRAINING;
  }

  private runningFor(container: number): number | undefined {
    return (
      this.undecided.find((shard) => this.mustLeave(shard) && this.mayCome(shard, container)) ??
      this.undecided.find(
        (shard) => this.movesForBalance(shard, container) && this.mayCome(shard, container),
      ) ??
      this.counts.firstOffHighest((shard) => this.isBalancedBy(shard, container))
    );
  }

  private isRunning(shard: number): boolean {
    return (this.table.current[shard] ?? -1) >= 0;
  }

  /** It runs where it must not stay. */
  private mustLeave(shard: number): boolean {
    if (!this.isRunning(shard)) return false;
    const current = this.table.current[shard] ?? -1;
    return this.table.mode[current] === DRAINING || runsForbidden(this.table, shard);
  }

  private movesForBalance(shard: number, container: number): boolean {
    return this.isRunning(shard) && !this.mustLeave(shard) && this.mayBeBalanced(shard, container);
  }

  /** The shard stays where it is, and would be better there. */
  private isBalancedBy(shard: number, container: number): boolean {
    const from = this.target[shard] ?? -1;
    if (this.table.current[shard] !== from || this.table.mode[from] !== OPEN) return false;
    if (!this.mayBeBalanced(shard, container) || !this.isAllowed(shard, container)) return false;
    if (!this.hasShare(shard, container)) return false;
    return this.counts.gain(shard, from, container) > 0;
  }

  /** What balance would bring to one of weight 0 beside others, balance would take away again. */
  private hasShare(shard: number, container: number): boolean {
    const {table} = this;
    if ((table.weights[container] ?? 0) > 0) return true;
    const open = poolOfShard(table, shard)?.open ?? [];
    return open.every((other) => table.weights[other] === 0);
  }

  private mayBeBalanced(shard: number, container: number): boolean {
    const {shards, containers} = this.table.snapshot;
    const {trial = 'yes', cancelledTo = ''} = shards[shard] ?? {};
    return trial === 'yes' && (cancelledTo === '' || cancelledTo !== containers[container]?.id);
  }

  /** The shard may go there instead of where the plan has it, and counts are as even with it. */
  private mayCome(shard: number, container: number): boolean {
    if (!this.isAllowed(shard, container)) return false;
    if (this.isLeftOut(shard)) return true;
    if (!this.hasShare(shard, container)) return false;
    const to = this.target[shard] ?? -1;
    // What another unproved container gets is not taken from it.
    return !isBit(this.table, to, UNPROVED) && this.counts.gain(shard, to, container) >= 0;
  }

  private isAllowed(shard: number, container: number): boolean {
    return this.table.snapshot.shards[shard]?.trial !== 'no' && this.mayBeOn(shard, container);
  }

  private mayBeOn(shard: number, container: number): boolean {
    const {table} = this;
    const pin = table.pin[shard] ?? -1;
    const pool = poolOfShard(table, shard);
    return (
      (pin === -1 || pin === container) &&
      pool?.has[container] === 1 &&
      this.counts.keepsRules(shard, container, this.target[shard] ?? -1)
    );
  }

  private fewestFailures(isMeant: (shard: number) => boolean): number | undefined {
    let best: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const shard of this.undecided) {
      const failures = this.failuresOf(shard);
      if (failures >= least || !isMeant(shard)) continue;
      [best, least] = [shard, failures];
      if (failures === 0) return best;
    }
    return best;
  }

  private failuresOf(shard: number): number {
    return this.table.snapshot.shards[shard]?.failures ?? 0;
  }
}
