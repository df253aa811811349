/**
 * What no count can say: metric limits and spread keys. Shards that may not be where the counts put them go elsewhere, as
 * little uneven as it can be; what fits nowhere gets no container rather than break a rule. Nothing that runs well is left out.
 */
import type {MoveCause, PlacementReason} from '../../model/placement.ts';
import {FREEING_DEPTH, FREEING_SEARCH, SWAP_PARTNERS} from './limits.ts';
import {Occupants} from './occupants.ts';
import {relieveOverflows} from './relief.ts';
import {Assignment} from './assignment.ts';
import type {HardTask} from './assignment.ts';
import {stayWherePossible} from './staying.ts';

export interface Rehomed {
  /** Shards that got no container, and why. */
  readonly refused: ReadonlyMap<number, PlacementReason>;
  /** Running shards that move because of such a rule. */
  readonly causes: ReadonlyMap<number, MoveCause>;
}

const NOTHING: Rehomed = {refused: new Map(), causes: new Map()};

/** Writes into `target`. */
export function keepHardRules(task: HardTask): Rehomed {
  return Occupants.areLimited(task.table) ? new Rehoming(task).run() : NOTHING;
}

/** Moves have been taken back: shards that run nowhere and no longer fit beside those that stay go elsewhere. Writes into `target`; returns who got no container. */
export function rehomeNew(task: HardTask): Rehomed['refused'] {
  return Occupants.areLimited(task.table) ? new Rehoming(task).rehomeNew() : NOTHING.refused;
}

class Rehoming {
  private readonly assignment: Assignment;
  private searches = 0;

  constructor(task: HardTask) {
    this.assignment = new Assignment(task);
  }

  run(): Rehomed {
    const {table, target} = this.assignment.task;
    const misfits: number[] = [];
    const arrivals: number[] = [];
    const left: number[] = [];
    for (const shard of table.shardOrder) {
      const to = target[shard] ?? -1;
      if (to < 0) left.push(shard);
      else if (to !== table.current[shard]) arrivals.push(shard);
      else if (this.assignment.occupants.fitsKey(shard, to)) this.assignment.assign(shard, to);
      else misfits.push(shard);
    }
    for (const shard of this.inTurn(arrivals)) {
      const to = target[shard] ?? -1;
      if (this.assignment.occupants.fits(shard, to)) this.assignment.assign(shard, to);
      else misfits.push(shard);
    }
    for (const shard of misfits) this.rehome(shard);
    relieveOverflows(this.assignment);
    if (misfits.length > 0 || this.assignment.causes.size > 0) this.placeLeftOut(left);
    stayWherePossible(this.assignment, arrivals);
    return {refused: this.assignment.refused, causes: this.assignment.causes};
  }

  /** Who was left out by counts gets the room that others could not use, or left; so does who was refused before others left. */
  private placeLeftOut(left: readonly number[]): void {
    const {isFree, refused} = this.assignment;
    const movesOthers = refused.size > 0;
    const all = this.inTurn([...refused.keys(), ...left]).slice(0, FREEING_SEARCH);
    for (const shard of all) {
      if (isFree[shard] !== 1) continue;
      if (movesOthers) this.placeAnywhere(shard, -1);
      else this.placeBeside(shard, -1);
    }
  }

  /** Nothing that runs moves for them: that might be a ring again. */
  rehomeNew(): Rehomed['refused'] {
    const {table, target} = this.assignment.task;
    const fresh: number[] = [];
    for (const shard of table.shardOrder) {
      const to = target[shard] ?? -1;
      if (to < 0) continue;
      if ((table.current[shard] ?? -1) < 0) fresh.push(shard);
      else this.assignment.assign(shard, to);
    }
    for (const shard of this.inTurn(fresh)) {
      const from = target[shard] ?? -1;
      if (this.assignment.occupants.fits(shard, from)) this.assignment.assign(shard, from);
      else if (!this.placeBeside(shard, from)) this.assignment.refuse(shard, from);
    }
    return this.assignment.refused;
  }

  private placeBeside(shard: number, from: number): boolean {
    const bucket = this.assignment.task.table.bucket[shard] ?? 0;
    const fitting = this.fittingHomes(shard);
    const even = fitting.filter((to) => this.assignment.keepsEven(bucket, from, to));
    const best = this.assignment.lowest(bucket, even) ?? this.assignment.lowest(bucket, fitting);
    return best !== undefined && this.assignment.goTo(shard, from, best);
  }

  private fittingHomes(shard: number): readonly number[] {
    return this.assignment.homesOf(shard).filter((to) => this.assignment.occupants.fits(shard, to));
  }

  /** Running shards first, then the urgent ones, then those that have no choice, then by size as the task says. */
  private inTurn(shards: readonly number[]): number[] {
    const {priorities, current} = this.assignment.task.table;
    const runs = (shard: number): number => ((current[shard] ?? -1) >= 0 ? 1 : 0);
    const bySize = this.assignment.task.bySize;
    const sizes = new Map(
      shards.map((shard) => [shard, this.assignment.occupants.sizeOf(shard)] as const),
    );
    return shards.toSorted(
      (a, b) =>
        runs(b) - runs(a) ||
        (priorities?.[b] ?? 0) - (priorities?.[a] ?? 0) ||
        this.isPinned(b) - this.isPinned(a) ||
        bySize * ((sizes.get(b) ?? 0) - (sizes.get(a) ?? 0)),
    );
  }

  private isPinned(shard: number): number {
    return (this.assignment.task.table.pin[shard] ?? -1) >= 0 ? 1 : 0;
  }

  /** The shard, which is assigned nowhere, was meant for where `target` has it. */
  private rehome(shard: number): void {
    const {table, target} = this.assignment.task;
    const from = target[shard] ?? -1;
    if (this.assignment.homesOf(shard).length > 0 && this.placeAnywhere(shard, from)) return;
    if (this.assignment.mayStay(shard)) {
      this.stayAt(shard, from, table.current[shard] ?? -1);
      return;
    }
    this.assignment.refuse(shard, from);
  }

  /** Inside the matrix if that can be, then by a swap that leaves it as it is, then wherever it fits, then by moving others. */
  private placeAnywhere(shard: number, from: number): boolean {
    const bucket = this.assignment.task.table.bucket[shard] ?? 0;
    const fitting = this.fittingHomes(shard);
    const even = fitting.filter((to) => this.assignment.keepsEven(bucket, from, to));
    const best = this.assignment.lowest(bucket, even);
    if (best !== undefined) return this.assignment.goTo(shard, from, best);
    if (from >= 0 && this.assignment.isFree[shard] === 1 && this.swap(shard, from)) return true;
    const other = this.assignment.lowest(bucket, fitting);
    if (other !== undefined) return this.assignment.goTo(shard, from, other);
    return this.freeCapacity(shard, from, new Set([shard]));
  }

  /** Changes places with another shard of its bucket; with one that moves anyway if there is one. */
  private swap(shard: number, from: number): boolean {
    const {demand, table, target} = this.assignment.task;
    const bucket = table.bucket[shard] ?? 0;
    const start = demand.start[bucket] ?? 0;
    const end = Math.min(demand.start[bucket + 1] ?? 0, start + SWAP_PARTNERS);
    let second: number | undefined;
    for (let at = start; at < end; at += 1) {
      const partner = demand.shards[at] ?? 0;
      if (!this.canSwap(shard, from, partner)) continue;
      if (target[partner] !== table.current[partner])
        return this.assignment.exchange(shard, from, partner);
      second ??= partner;
    }
    return second === undefined ? false : this.assignment.exchange(shard, from, second);
  }

  private canSwap(shard: number, from: number, partner: number): boolean {
    const to = this.assignment.task.target[partner] ?? -1;
    if (to < 0 || to === from || this.assignment.on[to]?.has(partner) !== true) return false;
    return (
      this.assignment.occupants.fits(shard, to, partner) &&
      this.assignment.occupants.fits(partner, from)
    );
  }

  /** Moves others, one after the other, until it fits; augmenting paths over shards. */
  private freeCapacity(shard: number, from: number, seen: Set<number>, depth = 0): boolean {
    if (depth === FREEING_DEPTH) return false;
    for (const to of this.ownFirst(shard)) {
      if (this.assignment.occupants.fits(shard, to)) return this.assignment.goTo(shard, from, to);
      for (const other of this.blockersOf(shard, to)) {
        if (seen.has(other) || this.assignment.isFree[other] !== 1) continue;
        if (this.searches === FREEING_SEARCH) return false;
        this.searches += 1;
        seen.add(other);
        this.assignment.unassign(other, to);
        if (this.assignment.occupants.fits(shard, to)) {
          this.assignment.assign(shard, to);
          const moved = this.freeCapacity(other, to, seen, depth + 1);
          this.assignment.unassign(shard, to);
          if (moved) return this.assignment.goTo(shard, from, to);
        }
        this.assignment.assign(other, to);
      }
    }
    return false;
  }

  /** Its homes, the one where it runs before the others. */
  private ownFirst(shard: number): readonly number[] {
    const homes = this.assignment.homesOf(shard);
    const current = this.assignment.task.table.current[shard] ?? -1;
    return homes.includes(current) ? [current, ...homes.filter((to) => to !== current)] : homes;
  }

  /** Any of which, gone, may let it in; those that come there before those that run there. */
  private blockersOf(shard: number, container: number): number[] {
    const {spreadKeys: keys, current} = this.assignment.task.table;
    const key = keys?.[shard] ?? -1;
    const all = [...(this.assignment.on[container] ?? [])];
    const comes = (other: number): boolean => current[other] !== container;
    const there = [...all.filter(comes), ...all.filter((other) => !comes(other))];
    if (this.assignment.occupants.fitsKey(shard, container)) return there;
    return there.filter((other) => keys?.[other] === key);
  }

  /** Rather than break a rule elsewhere it stays; whoever was to come where it is goes elsewhere, those first that have a choice. */
  private stayAt(shard: number, from: number, current: number): void {
    const others = [...(this.assignment.on[current] ?? [])].sort(
      (a, b) => this.isPinned(a) - this.isPinned(b),
    );
    this.assignment.goTo(shard, from, current);
    this.assignment.causes.delete(shard);
    for (const other of others) {
      if (this.assignment.occupants.holds(shard, current)) return;
      if (this.assignment.task.table.current[other] === current) continue;
      // What went before may have moved this one, too.
      if (this.assignment.on[current]?.has(other) !== true) continue;
      this.assignment.unassign(other, current);
      this.rehome(other);
    }
  }
}
