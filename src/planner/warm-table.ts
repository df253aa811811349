/**
 * The shards of a snapshot, kept between plans: each change costs what it changes, and ids are sorted once. What hangs on the state of containers is said for
 * each plan anew.
 */
import type {PlacementShard, PlacementSnapshot} from '../model/placement.ts';
import {LastTargets} from './last-targets.ts';
import {IntList, NONE} from './int-list.ts';
import {NAMES_KEPT, NAMES_PER_SHARD} from './limits.ts';
import {Names, ShardColumns} from './shard-columns.ts';
import {KeptSort} from './matrix/kept-sort.ts';
import {assemble} from './table.ts';
import type {Table} from './table.ts';
import {TieOrder} from './tie-order.ts';

/** A shard, by the number of its row. */
export interface WarmShard {
  readonly row: number;
  /** Its `current` is not looked at: see `homeKey`. */
  readonly shard: PlacementShard;
  /** Where it counts, as a name whose container each plan says anew; '' for nowhere. */
  readonly homeKey: string;
  /** It runs, and has done so for long enough to be tried elsewhere. */
  readonly isReady: boolean;
}

/** Changes of rows. Those named in both are set. */
export interface RowBatch {
  /** Nothing of what was known before counts. */
  readonly isFresh: boolean;
  readonly set: readonly WarmShard[];
  readonly removed: readonly number[];
}

/** All of a snapshot but its shards. */
export interface PlanTerms extends Omit<PlacementSnapshot, 'shards'> {
  /** Container ids by homeKey; a homeKey that is not listed is nowhere. */
  readonly homes: ReadonlyMap<string, string>;
  /** Whether the plan is to say what it costs and brings. Default: no. */
  readonly withFigures?: boolean;
  /** Who may be tried where one is due; undefined: nobody is. */
  readonly fitness: WarmFitness | undefined;
}

/** Who may be tried: everybody but these. */
export interface WarmFitness {
  /** What runs is tried only where it has to leave. */
  readonly onlyForced: boolean;
  /** Rows of shards that may not be tried now though they run nowhere, and of those that may not though they run. */
  readonly homelessWaiting: ReadonlySet<number>;
  readonly runningWaiting: ReadonlySet<number>;
  /** Containers to which operators have cancelled moves, by row. */
  readonly cancelled: ReadonlyMap<number, string>;
}

/** A table, which is right until the next change, and the row of each of its shards. */
export interface WarmlyMade {
  readonly table: Table;
  readonly rows: Int32Array;
  /** All rows are below. */
  readonly end: number;
}

export class WarmTable {
  /** Of the shards that are known. */
  readonly lastTargets = new LastTargets();
  private columns = new ShardColumns(0);
  private keptSort = new KeptSort();
  /** By index in the columns. */
  private readonly rows = new IntList();
  private readonly isReady: boolean[] = [];
  /** By row. */
  private readonly indexes = new IntList();
  private names = new Names();
  private readonly order = new TieOrder((at) => this.columns.shards[at]?.id ?? '');

  get size(): number {
    return this.columns.count;
  }

  take({isFresh, set, removed}: RowBatch): void {
    if (isFresh) this.clear();
    for (const row of removed) this.remove(row);
    for (const one of set) this.set(one);
    if (this.columns.names > NAMES_PER_SHARD * this.size + NAMES_KEPT) this.forgetNames();
  }

  table({homes, fitness, withFigures: _, ...terms}: PlanTerms): WarmlyMade {
    const {columns} = this;
    const shards =
      fitness === undefined
        ? columns.shards
        : columns.shards.map((shard, at) => this.withFitness(shard, at, homes, fitness));
    return {
      table: assemble({...terms, shards}, columns, this.order.indexes(), homes, this.keptSort),
      rows: this.rows.values.subarray(0, this.rows.length),
      end: this.indexes.length,
    };
  }

  private clear(): void {
    this.columns = new ShardColumns(0);
    this.keptSort = new KeptSort();
    this.names = new Names();
    for (const list of [this.rows, this.isReady, this.indexes]) list.length = 0;
    this.order.clear();
  }

  private set({row, shard, homeKey, isReady}: WarmShard): void {
    while (this.indexes.length <= row) this.indexes.push(NONE);
    const known = this.indexes.at(row);
    const before = known === NONE ? undefined : this.columns.shards[known]?.id;
    const at = known === NONE ? this.size : known;
    this.columns.set(at, this.withSharedNames(shard), homeKey);
    this.indexes.set(row, at);
    this.rows.set(at, row);
    this.isReady[at] = isReady;
    if (before === shard.id) return;
    if (before !== undefined) this.order.remove(at, before);
    this.order.add(at);
    this.keptSort.rename(at);
    this.lastTargets.forget(row);
  }

  private remove(row: number): void {
    const at = this.indexes.at(row);
    if (at === NONE) return;
    this.order.remove(at, this.columns.shards[at]?.id ?? '');
    this.indexes.set(row, NONE);
    this.columns.remove(at);
    const last = this.rows.pop();
    const isReady = this.isReady.pop() ?? false;
    if (last === row) return;
    this.order.rename(this.size, at);
    this.keptSort.rename(at);
    this.rows.set(at, last);
    this.isReady[at] = isReady;
    this.indexes.set(last, at);
  }

  /** Most of the names are those of what is gone. */
  private forgetNames(): void {
    const {shards, homes, numbers} = this.columns;
    this.columns = new ShardColumns(shards.length);
    this.names = new Names();
    for (const [at, shard] of shards.entries())
      this.columns.set(at, this.withSharedNames(shard), homes.texts[numbers.home[at] ?? 0] ?? '');
  }

  /** With what tells whether it may be tried. */
  private withFitness(
    shard: PlacementShard,
    at: number,
    homes: PlanTerms['homes'],
    fitness: WarmFitness,
  ): PlacementShard {
    const home = this.columns.homes.texts[this.columns.numbers.home[at] ?? 0] ?? '';
    const isHomeless = (homes.get(home) ?? '') === '';
    const row = this.rows.at(at);
    return {
      ...shard,
      ...(isHomeless
        ? homelessFitness(row, shard, fitness)
        : runningFitness(row, this.isReady[at] ?? false, fitness)),
    };
  }

  /** What comes from another thread has texts of its own for each shard. */
  private withSharedNames(shard: PlacementShard): PlacementShard {
    const {group, workerGroup, pin, prefer, avoid} = shard;
    return {
      ...shard,
      group: this.shared(group),
      workerGroup: this.shared(workerGroup),
      pin: this.shared(pin),
      current: '',
      prefer: this.shared(prefer),
      avoid: this.shared(avoid),
    };
  }

  private shared(text: string): string {
    return this.names.texts[this.names.of(text)] ?? text;
  }
}

function homelessFitness(
  row: number,
  {failures = 0}: PlacementShard,
  {homelessWaiting}: WarmFitness,
): Pick<PlacementShard, 'trial' | 'failures'> {
  return {trial: homelessWaiting.has(row) ? 'no' : 'yes', failures};
}

function runningFitness(
  row: number,
  isReady: boolean,
  {runningWaiting, cancelled, onlyForced}: WarmFitness,
): Pick<PlacementShard, 'trial' | 'failures' | 'cancelledTo'> {
  if (!isReady || runningWaiting.has(row)) return {trial: 'no', failures: 0};
  const cancelledTo = cancelled.get(row) ?? '';
  return {trial: onlyForced ? 'forced' : 'yes', failures: 0, cancelledTo};
}
