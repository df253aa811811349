/**
 * What found no room on containers that have proved themselves goes to those that have not: nothing else moves for it. They are filled evenly,
 * by the same target matrix, with all that is placed already fixed where it is.
 */
import {Occupants} from './hard/occupants.ts';
import {assign} from './matrix/assign.ts';
import {targetsOf} from './matrix/targets.ts';
import {runsAllowed} from './sorting.ts';
import {CLOSED, OPEN, TAKES_REST, poolOfShard} from './table.ts';
import type {Table} from './table.ts';

/** Writes the containers of shards that get one into `target`. */
export function placeRest(table: Table, target: Int32Array): void {
  const rest = leftOver(table, target);
  if (rest.length === 0) return;
  const opened = withRestOpen(table);
  const fixed = target.slice();
  const free: number[] = [];
  for (const shard of rest) {
    const pin = table.pin[shard] ?? -1;
    const pool = poolOfShard(opened, shard);
    if (pin === -1 && (pool?.open.length ?? 0) > 0) free.push(shard);
    else if (pin >= 0 && opened.mode[pin] === OPEN && pool?.has[pin] === 1)
      fixed[shard] = target[shard] = pin;
  }
  const nothing = {homeless: new Map(), stranded: new Map()};
  const sorted = {fixed, free: Int32Array.from(free), ...nothing};
  // Who leaves such a container has its target already, and would be back at home.
  const assigned = target.slice();
  assign(opened, targetsOf(opened, sorted), assigned);
  for (const shard of rest) target[shard] = assigned[shard] ?? -1;
  if (Occupants.areLimited(table)) placeMisfits(opened, target, rest, free);
}

/** Who does not fit where counts alone put it goes where it fits, as does who got nothing by counts; else it gets no container. */
function placeMisfits(
  opened: Table,
  target: Int32Array,
  rest: readonly number[],
  free: readonly number[],
): void {
  const occupants = new Occupants(opened);
  const isRest = new Set(rest);
  for (const [shard, to] of target.entries())
    if (to >= 0 && !isRest.has(shard)) occupants.add(shard, to);
  for (const shard of rest) {
    const to = target[shard] ?? -1;
    if (to < 0) continue;
    if (occupants.fits(shard, to)) occupants.add(shard, to);
    else target[shard] = -1;
  }
  for (const shard of free) {
    if ((target[shard] ?? -1) >= 0) continue;
    const home = poolOfShard(opened, shard)?.open.find((to) => occupants.fits(shard, to));
    if (home === undefined) continue;
    target[shard] = home;
    occupants.add(shard, home);
  }
}

/** Shards without a container in tie-break order, but for those that go on where they run: of running ones an unproved container gets only its trial. */
function leftOver(table: Table, target: Int32Array): number[] {
  const takesRest = table.unproved?.some((bits) => (bits & TAKES_REST) > 0) === true;
  if (!takesRest) return [];
  const rest: number[] = [];
  for (const shard of table.shardOrder)
    if ((target[shard] ?? -1) < 0 && !runsAllowed(table, shard)) rest.push(shard);
  return rest;
}

function withRestOpen(table: Table): Table {
  const takes = (container: number): boolean =>
    ((table.unproved?.[container] ?? 0) & TAKES_REST) > 0;
  const mode = table.mode.map((_, container) => (takes(container) ? OPEN : CLOSED));
  const pools = table.pools.map((pool) => ({
    ...pool,
    open: [...table.containerOrder].filter((at) => pool.has[at] === 1 && takes(at)),
  }));
  return {...table, mode, pools, keptSort: undefined};
}
