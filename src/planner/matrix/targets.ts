/**
 * The target matrix: how many free shards of each bucket each container shall hold. Per bucket floor or ceil of the share
 * by weight (water level over pins); per zone as many as its containers' shares; per container the sum of its shares over all buckets, rounded down or up; within the shard
 * limit as many placed as can be; and of all such matrices one with the fewest moves.
 */
import type {Sorted} from '../sorting.ts';
import type {Table} from '../table.ts';
import {Cells} from './cells.ts';
import {demandOf, inTieOrder} from './demand.ts';
import type {Demand} from './demand.ts';
import {giveExtras} from './extras.ts';
import {Levels} from './levels.ts';
import {bindTotals, limitBinds, withArrivals} from './limit.ts';
import {Network} from './network.ts';
import {keepOut} from './overfull.ts';
import {repair} from './repair.ts';
import {wishesOf} from './wishes.ts';
import {ZoneShares} from './zone-shares.ts';

export interface Targets {
  readonly demand: Demand;
  readonly levels: Levels;
  readonly cells: Cells;
  /** Undefined where zones do not count. */
  readonly zones: ZoneShares | undefined;
  /** Per bucket: so many of its waiting shards get no container; undefined where all get one. */
  readonly unplaced: Int32Array | undefined;
  /** Per container: so many of the pinned shards that are not there yet find no room. */
  readonly refused: Int32Array;
}

export function targetsOf(table: Table, sorted: Sorted): Targets {
  const given = demandOf(table, sorted);
  const levels = new Levels(given);
  const caps = table.caps && inTieOrder(table, table.caps);
  const binds = caps !== undefined && limitBinds(given, levels, caps);
  const {demand, arrivals} = binds ? withArrivals(given) : {demand: given, arrivals: NO_ARRIVALS};
  if (binds) {
    bindTotals(given, levels, caps);
    levels.addArrivals(demand);
  }
  const cells = new Cells(demand, levels);
  const zones = demand.zones && new ZoneShares(demand, levels, cells, demand.zones);
  const contested = giveExtras(demand, levels, cells, wishesOf(table, demand), zones);
  const refused = new Int32Array(demand.containers);
  // Without a limit a network has nothing to do but to bring totals into their bounds.
  if (!binds && levels.areKept())
    return {demand, levels, cells, zones, unplaced: undefined, refused};
  const network = new Network(demand, levels, cells, zones, binds ? caps : undefined);
  repair(network, contested);
  if (binds) keepOut(network);
  for (const [index, container] of arrivals.entries())
    refused[container] = network.unplaced?.[given.buckets + index] ?? 0;
  return {demand, levels, cells, zones, unplaced: network.unplaced, refused};
}

const NO_ARRIVALS = new Int32Array();
