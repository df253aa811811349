/**
 * Loads of an app's shards, smoothed, by shard: they stay when a shard moves. Pure. What the planner sees are the loads of one moment, renewed
 * now and then: between, no sample changes any plan.
 */
import {ownNumber} from '../model/own-number.ts';
import {harmless} from './load-faults.ts';
import {LoadColumn} from './load-column.ts';
import {SHARDS_AT_FIRST} from './limits.ts';
import type {LoadFault} from './load-faults.ts';

/** Loads as somebody else says them: anything may stand there. */
export type SaidLoads = Readonly<Record<string, unknown>>;

/** Loads that the spec of a shard declares, by metric. */
export type DeclaredLoads = Readonly<Record<string, number>> | undefined;

export class LoadTable {
  /** Names, in the order of all loads given out. */
  readonly metrics: readonly string[];
  private readonly columns: readonly LoadColumn[];
  private readonly rows: Map<string, number>;
  private readonly free: number[];
  private capacity: number;

  /** `before`: what it knows of metrics that stay goes on here, also what the planner sees; it is not to be used any more. */
  constructor(metrics: readonly string[], before?: LoadTable) {
    this.metrics = metrics;
    this.rows = before?.rows ?? new Map<string, number>();
    this.free = before?.free ?? [];
    this.capacity = before?.capacity ?? 0;
    this.columns = metrics.map((name) => before?.columnOf(name) ?? this.newColumn());
  }

  /** Shards of which anything is known. */
  get shards(): IterableIterator<string> {
    return this.rows.keys();
  }

  /** Takes one sample of one shard. Names that are not among the metrics are not looked at. */
  take(shard: string, said: SaidLoads, nowMs: number, onFault: (fault: LoadFault) => void): void {
    for (const [at, name] of this.metrics.entries()) {
      if (!Object.hasOwn(said, name)) continue;
      const value = harmless(said[name], onFault);
      if (value === undefined) continue;
      if (this.columns[at]?.sample(this.rowOf(shard), value, nowMs) === true) onFault('jump');
    }
  }

  /** Takes what was known of a shard before, in the order of the metrics; a sample that was taken since counts more. */
  inherit(shard: string, loads: readonly unknown[], nowMs: number): void {
    for (const [at, column] of this.columns.entries()) {
      if (loads[at] === null || loads[at] === undefined) continue;
      const value = harmless(loads[at], () => undefined);
      if (value !== undefined) column.inherit(this.rowOf(shard), value, nowMs);
    }
  }

  /** The same of many, whose loads stand in the order of `metrics`. */
  inheritAll(
    metrics: readonly string[],
    known: Iterable<readonly [shard: string, loads: readonly unknown[]]>,
    nowMs: number,
  ): void {
    const order = this.metrics.map((name) => metrics.indexOf(name));
    for (const [shard, loads] of known)
      this.inherit(
        shard,
        order.map((at) => loads[at]),
        nowMs,
      );
  }

  forget(shard: string): void {
    const row = this.rows.get(shard);
    if (row === undefined) return;
    this.rows.delete(shard);
    this.free.push(row);
    for (const column of this.columns) column.clear(row);
  }

  /** The planner sees from now on what is known now. `declared`: of all shards, for the mean of those of which nothing was measured. */
  renew(nowMs: number, declared: Iterable<readonly [string, DeclaredLoads]> = []): void {
    for (const column of this.columns) column.renew(this.rows.values(), nowMs);
    for (const [shard, loads] of declared) {
      if (loads === undefined) continue;
      const row = this.rows.get(shard) ?? -1;
      for (const [at, column] of this.columns.entries()) {
        const load = ownNumber(loads, this.metrics[at] ?? '');
        if (load !== undefined && Number.isNaN(column.plannedOf(row))) column.count(load);
      }
    }
  }

  /** Loads now, by metric; NaN: not known. */
  of(shard: string): number[] {
    const row = this.rows.get(shard) ?? -1;
    return this.columns.map((column) => column.smoothOf(row));
  }

  /** Loads that the planner sees: what is known; else the mean of the others, for a shard of which nothing is known is as heavy as any. */
  planned(shard: string, declared: DeclaredLoads): number[] {
    const row = this.rows.get(shard) ?? -1;
    return this.columns.map(
      (column, at) => this.knownIn(column, at, row, declared) ?? column.plannedMean,
    );
  }

  /** As measured last; else as `declared`; undefined where neither is known. By metric, as of the last renewal. */
  known(shard: string, declared: DeclaredLoads): (number | undefined)[] {
    const row = this.rows.get(shard) ?? -1;
    return this.columns.map((column, at) => this.knownIn(column, at, row, declared));
  }

  /** Shards whose load somebody has reported lately, by metric, as of the last renewal. */
  get measured(): number[] {
    return this.columns.map(({measuredCount}) => measuredCount);
  }

  private knownIn(
    column: LoadColumn,
    metric: number,
    row: number,
    declared: DeclaredLoads,
  ): number | undefined {
    const measured = column.plannedOf(row);
    if (!Number.isNaN(measured)) return measured;
    return ownNumber(declared, this.metrics[metric] ?? '');
  }

  private columnOf(metric: string): LoadColumn | undefined {
    return this.columns[this.metrics.indexOf(metric)];
  }

  private newColumn(): LoadColumn {
    const column = new LoadColumn();
    column.grow(this.capacity);
    return column;
  }

  private rowOf(shard: string): number {
    const known = this.rows.get(shard);
    if (known !== undefined) return known;
    const row = this.free.pop() ?? this.rows.size;
    if (row >= this.capacity) {
      this.capacity = Math.max(SHARDS_AT_FIRST, 2 * this.capacity);
      for (const column of this.columns) column.grow(this.capacity);
    }
    this.rows.set(shard, row);
    return row;
  }
}
