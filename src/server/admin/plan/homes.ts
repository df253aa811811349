/** The best homes of one shard, by the plan in use. */
import {SHARDS_PER_STEP} from '../../../governor/limits.ts';
import {countsFor, placementShard} from '../../../governor/placement.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import type {MoveGate} from '../../../governor/move-gate.ts';
import type {PlanInUse} from '../../../governor/plan-in-use.ts';
import type {AppView} from '../../../appstate/app-view.ts';
import {groupOf} from '../../../appstate/spec-tally.ts';
import {containerShare} from '../../../model/container-share.ts';
import {compareText} from '../../../model/compare-text.ts';
import type {ShardSpec} from '../../../model/specs.ts';

/** What one container would hold if the plan were carried out, without the shard in question. */
interface Share {
  readonly container: string;
  readonly weight: number;
  /** Shards of the same group and worker group. */
  readonly bucket: number;
  readonly total: number;
}

export interface Homes {
  /** Containers that may have it, best first; empty when there is none. */
  readonly containers: readonly string[];
  /** Where it counts now; '' for nowhere. */
  readonly current: string;
  /** Why it is nowhere and stays so; '' when it is somewhere, or gets a container. */
  readonly reason: string;
  /** Why it stays on a container that is drained; '' where it does not. */
  readonly stranded: string;
}

/** Of what has no spec. */
export const NO_HOMES: Homes = {containers: [], current: '', reason: '', stranded: ''};

/**
 * The plan's choice is the best home; then follow the containers that may take the shard too, by the planner's own order: fewest of the bucket for its weight
 * in that plan, where it is now, fewest in all. At most `limit`, and none of `excluded`.
 */
export function homesOf(
  {plan, gate}: Pick<PlanInUse, 'plan' | 'gate'>,
  candidates: Pick<Candidates, 'view' | 'living' | 'excluded' | 'bucketCount'>,
  spec: ShardSpec,
  limit: number,
): Homes {
  const {view, living} = candidates;
  const {id} = spec;
  const known = view.own.get(id);
  const current = countsFor(known?.value, living);
  const {target = ''} = plan.destination(id) ?? {};
  const nowhere = current === '' ? (plan.unplaced.get(id) ?? '') : '';
  const stranded = plan.stranded.get(id) ?? '';
  if (target === '' || stranded !== '') return {containers: [], current, reason: nowhere, stranded};
  const {avoid} = placementShard(id, spec, known, current, [], undefined);
  const {plannedCount} = gate;
  const others = shares({...candidates, target, plannedCount})
    .sort((a, b) => order({current, avoid}, a, b))
    .map(({container}) => container);
  return {containers: [target, ...others].slice(0, limit), current, reason: '', stranded};
}

interface Candidates extends Pick<MoveGate, 'plannedCount'> {
  readonly view: AppView;
  readonly living: ReadonlyMap<string, LivingContainer>;
  /** Containers that may not take the shard as they are, or as the plan leaves them. */
  readonly excluded: ReadonlySet<string>;
  /** Shards of its bucket that the plan gives a container. */
  readonly bucketCount: (container: string) => number;
  /** The container that the plan gives the shard. */
  readonly target: string;
}

/** Of the containers but the target that may have the shard. */
function shares(candidates: Candidates): Share[] {
  const {view, living, excluded, target, bucketCount, plannedCount} = candidates;
  return [...living.values()]
    .filter(({container}) => container !== target && !excluded.has(container))
    .map(({container, incarnation}) => {
      const registered = view.heartbeats.get(incarnation)?.value;
      const {weight} = containerShare(registered, view.overrides.get(container)?.value);
      return {container, weight, total: plannedCount(container), bucket: bucketCount(container)};
    });
}

/** Shards of the bucket that the plan gives a container. Where the app has one bucket, it is all of them. */
export function* bucketCounts(
  {plan, gate: {plannedCount}}: Pick<PlanInUse, 'plan' | 'gate'>,
  view: AppView,
  spec: ShardSpec,
): Generator<undefined, (container: string) => number> {
  const name = groupOf(spec);
  if (view.specs.groups === 1) return plannedCount;
  const counts = new Map<string, number>();
  let looks = 0;
  for (const [shard, {value}] of view.shards) {
    if ((looks += 1) % SHARDS_PER_STEP === 0) yield;
    if (groupOf(value) !== name) continue;
    const container = plan.destination(shard)?.target ?? '';
    counts.set(container, (counts.get(container) ?? 0) + 1);
  }
  return (container) => counts.get(container) ?? 0;
}

function order({current, avoid}: {current: string; avoid: string}, a: Share, b: Share): number {
  const last = Number(a.container === avoid) - Number(b.container === avoid);
  const stays = Number(b.container === current) - Number(a.container === current);
  // With one shard more, for its weight: who has none comes last.
  const level = (of: 'bucket' | 'total'): number => (a[of] + 1) * b.weight - (b[of] + 1) * a.weight;
  const fewest = level('bucket') || stays || level('total');
  return last || fewest || compareText(a.container, b.container);
}
