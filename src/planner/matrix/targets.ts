/**
 * The target matrix: how many free shards of each bucket each container shall hold. Per bucket floor or ceil of the share
 * (water level over pins); per container the sum of its shares over all buckets, rounded down or up; within the shard
 * limit as many placed as can be; and of all such matrices one with the fewest moves.
 */
import type {Sorted} from '../sorting.ts';
import type {Table} from '../table.ts';
import {Cells} from './cells.ts';
import {demandOf} from './demand.ts';
import type {Demand} from './demand.ts';
import {giveExtras} from './extras.ts';
import {levelsOf} from './levels.ts';
import type {Levels} from './levels.ts';
import {limitBinds, withArrivals, withinLimit} from './limit.ts';
import {Network} from './network.ts';
import {keepOut} from './overfull.ts';
import {repair} from './repair.ts';
import {wishesOf} from './wishes.ts';

export interface Targets {
  readonly demand: Demand;
  readonly levels: Levels;
  readonly cells: Cells;
  /** Per bucket: so many of its waiting shards get no container. */
  readonly unplaced: Int32Array;
  /** Per container: so many of the pinned shards that are not there yet find no room. */
  readonly refused: Int32Array;
}

export function targetsOf(table: Table, sorted: Sorted): Targets {
  const given = demandOf(table, sorted);
  const shares = levelsOf(given);
  const limit = table.cap;
  const binds = limit > 0 && limitBinds(given, shares, limit);
  const {demand, levels, arrivals} = binds
    ? withArrivals(given, withinLimit(given, shares, limit))
    : {demand: given, levels: shares, arrivals: new Int32Array()};
  const cells = new Cells(demand, levels);
  const contested = giveExtras(demand, levels, cells, wishesOf(table, demand));
  const network = new Network(demand, levels, cells, binds ? limit : 0);
  repair(network, contested);
  if (binds) keepOut(network);
  const refused = new Int32Array(demand.containers);
  for (const [index, container] of arrivals.entries())
    refused[container] = network.unplaced[given.buckets + index] ?? 0;
  return {demand, levels, cells, unplaced: network.unplaced, refused};
}
