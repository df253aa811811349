/**
 * The shards of a snapshot, kept between plans: each change costs what it changes, and ids are sorted once. What hangs on the state of containers is said for
 * each plan anew.
 */
import {compareText} from '../model/compare-text.ts';
import type {PlacementShard, PlacementSnapshot} from '../model/placement.ts';
import {LastTargets} from './last-targets.ts';
import {assemble, hashOf} from './table.ts';
import type {Table} from './table.ts';

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

/** With the shard as the last plan saw it. */
interface KnownShard extends WarmShard {
  placed: PlacementShard;
}

/** A table and the row of each of its shards. */
export interface WarmlyMade {
  readonly table: Table;
  readonly rows: Int32Array;
  /** All rows are below. */
  readonly end: number;
}

export class WarmTable {
  /** Of the shards that are known. */
  readonly lastTargets = new LastTargets();
  private readonly byRow: (KnownShard | undefined)[] = [];
  private readonly names = new Map<string, string>();
  private readonly order = new RowOrder((row) => this.byRow[row]?.shard.id ?? '');
  private count = 0;

  get size(): number {
    return this.count;
  }

  take({isFresh, set, removed}: RowBatch): void {
    if (isFresh) this.clear();
    for (const row of removed) this.remove(row);
    for (const one of set) this.set(one);
  }

  table({homes, fitness, withFigures: _, ...terms}: PlanTerms): WarmlyMade {
    const rows = new Int32Array(this.count);
    const shards: PlacementShard[] = [];
    // One by one and in order: a list that is made long at once may become a slow one.
    const indexOf = new Int32Array(this.byRow.length);
    for (const [row, one] of this.byRow.entries()) {
      if (one === undefined) continue;
      rows[shards.length] = row;
      indexOf[row] = shards.length;
      shards.push(shardAt(one, homes, fitness));
    }
    const order = this.order.rows().map((row) => indexOf[row] ?? 0);
    return {table: assemble({...terms, shards}, order), rows, end: this.byRow.length};
  }

  private clear(): void {
    this.byRow.length = 0;
    this.names.clear();
    this.order.clear();
    this.count = 0;
  }

  private set(one: WarmShard): void {
    const known = this.byRow[one.row];
    while (this.byRow.length <= one.row) this.byRow.push(undefined);
    this.byRow[one.row] = this.withSharedNames(one);
    if (known === undefined) this.count += 1;
    if (known?.shard.id === one.shard.id) return;
    if (known !== undefined) this.order.remove(one.row, known.shard.id);
    this.order.add(one.row);
    this.lastTargets.forget(one.row);
  }

  private remove(row: number): void {
    const known = this.byRow[row];
    if (known === undefined) return;
    this.byRow[row] = undefined;
    this.count -= 1;
    this.order.remove(row, known.shard.id);
  }

  /** What comes from another thread has texts of its own for each shard. */
  private withSharedNames({row, shard, homeKey, isReady}: WarmShard): KnownShard {
    const {group, workerGroup, pin, prefer, avoid} = shard;
    const shared = {
      ...shard,
      group: this.name(group),
      workerGroup: this.name(workerGroup),
      pin: this.name(pin),
      current: '',
      prefer: this.name(prefer),
      avoid: this.name(avoid),
    };
    return {row, homeKey: this.name(homeKey), isReady, shard: shared, placed: shared};
  }

  private name(text: string): string {
    const known = this.names.get(text);
    if (known !== undefined) return known;
    this.names.set(text, text);
    return text;
  }
}

/** The shard as this plan sees it: mostly as the last one did. What runs has no wish for another container. */
function shardAt(
  known: KnownShard,
  homes: PlanTerms['homes'],
  fitness: WarmFitness | undefined,
): PlacementShard {
  const {shard, homeKey} = known;
  const current = homes.get(homeKey) ?? '';
  if (known.placed.current !== current)
    known.placed = current === '' ? shard : {...shard, current, prefer: ''};
  return fitness === undefined ? known.placed : {...known.placed, ...fitnessOf(known, fitness)};
}

function fitnessOf(
  {row, shard, placed, isReady}: KnownShard,
  {homelessWaiting, runningWaiting, cancelled, onlyForced}: WarmFitness,
): Pick<PlacementShard, 'trial' | 'failures' | 'cancelledTo'> {
  if (placed.current === '')
    return {trial: homelessWaiting.has(row) ? 'no' : 'yes', failures: shard.failures ?? 0};
  if (!isReady || runningWaiting.has(row)) return {trial: 'no', failures: 0};
  const cancelledTo = cancelled.get(row) ?? '';
  return {trial: onlyForced ? 'forced' : 'yes', failures: 0, cancelledTo};
}

/** Rows by (hash of id, id): sorted when they are asked for, with what has changed since alone. */
class RowOrder {
  private readonly idOf: (row: number) => string;
  private sorted = new Int32Array();
  /** Beside `sorted`. */
  private hashes = new Float64Array();
  private readonly added = new Set<number>();
  /** Rows that are not where they stand in `sorted`, with the hash by which they stand there. */
  private readonly removed = new Map<number, number>();

  constructor(idOf: (row: number) => string) {
    this.idOf = idOf;
  }

  clear(): void {
    this.sorted = new Int32Array();
    this.hashes = new Float64Array();
    this.added.clear();
    this.removed.clear();
  }

  add(row: number): void {
    this.added.add(row);
  }

  remove(row: number, id: string): void {
    if (!this.added.delete(row)) this.removed.set(row, hashOf(id));
  }

  rows(): Int32Array {
    if (this.added.size + this.removed.size > 0) this.merge();
    return this.sorted;
  }

  private merge(): void {
    const cuts = this.cuts();
    const news = this.news();
    const rows = new Int32Array(this.sorted.length - cuts.length + news.length);
    const hashes = new Float64Array(rows.length);
    let [from, to, cut] = [0, 0, 0];
    // Copies what lies between, up to and without `end`.
    const copyTo = (end: number): void => {
      while (from < end) {
        const next = Math.min(end, cuts[cut] ?? end);
        rows.set(this.sorted.subarray(from, next), to);
        hashes.set(this.hashes.subarray(from, next), to);
        to += next - from;
        from = next;
        if (from !== cuts[cut]) continue;
        from += 1;
        cut += 1;
      }
    };
    for (const {row, hash, id} of news) {
      copyTo(this.placeFor(hash, id));
      rows[to] = row;
      hashes[to] = hash;
      to += 1;
    }
    copyTo(this.sorted.length);
    this.sorted = rows;
    this.hashes = hashes;
    this.added.clear();
    this.removed.clear();
  }

  /** Where rows stand that are to go, ascending. */
  private cuts(): number[] {
    const cuts: number[] = [];
    for (const [row, hash] of this.removed) {
      let at = this.firstFrom(hash);
      while (this.sorted[at] !== row) at += 1;
      cuts.push(at);
    }
    return cuts.sort((a, b) => a - b);
  }

  private news(): {row: number; hash: number; id: string}[] {
    const news = Array.from(this.added, (row) => {
      const id = this.idOf(row);
      return {row, hash: hashOf(id), id};
    });
    return news.sort((a, b) => a.hash - b.hash || compareText(a.id, b.id));
  }

  /** The first that does not stand before it. Of those that are to go the ids are not known any more, and do not matter. */
  private placeFor(hash: number, id: string): number {
    let at = this.firstFrom(hash);
    while (this.hashes[at] === hash && this.standsBefore(this.sorted[at] ?? 0, id)) at += 1;
    return at;
  }

  private standsBefore(row: number, id: string): boolean {
    return this.removed.has(row) || compareText(this.idOf(row), id) < 0;
  }

  private firstFrom(hash: number): number {
    let [low, high] = [0, this.hashes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.hashes[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
