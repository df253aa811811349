/**
 * The loads of an app in few bytes, for the next governor and for all who read: parts of less than 64 KB. Where the parts do not suffice the
 * shards with the smallest loads are left out, and counted. Pure.
 */
import {utf8Length} from '../model/ids.ts';
import {PARTS_LIMIT, PART_FRAME_BYTES, PART_LIMIT_BYTES, SUMMARY_DIGITS} from './limits.ts';
import type {LoadTable} from './load-table.ts';
import type {OwnFigures} from './own-figures.ts';

/** Loads of one shard, in the order of the metrics; null: not known. */
export type ShardLoads = readonly [shard: string, ...loads: (number | null)[]];
export type ContainerFigures = readonly [container: string, own: OwnFigures];

/** One part, as it is stored. Parts with the same `at` belong together. */
export interface LoadSummary {
  v: number;
  /** RFC 3339. */
  at: string;
  part: number;
  parts: number;
  metrics: readonly string[];
  shards: readonly ShardLoads[];
  containers: readonly ContainerFigures[];
  /** Shards that there was no room for, of all parts. */
  omitted: number;
  [unknown: string]: unknown;
}

export interface SummaryInput {
  readonly table: Pick<LoadTable, 'metrics' | 'shards' | 'of'>;
  /** By container id. */
  readonly containers: Iterable<ContainerFigures>;
  /** RFC 3339. */
  readonly at: string;
}

interface Item {
  readonly bytes: number;
  readonly shard?: ShardLoads;
  readonly container?: ContainerFigures;
}

/** At least one part; containers come first, for they are few. */
export function loadSummary(
  {table, containers, at}: SummaryInput,
  limitBytes = PART_LIMIT_BYTES,
  partsLimit = PARTS_LIMIT,
): LoadSummary[] {
  const figures = [...containers].map((container): Item => ({container, bytes: sizeOf(container)}));
  const shards = shardItems(table);
  const room = limitBytes - PART_FRAME_BYTES;
  const {parts, omitted} = packed([...figures, ...shards], room, partsLimit);
  const summary = {v: 1, at, parts: parts.length, metrics: table.metrics};
  return parts.map((items, part) => ({
    ...summary,
    part,
    shards: items.flatMap(({shard}) => (shard === undefined ? [] : [shard])),
    containers: items.flatMap(({container}) => (container === undefined ? [] : [container])),
    omitted,
  }));
}

/** The largest loads first, as multiples of the mean of their metric. */
function shardItems(table: SummaryInput['table']): Item[] {
  const sums = table.metrics.map(() => 0);
  const all: {weight: number; loads: number[]; shard: string}[] = [];
  for (const shard of table.shards) {
    const loads = table.of(shard);
    if (loads.every((load) => Number.isNaN(load))) continue;
    for (const [at, load] of loads.entries()) sums[at] = (sums[at] ?? 0) + (load || 0);
    all.push({shard, loads, weight: 0});
  }
  for (const one of all)
    one.weight = Math.max(...one.loads.map((load, at) => (load || 0) / (sums[at] || 1)));
  all.sort((a, b) => b.weight - a.weight);
  return all.map(({shard, loads}): Item => {
    const short: ShardLoads = [shard, ...loads.map(shortened)];
    return {shard: short, bytes: sizeOf(short)};
  });
}

/** Fills part after part; what finds no room in the last one is left out. */
function packed(
  items: readonly Item[],
  room: number,
  partsLimit: number,
): {parts: Item[][]; omitted: number} {
  const parts: Item[][] = [[]];
  let left = room;
  for (const [at, item] of items.entries()) {
    if (item.bytes > left) {
      const rest = items.slice(at);
      if (parts.length === partsLimit)
        return {parts, omitted: rest.filter(({shard}) => shard !== undefined).length};
      parts.push([]);
      left = room;
    }
    parts.at(-1)?.push(item);
    left -= item.bytes;
  }
  return {parts, omitted: 0};
}

function shortened(load: number): number | null {
  return Number.isNaN(load) ? null : Number(load.toPrecision(SUMMARY_DIGITS));
}

/** With its comma. */
function sizeOf(item: unknown): number {
  return utf8Length(JSON.stringify(item)) + 1;
}

/** Loads of an app as a summary says them. */
export interface ReadLoads {
  /** RFC 3339; '' where there is no summary. */
  readonly at: string;
  readonly metrics: readonly string[];
  /** By shard, in the order of the metrics; null: not known. */
  readonly shards: ReadonlyMap<string, readonly (number | null)[]>;
  /** By container id. */
  readonly containers: ReadonlyMap<string, OwnFigures>;
  readonly omitted: number;
}

const NO_LOADS: ReadLoads = {
  ...{at: '', metrics: [], omitted: 0},
  shards: new Map(),
  containers: new Map(),
};

/** What the newest parts say together: parts that were left behind by an older summary are not looked at. */
export function joinedSummary(parts: Iterable<LoadSummary>): ReadLoads {
  const all = [...parts];
  let newest: LoadSummary | undefined;
  for (const one of all) if (newest === undefined || one.at > newest.at) newest = one;
  if (newest === undefined) return NO_LOADS;
  const {at, metrics, omitted} = newest;
  const shards = new Map<string, readonly (number | null)[]>();
  const containers = new Map<string, OwnFigures>();
  for (const part of all) {
    if (part.at !== at) continue;
    for (const [shard, ...loads] of part.shards) shards.set(shard, loads);
    for (const [container, own] of part.containers) containers.set(container, own);
  }
  return {at, metrics, shards, containers, omitted};
}
