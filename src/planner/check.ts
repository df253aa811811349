/** What leaves the planner is checked in production, too: a bad plan becomes a stopped governor, never two owners. */
import {invariant} from '../model/errors.ts';
import type {Plan} from '../model/placement.ts';
import {NOT_LIVING, OPEN} from './table.ts';
import type {Table} from './table.ts';

/** @throws Error when the plan breaks a hard constraint. */
export function checkPlan(table: Table, plan: Plan): void {
  const totals = new Int32Array(table.m);
  const before = new Int32Array(table.m);
  let nowhere = 0;
  for (let shard = 0; shard < table.n; shard += 1) {
    const to = plan.target[shard] ?? -1;
    const from = table.current[shard] ?? -1;
    if (from >= 0) before[from] = (before[from] ?? 0) + 1;
    if (to < 0) nowhere += 1;
    else {
      totals[to] = (totals[to] ?? 0) + 1;
      checkShard(table, shard, from, to);
    }
  }
  invariant(
    nowhere === plan.unplaced.length,
    `${nowhere} shards have no container, ${plan.unplaced.length} reasons are given`,
  );
  if (table.cap === 0) return;
  for (let container = 0; container < table.m; container += 1) {
    const held = totals[container] ?? 0;
    invariant(
      held <= Math.max(table.cap, before[container] ?? 0),
      `container ${container} would hold ${held} of ${table.cap}`,
    );
  }
}

function checkShard(table: Table, shard: number, from: number, to: number): void {
  const broken = brokenRule(table, shard, from, to);
  if (broken !== undefined) invariant(false, `shard ${shard} ${broken}`);
}

/** The rule that the shard's container breaks; undefined for none. */
function brokenRule(table: Table, shard: number, from: number, to: number): string | undefined {
  if (to >= table.m) return 'on a container that is not there';
  if (from !== to && table.mode[to] !== OPEN) return 'on a container that takes nothing new';
  const pin = table.pin[shard] ?? -1;
  if (pin === NOT_LIVING) return 'placed though its pin does not live';
  if (pin !== -1 && pin !== to) return 'away from its pin';
  const pool = table.pools[table.bucketPool[table.bucket[shard] ?? 0] ?? 0];
  return pool?.has[to] === 1 ? undefined : 'outside its worker group';
}
