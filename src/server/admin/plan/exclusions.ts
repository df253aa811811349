/** Containers that may not take a shard, each by the first rule that forbids it, with its numbers. Pure. */
import {counted} from '../../../model/counted.ts';
import {shardLimit} from '../../../governor/placement-terms.ts';
import {isProxyIncarnation, pushShardProblem} from '../../../model/ids.ts';
import {compareText} from '../../../model/compare-text.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import {loadText} from '../../../model/load-text.ts';
import {ownNumber} from '../../../model/own-number.ts';
import type {ShardSpec} from '../../../model/specs.ts';
import type {AppListing} from '../../../appview/listing.ts';
import type {WhyAnswer} from '../../../protocol/admin.ts';
import {containerLoads, shardLoad} from '../read/loads.ts';

/** Where the plan in use has the shard ('' for nowhere), and how many shards each container. */
interface Planned {
  readonly target: string;
  readonly countOf: (container: string) => number;
}

/** `planned`: undefined where there is no plan. */
export function exclusions(
  listing: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
  spec: ShardSpec,
  planned: Planned | undefined,
): WhyAnswer['excluded'] {
  const {view} = listing;
  const {manualContainerId: pin, workerGroup} = spec;
  const problem = pushShardProblem(spec.id);
  const bonds = bondsOf(listing, spec);
  const rule = (one: LivingContainer): string => {
    const {container, incarnation, mode, state, note} = one;
    // It has room, or will have when the plan has been carried out.
    if (container === planned?.target) return '';
    if (state === 'refusing') return `it is refusing: ${note ?? ''}`;
    if (mode !== 'open') return `it is ${state}`;
    if (pin !== '' && pin !== container) return `the shard is pinned to ${pin}`;
    if (workerGroup !== '' && view.pools.get(workerGroup)?.has(container) !== true)
      return `it is not in worker group ${workerGroup}`;
    if (problem !== undefined && isProxyIncarnation(incarnation)) return problem;
    const limit = shardLimit(view, incarnation);
    const full = fullRule(limit, planned?.countOf(container) ?? 0);
    // What is there already breaks nothing.
    if (isOn(view, spec.id, incarnation)) return full;
    const count = view.shardsOf(incarnation).size;
    if (limit > 0 && count >= limit) return `it holds ${count} of ${counted(limit, 'shard')}`;
    if (full !== '') return full;
    const bond = bonds.get(container);
    if (bond !== undefined) return `shard ${bond} there has the same spread key ${spec.spreadKey}`;
    return metricRule(listing, living, spec, one);
  };
  return [...living.values()]
    .map((container) => ({container: container.container, rule: rule(container)}))
    .filter((found) => found.rule !== '')
    .sort((a, b) => compareText(a.container, b.container));
}

function fullRule(limit: number, planned: number): string {
  const isFull = limit > 0 && planned >= limit;
  return isFull ? `the plan gives it ${planned} of ${counted(limit, 'shard')}` : '';
}

function isOn({own}: AppListing['view'], shard: string, incarnation: string): boolean {
  const record = own.get(shard)?.value;
  return record !== undefined && record.state !== 'free' && record.incarnation === incarnation;
}

/** Another shard with the spread key, by container. */
function bondsOf({view}: AppListing, {id, spreadKey = ''}: ShardSpec): Map<string, string> {
  const bonds = new Map<string, string>();
  if (spreadKey === '') return bonds;
  for (const [other, {value}] of view.shards) {
    if (value.spreadKey !== spreadKey || other === id) continue;
    const record = view.own.get(other)?.value;
    if (record !== undefined && record.state !== 'free') bonds.set(record.container, other);
  }
  return bonds;
}

/** A limit that the shard would break there; '' where it would break none. */
function metricRule(
  listing: AppListing,
  living: ReadonlyMap<string, LivingContainer>,
  {id}: ShardSpec,
  {container, incarnation}: LivingContainer,
): string {
  const {view} = listing;
  const limits = view.heartbeats.get(incarnation)?.value.limits ?? {};
  const borne = containerLoads(listing, () => living).get(container)?.load ?? {};
  for (const [metric, load] of Object.entries(shardLoad(listing, id) ?? {})) {
    const limit = ownNumber(limits, metric) ?? 0;
    const there = ownNumber(borne, metric) ?? 0;
    // As the planner has it: a shard without load of the metric fits everywhere.
    if (limit > 0 && load > 0 && there + load > limit)
      return `its ${metric} of ${loadText(load)} does not fit: ${loadText(there)} of ${loadText(limit)} are taken there`;
  }
  return '';
}
