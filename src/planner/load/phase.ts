/** Load, where the counts are settled: first what moves anyway, then, above the tolerance band, what runs. */
import {invariant} from '../../model/errors.ts';
import {FREE_LOAD_LOWER_FACTOR, FREE_LOAD_UPPER_FACTOR} from './limits.ts';
import {Occupants} from '../hard/occupants.ts';
import {MatrixBounds} from '../matrix/bounds.ts';
import type {Demand} from '../matrix/demand.ts';
import {targetsOf} from '../matrix/targets.ts';
import {OPEN} from '../table.ts';
import type {Table} from '../table.ts';
import {classify, freeOf} from '../sorting.ts';
import type {Sorted} from '../sorting.ts';
import {LoadChooser} from './chooser.ts';
import {inOrderOfGain} from './order.ts';
import {LoadSearch} from './search.ts';
import {Utilisation, bandOf} from './utilisation.ts';
import type {Band} from './utilisation.ts';

/** What runs where it may stay, and what is bound to its container; the shares of all that wants a container. */
export function utilisationNow(
  table: Table,
  demand: Demand,
  sorted: Sorted,
): Utilisation | undefined {
  const {loads} = table;
  if (loads === undefined) return undefined;
  const isFree = freeOf(table, sorted);
  const utilisation = new Utilisation(table, demand, loads, (shard) =>
    isFree[shard] === 1 ? table.m : (sorted.fixed[shard] ?? -1),
  );
  for (let bucket = 0; bucket < table.bucketPool.length; bucket += 1) {
    const end = demand.start[bucket + 1] ?? 0;
    for (let at = (demand.start[bucket] ?? 0) + (demand.waiting[bucket] ?? 0); at < end; at += 1)
      utilisation.add(demand.shards[at] ?? 0, demand.place[at] ?? 0);
  }
  for (let shard = 0; shard < table.n; shard += 1) {
    const container = sorted.fixed[shard] ?? -1;
    if (isFree[shard] === 0 && container >= 0)
      utilisation.add(shard, table.containerRank[container] ?? 0);
  }
  return utilisation;
}

export interface LoadPhase {
  readonly table: Table;
  readonly sorted: Sorted;
  readonly bounds: MatrixBounds;
  readonly utilisation: Utilisation;
  readonly target: Int32Array;
}

/** Writes into `target`. Returns the running shards that are moved for load, in the order in which they bring most. */
export function balanceLoad(phase: LoadPhase): ReadonlySet<number> {
  const {table, sorted, bounds, target} = phase;
  const before = bounds.unevenness();
  const metrics = table.loads?.metrics ?? [];
  const movable = freeOf(table, sorted);
  const isFree = movable.slice();
  for (let shard = 0; shard < table.n; shard += 1)
    if (target[shard] === table.current[shard]) movable[shard] = 0;
  searchIn(
    phase,
    metrics.map(() => FREE_BAND),
    movable,
  );
  const cooling = table.loads?.cooling;
  const stays = new Uint8Array(table.n);
  for (let shard = 0; shard < table.n; shard += 1) {
    if (target[shard] === table.current[shard]) stays[shard] = 1;
    movable[shard] = isFree[shard] === 1 && (cooling?.[shard] !== 1 || stays[shard] === 0) ? 1 : 0;
  }
  const moved = searchIn(phase, metrics.map(bandOf), movable);
  invariant(bounds.unevenness() <= before, 'evener load has made counts less even');
  // What moved anyway still moves for its own reason.
  const forLoad = [...moved].filter((shard) => stays[shard] === 1);
  return inOrderOfGain(table, phase.utilisation, target, forLoad);
}

const FREE_BAND: Band = {upper: FREE_LOAD_UPPER_FACTOR, lower: FREE_LOAD_LOWER_FACTOR};

function searchIn(
  {table, bounds, utilisation, target}: LoadPhase,
  bands: readonly Band[],
  isMovable: Uint8Array,
): ReadonlySet<number> {
  if (!isAbove(utilisation, bands)) return new Set();
  const place = new Int32Array(table.n).fill(-1);
  let movable = 0;
  for (let shard = 0; shard < table.n; shard += 1) {
    const to = target[shard] ?? -1;
    if (to < 0 || table.mode[to] !== OPEN || isMovable[shard] === 0) continue;
    place[shard] = table.containerRank[to] ?? 0;
    movable += 1;
  }
  if (movable === 0) return new Set();
  const search = new LoadSearch({
    table,
    bounds,
    utilisation,
    occupants: occupantsOf(table, target),
    place,
    bands,
  });
  const moved = search.run();
  for (const shard of moved) target[shard] = table.containerOrder[place[shard] ?? 0] ?? 0;
  return moved;
}

/** Whether some container is above a band. */
function isAbove(utilisation: Utilisation, bands: readonly Band[]): boolean {
  for (let container = 0; container < utilisation.takes.length; container += 1) {
    if (utilisation.takes[container] === 0) continue;
    for (let metric = 0; metric < bands.length; metric += 1)
      if (utilisation.of(container, metric) > (bands[metric]?.upper ?? 1)) return true;
  }
  return false;
}

/** Undefined where nothing but counts is limited, and those are bounded by the matrix. */
function occupantsOf(table: Table, target: Int32Array): Occupants | undefined {
  if (table.caps === undefined && !Occupants.areLimited(table)) return undefined;
  const occupants = new Occupants(table);
  for (const [shard, container] of target.entries())
    if (container >= 0) occupants.add(shard, container);
  return occupants;
}

/** What a search for evener load is made of, after one. `table`: all shards run where they may stay, unevenly. */
export function searchedShapes(table: Table): readonly unknown[] {
  const sorted = classify(table);
  const targets = targetsOf(table, sorted);
  const utilisation = utilisationNow(table, targets.demand, sorted);
  if (utilisation === undefined) return [];
  const chooser = new LoadChooser(table, utilisation);
  const search = new LoadSearch({
    table,
    bounds: new MatrixBounds(targets),
    utilisation,
    occupants: undefined,
    place: table.current.map((container) => table.containerRank[container] ?? 0),
    bands: utilisation.loads.metrics.map(bandOf),
  });
  search.run();
  return [chooser, chooser.coolestFirst([0, 1]), search];
}
