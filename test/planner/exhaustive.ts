/** The best plan of all that there are, by trying every container for every shard. For a handful of shards. */
import type {PlacementSnapshot} from '../../src/model/placement.ts';
import {countsOf, scoreOf} from './oracle.ts';
import type {Question, Score} from './oracle.ts';
import {limitsOf} from './oracle-shares.ts';
import {allows} from './twin.ts';

const ORDER = [
  'overfull',
  'unplaced',
  'urgency',
  'stranded',
  'weightless',
  'zones',
  'uneven',
  'outside',
  'moves',
] as const;

/** The lowest score, what stands first deciding. */
export function bestByTrying(question: Question): Score {
  const {snapshot, groups, groupOf} = question;
  const free = [...groupOf.keys()].filter((shard) => (groupOf[shard] ?? -1) >= 0);
  const target = new Int32Array(groupOf.length).fill(-1);
  const seen = new Set<string>();
  let best: Score | undefined;
  const visit = (at: number): void => {
    const shard = free[at];
    if (shard === undefined) {
      const counts = countsOf(question, target);
      const key = JSON.stringify(counts);
      if (seen.has(key) || !isPossible(question, counts)) return;
      seen.add(key);
      const score = scoreOf(question, counts);
      if (best === undefined || isLower(score, best)) best = score;
      return;
    }
    for (let to = -1; to < snapshot.containers.length; to += 1) {
      const group = groups[groupOf[shard] ?? -1];
      if (to >= 0 && group?.eligible[to] !== true) continue;
      target[shard] = to;
      visit(at + 1);
    }
  };
  visit(0);
  if (best === undefined) throw new Error('no plan at all');
  return best;
}

/** Nothing that runs well is left out. */
function isPossible({groups}: Question, counts: readonly (readonly number[])[]): boolean {
  return groups.every(({size, urgent, mayStay}, at) => {
    const placed = (counts[at] ?? []).reduce((sum, count) => sum + count, 0);
    return size - placed <= urgent + mayStay;
  });
}

function isLower(one: Score, other: Score): boolean {
  for (const key of ORDER) if (one[key] !== other[key]) return one[key] < other[key];
  return false;
}

/**
 * The most shards that can be placed within pins, worker groups, capacities, metric limits and with those of one spread key apart; nothing runs yet, all is
 * open.
 */
export function mostFitting(snapshot: PlacementSnapshot): number {
  const {shards, containers, metrics = []} = snapshot;
  const most = limitsOf(snapshot);
  const counts = containers.map(() => 0);
  const keys = containers.map(() => new Set<string>());
  const loads = containers.map(() => metrics.map(() => 0));
  let best = 0;
  const fits = (at: number, to: number): boolean => {
    const shard = shards[at];
    const container = containers[to];
    if (shard === undefined || container === undefined) return false;
    const {spreadKey = '', load = []} = shard;
    if (spreadKey !== '' && keys[to]?.has(spreadKey) === true) return false;
    if ((counts[to] ?? 0) >= (most[to] ?? 0) || !allows(snapshot, shard, container)) return false;
    return (container.limits ?? []).every(
      (limit, metric) =>
        limit === 0 ||
        (load[metric] ?? 0) === 0 ||
        (loads[to]?.[metric] ?? 0) + (load[metric] ?? 0) <= limit,
    );
  };
  const change = (at: number, to: number, by: number): void => {
    const {spreadKey = '', load = []} = shards[at] ?? {};
    counts[to] = (counts[to] ?? 0) + by;
    if (spreadKey !== '' && by > 0) keys[to]?.add(spreadKey);
    if (spreadKey !== '' && by < 0) keys[to]?.delete(spreadKey);
    const own = loads[to] ?? [];
    for (const metric of own.keys()) own[metric] = (own[metric] ?? 0) + by * (load[metric] ?? 0);
  };
  const visit = (at: number, placed: number): void => {
    best = Math.max(best, placed);
    if (at === shards.length || placed + shards.length - at <= best) return;
    for (const to of containers.keys()) {
      if (!fits(at, to)) continue;
      change(at, to, 1);
      visit(at + 1, placed + 1);
      change(at, to, -1);
    }
    visit(at + 1, placed);
  };
  visit(0, 0);
  return best;
}
