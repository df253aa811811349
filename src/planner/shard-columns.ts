/**
 * Shards as columns of numbers, kept between plans: a change costs what it changes. Names have numbers in the order in which they came; which container a name
 * stands for, and which bucket a group is, each plan says anew.
 */
import type {PlacementShard} from '../model/placement.ts';
import {FIRST_SHARDS} from './limits.ts';

/** Texts by number; '' is 0. */
export class Names {
  readonly texts: string[] = [''];
  private readonly numbers = new Map([['', 0]]);

  of(text: string): number {
    if (text === '') return 0;
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

/** Numbers (group, worker group) pairs; neighbours are often alike. */
class Groups {
  /** Per pair. */
  readonly workerGroups: string[] = [];
  private readonly byGroup = new Map<string, Map<string, number>>();
  private lastGroup: string | undefined;
  private lastWorkerGroup = '';
  private last = 0;

  of(group: string, workerGroup: string): number {
    if (group === this.lastGroup && workerGroup === this.lastWorkerGroup) return this.last;
    let byWorkerGroup = this.byGroup.get(group);
    if (byWorkerGroup === undefined) {
      byWorkerGroup = new Map();
      this.byGroup.set(group, byWorkerGroup);
    }
    let pair = byWorkerGroup.get(workerGroup);
    if (pair === undefined) {
      pair = this.workerGroups.push(workerGroup) - 1;
      byWorkerGroup.set(workerGroup, pair);
    }
    this.lastGroup = group;
    this.lastWorkerGroup = workerGroup;
    this.last = pair;
    return pair;
  }
}

/** Per shard; entries beyond the count of shards mean nothing. */
interface Numbers {
  readonly home: Int32Array;
  readonly prefer: Int32Array;
  readonly avoid: Int32Array;
  readonly pin: Int32Array;
  readonly spreadKey: Int32Array;
  readonly pair: Int32Array;
  /** When it last moved; 0: not known. */
  readonly movedAt: Float64Array;
  /** Finite. */
  readonly priority: Float64Array;
}

export class ShardColumns {
  readonly shards: PlacementShard[] = [];
  /** Texts of `home`; of `prefer`, `avoid` and `pin`; of `spreadKey`; of `pair`. */
  readonly homes = new Names();
  readonly containers = new Names();
  readonly spreadKeys = new Names();
  readonly groups = new Groups();
  numbers: Numbers;
  /** -1 for each shard: kept, for most apps name no container. */
  private nothing = new Int32Array();
  /** 0 for each shard: kept, for many apps have one group. */
  private zero = new Int32Array();
  private where = new Int32Array();
  /** How many shards have moved, as far as that is known, and how many have a priority but 0. */
  moved = 0;
  urgent = 0;

  /** `capacity`: so many shards have space at first. */
  constructor(capacity: number) {
    this.numbers = numbersFor(capacity);
  }

  get count(): number {
    return this.shards.length;
  }

  /** How many names have numbers, of shards that are gone, too. */
  get names(): number {
    const {homes, containers, spreadKeys, groups} = this;
    return [homes.texts, containers.texts, spreadKeys.texts, groups.workerGroups].reduce(
      (sum, {length}) => sum + length,
      0,
    );
  }

  /** `at`: at most the count, which is a shard more. `home`: where it runs, by any name; the shard's own `current` is not looked at. */
  set(at: number, shard: PlacementShard, home: string): void {
    if (at >= this.numbers.home.length) this.grow();
    const {numbers, containers} = this;
    if (at < this.count) this.tally(at, -1);
    this.shards[at] = shard;
    numbers.home[at] = this.homes.of(home);
    numbers.prefer[at] = containers.of(shard.prefer);
    numbers.avoid[at] = containers.of(shard.avoid);
    numbers.pin[at] = containers.of(shard.pin);
    numbers.spreadKey[at] = this.spreadKeys.of(shard.spreadKey ?? '');
    numbers.pair[at] = this.groups.of(shard.group, shard.workerGroup);
    numbers.movedAt[at] = shard.movedAt ?? 0;
    numbers.priority[at] = finite(shard.priority ?? 0);
    this.tally(at, 1);
  }

  /** The last one takes its index. */
  remove(at: number): void {
    this.tally(at, -1);
    const last = this.shards.pop();
    if (last === undefined || at === this.count) return;
    this.shards[at] = last;
    for (const column of all(this.numbers)) column[at] = column[this.count] ?? 0;
  }

  /** Per shard: -1. */
  none(): Int32Array {
    if (this.nothing.length < this.count)
      this.nothing = new Int32Array(this.numbers.home.length).fill(-1);
    return this.nothing.subarray(0, this.count);
  }

  /** Per shard: 0. */
  zeros(): Int32Array {
    if (this.zero.length < this.count) this.zero = new Int32Array(this.numbers.home.length);
    return this.zero.subarray(0, this.count);
  }

  /** A column for where each shard runs, of which only the last one is right: a plan takes it, not one of its own. */
  currents(): Int32Array {
    if (this.where.length < this.count) this.where = new Int32Array(this.numbers.home.length);
    return this.where.subarray(0, this.count);
  }

  private tally(at: number, by: 1 | -1): void {
    if ((this.numbers.movedAt[at] ?? 0) > 0) this.moved += by;
    if (this.numbers.priority[at] !== 0) this.urgent += by;
  }

  private grow(): void {
    const larger = numbersFor(Math.max(FIRST_SHARDS, this.numbers.home.length * 2));
    const known = all(this.numbers);
    for (const [index, column] of all(larger).entries()) column.set(known[index] ?? []);
    this.numbers = larger;
  }
}

function numbersFor(capacity: number): Numbers {
  return {
    home: new Int32Array(capacity),
    prefer: new Int32Array(capacity),
    avoid: new Int32Array(capacity),
    pin: new Int32Array(capacity),
    spreadKey: new Int32Array(capacity),
    pair: new Int32Array(capacity),
    movedAt: new Float64Array(capacity),
    priority: new Float64Array(capacity),
  };
}

function all(numbers: Numbers): (Int32Array | Float64Array)[] {
  return Object.values<Int32Array | Float64Array>({...numbers});
}

function finite(priority: number): number {
  if (Number.isNaN(priority)) return 0;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, priority));
}
