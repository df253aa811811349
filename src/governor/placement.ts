/** From what the governor knows to what the planner is asked. */
import type {OwnershipRecord, RecordChange, Versioned} from '../model/ownership.ts';
import type {
  PlacementContainer,
  PlacementShard,
  PlacementSnapshot,
  Unproved,
} from '../model/placement.ts';
import type {ShardSpec} from '../model/specs.ts';
import {comesBackTo, isOpenFor} from './containers.ts';
import type {Living} from './containers.ts';
import type {Trial} from './container-trust.ts';
import type {AppView} from '../appstate/app-view.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {LoadTerms} from './load-terms.ts';
import type {Placement} from '../model/placement-policy.ts';
import {SHARDS_PER_STEP} from './limits.ts';
import {containerTerms, policyTerms, poolOf, poolTerms, shardTerms} from './placement-terms.ts';

/** What records do not say of shards on their way. */
export interface Arriving {
  /** By shard. */
  readonly trials: ReadonlyMap<string, Pick<Trial, 'container'>>;
  /** Count for no container, whatever their records say. */
  readonly turnedAway: ReadonlySet<string>;
}

/** What the planner is to know of containers that have not proved themselves. */
export interface TrialTerms extends Arriving {
  /** By container id. */
  readonly unproved: ReadonlyMap<string, Unproved>;
  /** Which shards may be tried; `current`: for which container the record counts. Asked only where a trial is due. */
  readonly fitness: (
    shard: string,
    record: OwnershipRecord | undefined,
    current: string,
  ) => Pick<PlacementShard, 'trial' | 'failures' | 'cancelledTo'>;
}

const ALL_PROVED: TrialTerms = {
  ...{trials: new Map(), turnedAway: new Set(), unproved: new Map()},
  fitness: () => ({}),
};

/**
 * The container a record counts for: where the shard runs, or where it is on its way to. '' when it runs nowhere, its
 * holder is lost, or the way there is closed. `trial`: the container that tries the shard.
 */
export function countsFor(record: OwnershipRecord | undefined, living: Living, trial = ''): string {
  if (record === undefined) return '';
  if (record.state === 'owned') return livesAs(record, living) ? record.container : '';
  if (record.state === 'assigned')
    return livesAs(record, living) ? openOr(record.container, record, living, trial) : '';
  if (record.move === null || record.move.to === '' || record.failures > 0) return '';
  return openOr(record.move.to, record, living, trial);
}

/** Whether a plan that gave the shard that target has to be made anew, its record having changed so. */
export function changesPlan(
  {before, after}: RecordChange,
  living: Living,
  target: string,
  trial = '',
): boolean {
  const counts = countsFor(after, living, trial);
  if (counts !== countsFor(before, living, trial) && counts !== target) return true;
  return (after?.failures ?? 0) !== (before?.failures ?? 0);
}

/** Whether some container has come to hold one shard less. */
export function freesCapacity({before, after}: RecordChange): boolean {
  if (after?.state === 'free') return true;
  if (before === undefined || before.state === 'free') return false;
  return after?.incarnation !== before.incarnation;
}

/** The snapshot in steps, for whoever lets others run in between: then it may be of several moments. */
export function* placementSteps(
  view: AppView,
  living: Living,
  {trials, turnedAway, unproved, fitness} = ALL_PROVED,
  loads?: LoadTerms,
): Generator<undefined, PlacementSnapshot> {
  const shards: PlacementShard[] = [];
  const {metrics} = placementOf(view.spec?.value);
  const isTrialDue = [...unproved.values()].some(({trialDue}) => trialDue);
  let looks = 0;
  for (const [id, {value}] of view.shards) {
    if ((looks += 1) % SHARDS_PER_STEP === 0) yield;
    if (view.isQuarantined(id)) continue;
    const known = view.own.get(id);
    const record = turnedAway.has(id) ? undefined : known?.value;
    const current = countsFor(record, living, trials.get(id)?.container);
    const shard = placementShard(id, value, known, current, metrics, loads);
    shards.push(isTrialDue ? {...shard, ...fitness(id, known?.value, shard.current)} : shard);
  }
  return {shards, ...placementTerms(view, living, unproved)};
}

/** All that the planner is asked but the shards. */
export function placementTerms(
  view: AppView,
  living: Living,
  unproved: ReadonlyMap<string, Unproved>,
): Omit<PlacementSnapshot, 'shards'> {
  const {metrics} = placementOf(view.spec?.value);
  const containers: PlacementContainer[] = [];
  for (const one of living.values()) {
    const {container, mode} = one;
    const terms = unproved.get(container);
    containers.push({
      ...{id: container, mode, ...containerTerms(view, one, metrics)},
      ...(terms === undefined ? {} : {unproved: terms}),
    });
  }
  return {
    containers,
    pools: poolTerms(view, living.values()),
    maxShardCount: view.spec?.value.maxShardCount ?? 0,
    ...policyTerms(view),
  };
}

/** What is measured counts more than what is declared. */
function measuredTerms(
  id: string,
  spec: ShardSpec,
  record: OwnershipRecord | undefined,
  loads: LoadTerms,
): Pick<PlacementShard, 'load' | 'cooling'> {
  const load = loads.loadOf(id, spec);
  return loads.isCooling(record) ? {load, cooling: true} : {load};
}

/** `id` as the key says it: that is what records are found by. `current`: the container that its record counts for; '' for none. */
export function placementShard(
  id: string,
  spec: ShardSpec,
  known: Versioned<OwnershipRecord> | undefined,
  current: string,
  metrics: Placement['metrics'],
  loads: LoadTerms | undefined,
): PlacementShard {
  const record = known?.value;
  const failed = record !== undefined && record.failures > 0;
  return {
    id,
    group: spec.group,
    workerGroup: poolOf(id, spec.workerGroup),
    pin: spec.manualContainerId,
    current,
    prefer: current === '' && record !== undefined ? preferred(record) : '',
    avoid: failed ? record.container : '',
    // A record that is at rest was last written when its shard came to where it is.
    movedAt: known?.mod ?? 0,
    ...shardTerms(spec, metrics),
    ...(loads === undefined ? {} : measuredTerms(id, spec, record, loads)),
  };
}

/** Its last container, or where it ran well before it failed there. */
function preferred({container, failures, move}: OwnershipRecord): string {
  return failures === 0 ? container : (move?.from ?? '');
}

function livesAs(record: OwnershipRecord, living: Living): boolean {
  return living.get(record.container)?.incarnation === record.incarnation;
}

function openOr(
  container: string,
  {move}: Pick<OwnershipRecord, 'move'>,
  living: Living,
  trial: string,
): string {
  const there = living.get(container);
  const arrival = {comesBack: comesBackTo(container, move), onTrial: container === trial};
  return there !== undefined && isOpenFor(there, arrival) ? container : '';
}
