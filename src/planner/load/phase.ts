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
import {MovingFleet} from './order.ts';
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
  const utilisation = new Utilisation(table, demand, loads, placedOf(table, sorted));
  const {start, waiting, shards, place} = demand;
  for (let bucket = 0; bucket < table.bucketPool.length; bucket += 1) {
    const from = (start[bucket] ?? 0) + (waiting[bucket] ?? 0);
    utilisation.addListed(shards, place, from, start[bucket + 1] ?? 0);
  }
  utilisation.addAll(table, sorted.fixed);
  return utilisation;
}

/** Per shard: the container it is bound to, `m` for a free one, -1 for one that gets none. */
function placedOf({n, m}: Table, {fixed, free}: Sorted): Int32Array {
  const placed = fixed.slice();
  if (free.length === n) return placed.fill(m);
  for (const shard of free) placed[shard] = m;
  return placed;
}

export interface LoadPhase {
  readonly table: Table;
  readonly sorted: Sorted;
  readonly bounds: MatrixBounds;
  readonly utilisation: Utilisation;
  readonly target: Int32Array;
}

/** Writes into `target`. Returns the running shards that are moved for load. */
export function balanceLoad(phase: LoadPhase): ReadonlySet<number> {
  const {table, sorted, bounds, target} = phase;
  const before = bounds.unevenness();
  const metrics = table.loads?.metrics ?? [];
  const isFree = freeOf(table, sorted);
  const stayed = staysOf(table, target);
  searchIn(
    phase,
    metrics.map(() => FREE_BAND),
    freeBut(isFree, stayed, stayed),
  );
  const stays = staysOf(table, target);
  const cooling = table.loads?.cooling ?? stays;
  const moved = searchIn(phase, metrics.map(bandOf), freeBut(isFree, stays, cooling));
  invariant(bounds.unevenness() <= before, 'evener load has made counts less even');
  // What moved anyway still moves for its own reason.
  return new Set([...moved].filter((shard) => stays[shard] === 1));
}

/** Per shard: 1 where it is where it runs. */
function staysOf({n, current}: Table, target: Int32Array): Uint8Array {
  const stays = new Uint8Array(n);
  for (let shard = 0; shard < n; shard += 1) if (target[shard] === current[shard]) stays[shard] = 1;
  return stays;
}

/** Per shard: 1 where it is free, and not in both of the others. */
function freeBut(isFree: Uint8Array, one: Uint8Array, other: Uint8Array): Uint8Array {
  const free = isFree.slice();
  for (let shard = 0; shard < free.length; shard += 1)
    if (one[shard] === 1 && other[shard] === 1) free[shard] = 0;
  return free;
}

const FREE_BAND: Band = {upper: FREE_LOAD_UPPER_FACTOR, lower: FREE_LOAD_LOWER_FACTOR};

function searchIn(
  {table, bounds, utilisation, target}: LoadPhase,
  bands: readonly Band[],
  isMovable: Uint8Array,
): ReadonlySet<number> {
  if (!isAbove(utilisation, bands)) return new Set();
  const place = ranksOf(table, target, isMovable);
  if (place === undefined) return new Set();
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

/** Per shard that can be moved: the rank of its container, -1 for the others; undefined where there is none. */
function ranksOf(
  {n, mode, containerRank}: Table,
  target: Int32Array,
  isMovable: Uint8Array,
): Int32Array | undefined {
  const place = new Int32Array(n).fill(-1);
  let movable = 0;
  for (let shard = 0; shard < n; shard += 1) {
    const to = target[shard] ?? -1;
    if (to < 0 || mode[to] !== OPEN || isMovable[shard] === 0) continue;
    place[shard] = containerRank[to] ?? 0;
    movable += 1;
  }
  return movable === 0 ? undefined : place;
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
export function occupantsOf(table: Table, target: Int32Array): Occupants | undefined {
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
  const fleet = new MovingFleet(table, utilisation, table.current, []);
  return [chooser, chooser.coolestFirst([0, 1]), search, fleet];
}
