/** What the planner is to know of shares, loads and policy. What counts by default is left out: it is the planner's default, too. */
import {containerShare} from '../model/container-share.ts';
import {isProxyIncarnation, pushShardProblem} from '../model/ids.ts';
import {ownNumber} from '../model/own-number.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {Placement} from '../model/placement-policy.ts';
import type {PlacementContainer, PlacementShard, PlacementSnapshot} from '../model/placement.ts';
import type {ShardSpec} from '../model/specs.ts';
import type {AppView} from '../appstate/app-view.ts';

type Metrics = Placement['metrics'];

/** The app's policy as the planner takes it. */
export function policyTerms(
  view: Pick<AppView, 'spec'>,
): Pick<PlacementSnapshot, 'metrics' | 'spreadZones' | 'countSlack'> {
  const {metrics, spreadZones, countSlack} = placementOf(view.spec?.value);
  return {
    ...(metrics.length === 0 ? {} : {metrics}),
    ...(spreadZones ? {spreadZones} : {}),
    ...(countSlack === 0 ? {} : {countSlack}),
  };
}

/** Ends the name of the pool that a worker group has for shards that push containers must not get; no worker group is named so. */
const WITHOUT_PUSH = '/without push containers';

/** The pool that the shard demands. */
export function poolOf(id: string, workerGroup: string): string {
  return pushShardProblem(id) === undefined ? workerGroup : workerGroup + WITHOUT_PUSH;
}

/** Members of each worker group, and for shards that push containers must not get those that are none; '' stands for all containers. */
export function poolTerms(
  {pools}: Pick<AppView, 'pools'>,
  living: Iterable<{readonly container: string; readonly incarnation: string}>,
): PlacementSnapshot['pools'] {
  const safe = new Set<string>();
  for (const {container, incarnation} of living)
    if (!isProxyIncarnation(incarnation)) safe.add(container);
  const all = new Map<string, ReadonlySet<string>>(pools).set(WITHOUT_PUSH, safe);
  for (const [name, members] of pools) {
    const some = [...members].filter((container) => safe.has(container));
    all.set(name + WITHOUT_PUSH, new Set(some));
  }
  return all;
}

/** What a container's registration and its operators say. */
export function containerTerms(
  {heartbeats, overrides}: Pick<AppView, 'heartbeats' | 'overrides'>,
  {container, incarnation}: {readonly container: string; readonly incarnation: string},
  metrics: Metrics,
): Pick<PlacementContainer, 'weight' | 'zone' | 'capacity' | 'limits'> {
  const registered = heartbeats.get(incarnation)?.value;
  const {weight, zone, capacity, limits} = containerShare(
    registered,
    overrides.get(container)?.value,
  );
  const listed = metrics.map(({name}) => ownNumber(limits, name) ?? 0);
  return {
    ...(weight === 1 ? {} : {weight}),
    ...(zone === '' ? {} : {zone}),
    ...(capacity === 0 ? {} : {capacity}),
    ...(listed.some((limit) => limit > 0) ? {limits: listed} : {}),
  };
}

/** Most shards that the container may hold: the lower of its own capacity and the app's limit; 0: no limit. */
export function shardLimit(
  {spec, heartbeats, overrides}: Pick<AppView, 'spec' | 'heartbeats' | 'overrides'>,
  incarnation: string,
): number {
  const registered = heartbeats.get(incarnation)?.value;
  const override = overrides.get(registered?.container ?? '')?.value;
  const {capacity} = containerShare(registered, override);
  const limits = [capacity, spec?.value.maxShardCount ?? 0].filter((limit) => limit > 0);
  return limits.length === 0 ? 0 : Math.min(...limits);
}

/** The zone of the process that has the container id; '' for none. */
export function zoneOf(
  {ids, heartbeats, overrides}: Pick<AppView, 'ids' | 'heartbeats' | 'overrides'>,
  container: string,
): string {
  const registered = heartbeats.get(ids.get(container)?.incarnation ?? '')?.value;
  return containerShare(registered, overrides.get(container)?.value).zone;
}

/** What a shard's spec says; its load as declared. */
export function shardTerms(
  {load, spreadKey = '', priority = 0}: ShardSpec,
  metrics: Metrics,
): Pick<PlacementShard, 'load' | 'spreadKey' | 'priority'> {
  return {
    ...(load === undefined || metrics.length === 0
      ? {}
      : {load: metrics.map(({name}) => ownNumber(load, name) ?? 0)}),
    ...(spreadKey === '' ? {} : {spreadKey}),
    ...(priority === 0 ? {} : {priority}),
  };
}
