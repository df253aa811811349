/** Nothing new comes onto a container that stays above the shard limit, whatever leaves it. */
import {UNLIMITED} from '../limits.ts';
import type {Network} from './network.ts';

/**
 * Takes back what the repair sent to such containers. Who came from where was full itself, or the limit would be broken by
 * one less; so the shard stays where it was, and the sum of what is too much is the same.
 */
export function keepOut(network: Network): void {
  const {open, caps, levels} = network;
  for (let changed = true; changed;) {
    changed = false;
    for (const container of open) {
      const cap = caps?.[container] ?? UNLIMITED;
      if ((levels.totals[container] ?? 0) <= cap) continue;
      storeImplied(network, container);
      while ((levels.totals[container] ?? 0) > cap && sendBack(network, container)) changed = true;
    }
  }
}

/** Cells that hold the level without being stored are stored, so that all that comes in is seen. */
function storeImplied({cells, poolsOf, levelled}: Network, container: number): void {
  for (const pool of poolsOf[container] ?? [])
    for (const bucket of levelled[pool] ?? [])
      if (cells.find(bucket, container) < 0) cells.add(bucket, container);
}

/** Of the container's cells those come first that were stored last. */
function sendBack(network: Network, container: number): boolean {
  const {cells, adjacency} = network;
  for (let cell = cells.firstOfContainer[container] ?? -1; cell >= 0;) {
    if (sendBackOf(network, cell)) return true;
    cell = cells.nextOfContainer(cell);
  }
  const end = adjacency.ofContainer[container + 1] ?? 0;
  for (let at = adjacency.ofContainer[container] ?? 0; at < end; at += 1)
    if (sendBackOf(network, adjacency.cells[at] ?? 0)) return true;
  return false;
}

function sendBackOf({cells, levels}: Network, cell: number): boolean {
  const comes = (cells.want[cell] ?? 0) > (cells.now[cell] ?? 0);
  const from = comes ? leaverOf(cells, cells.bucket[cell] ?? 0) : -1;
  if (from < 0) return false;
  const container = cells.container[cell] ?? 0;
  const origin = cells.container[from] ?? 0;
  cells.want[cell] = (cells.want[cell] ?? 0) - 1;
  cells.want[from] = (cells.want[from] ?? 0) + 1;
  levels.totals[container] = (levels.totals[container] ?? 0) - 1;
  levels.totals[origin] = (levels.totals[origin] ?? 0) + 1;
  return true;
}

/** A cell of the bucket that gives one of its shards away; -1 for none. */
function leaverOf(cells: Network['cells'], bucket: number): number {
  const end = cells.row[bucket + 1] ?? 0;
  for (let cell = cells.row[bucket] ?? 0; cell < end; cell += 1)
    if ((cells.want[cell] ?? 0) < (cells.now[cell] ?? 0)) return cell;
  return -1;
}
