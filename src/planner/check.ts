/** What leaves the planner is checked in production, too: a bad plan becomes a stopped governor, never two owners. */
import {invariant} from '../model/errors.ts';
import type {Plan} from '../model/placement.ts';
import {countsOf} from './counts.ts';
import {Occupants} from './hard/occupants.ts';
import {runsAllowed} from './sorting.ts';
import {NOT_LIVING, OPEN, TAKES_REST, TRIAL_DUE, poolOfShard} from './table.ts';
import type {Table} from './table.ts';

/** @throws Error when the plan breaks a hard constraint. */
export function checkPlan(table: Table, plan: Plan): void {
  const trials = trialsOf(table, plan);
  const nowhere = checkPlaces(table, plan.target, trials);
  invariant(
    nowhere === plan.unplaced.length,
    `${nowhere} shards have no container, ${plan.unplaced.length} reasons are given`,
  );
  checkHardRules(table, plan.target);
  if (table.caps !== undefined) checkCaps(table, table.caps, plan.target);
}

/** Returns how many shards have no container. */
function checkPlaces(table: Table, target: Int32Array, trials: ReadonlySet<number>): number {
  const {n, current, bucket, bucketPool, mode, pin} = table;
  const members = table.pools.map(({has}) => has);
  const only = members.length === 1 ? members[0] : undefined;
  let nowhere = 0;
  for (let shard = 0; shard < n; shard += 1) {
    const to = target[shard] ?? -1;
    if (to < 0) {
      nowhere += 1;
      continue;
    }
    // An unpinned shard on an open container of its pool keeps every rule: most are that.
    const isPlain =
      mode[to] === OPEN &&
      pin[shard] === -1 &&
      (only ?? members[bucketPool[bucket[shard] ?? 0] ?? 0])?.[to] === 1;
    if (!isPlain) checkShard(table, shard, current[shard] ?? -1, to, trials);
  }
  return nowhere;
}

function checkCaps({m, current}: Table, caps: Int32Array, target: Int32Array): void {
  const [before, totals] = [countsOf(current, m), countsOf(target, m)];
  for (const [container, cap] of caps.entries()) {
    const count = totals[container] ?? 0;
    invariant(
      count <= Math.max(cap, before[container] ?? 0),
      `container ${container} would hold ${count} of ${cap}`,
    );
  }
}

/** No arrival breaks a metric limit, or comes to where another shard of its spread key is. */
function checkHardRules(table: Table, target: Int32Array): void {
  if (!Occupants.areLimited(table)) return;
  const occupants = new Occupants(table);
  for (let shard = 0; shard < table.n; shard += 1)
    if ((target[shard] ?? -1) >= 0) occupants.add(shard, target[shard] ?? -1);
  for (let shard = 0; shard < table.n; shard += 1) {
    const to = target[shard] ?? -1;
    if (to < 0 || to === table.current[shard]) continue;
    invariant(occupants.keepsKey(shard, to), `shard ${shard} beside another of its spread key`);
    invariant(occupants.keepsLimits(shard, to), `shard ${shard} breaks a limit of container ${to}`);
  }
}

/** Shards on trial; each container has at most one, and only one that is due. */
function trialsOf(table: Table, {trials, target}: Plan): ReadonlySet<number> {
  const tried = new Set<number>();
  for (const shard of trials) {
    const container = target[shard] ?? -1;
    const isDue = ((table.unproved?.[container] ?? 0) & TRIAL_DUE) > 0;
    invariant(isDue, `shard ${shard} is on trial where none is due`);
    invariant(!tried.has(container), `container ${container} has two trials`);
    tried.add(container);
  }
  return new Set(trials);
}

function checkShard(
  table: Table,
  shard: number,
  from: number,
  to: number,
  trials: ReadonlySet<number>,
): void {
  const broken = trials.has(shard)
    ? brokenPlacement(table, shard, to)
    : (brokenIntake(table, shard, from, to) ?? brokenPlacement(table, shard, to));
  if (broken !== undefined) invariant(false, `shard ${shard} ${broken}`);
}

/** Whether the container gets what it may not take: new shards, or, not having proved itself, running ones. */
function brokenIntake(table: Table, shard: number, from: number, to: number): string | undefined {
  if (from === to || to >= table.m || table.mode[to] === OPEN) return undefined;
  const takesRest = ((table.unproved?.[to] ?? 0) & TAKES_REST) > 0;
  if (!takesRest) return 'on a container that accepts no new shards';
  return runsAllowed(table, shard) ? 'on a container that has not proved itself' : undefined;
}

/** The rule that the shard's container breaks; undefined for none. */
function brokenPlacement(table: Table, shard: number, to: number): string | undefined {
  if (to >= table.m) return 'on a container that is not there';
  const pin = table.pin[shard] ?? -1;
  if (pin === NOT_LIVING) return 'placed although its pin is not alive';
  if (pin !== -1 && pin !== to) return 'away from its pin';
  const pool = poolOfShard(table, shard);
  return pool?.has[to] === 1 ? undefined : 'outside its worker group';
}
