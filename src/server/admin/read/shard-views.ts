/** Shards as they are shown: spec and ownership record brought together. Pure. */
import type {OperatorNote} from '../../../model/operator-note.ts';
import type {OwnershipRecord, Versioned} from '../../../model/ownership.ts';
import {saidTerms} from '../../../model/shard-content.ts';
import {sortedSteps} from '../../../model/sorted-steps.ts';
import {shardStateOf} from '../../../model/shard-state.ts';
import type {ShardSpec} from '../../../model/specs.ts';
import {runInSlices} from '../../../runtime/slices.ts';
import {tokenOf as recordToken} from '../../../ownership/transitions.ts';
import type {ShardCounts, ShardState, ShardView} from '../../../protocol/admin.ts';
import {stateCounts} from '../../../appstate/state-counts.ts';
import {stateOf} from './container-views.ts';
import {shardLoad} from './loads.ts';
import {once, onceSoon} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';

/**
 * The shard's state with what cannot be read, with nobody being its new home, and with the loss of its container taken into
 * account: whatever the record says, who has no heartbeat, or is silent, serves nothing.
 */
export function shardState(listing: AppListing, shard: string): ShardState {
  const record = listing.view.own.get(shard)?.value;
  return shardStateOf(record, {
    unreadable: listing.view.isQuarantined(shard),
    lost: isLost(listing, record),
    unknown: listing.unknownSince !== '',
    homeless: record?.state === 'free' && reasonOf(listing, shard) !== '',
  });
}

/** The record names a container that serves nothing any more. */
export function isLost(listing: AppListing, record: OwnershipRecord | undefined): boolean {
  return lossText(listing, record) !== '';
}

/** Why the container that the record names serves nothing any more; '' when it may, or when the record names none. */
function lossText(listing: AppListing, record: OwnershipRecord | undefined): string {
  if (record === undefined || record.state === 'free') return '';
  const loss = lossOfIncarnation(listing, record.incarnation);
  if (loss === '') return '';
  const {container} = record;
  return loss === 'unreadable'
    ? `the heartbeat of its container ${container} cannot be read`
    : `its container ${container} is ${loss}`;
}

type Loss = '' | 'unreadable' | 'lost' | 'silent';

/** A thousand containers hold 100,000 shards: each is looked at once. */
function lossOfIncarnation(listing: AppListing, incarnation: string): Loss {
  const losses = once(listing, 'losses', () => new Map<string, Loss>());
  let loss = losses.get(incarnation);
  if (loss === undefined) {
    loss = freshLoss(listing, incarnation);
    losses.set(incarnation, loss);
  }
  return loss;
}

function freshLoss(listing: AppListing, incarnation: string): Loss {
  const {view} = listing;
  const heartbeat = view.heartbeats.get(incarnation)?.value;
  if (heartbeat === undefined) return 'lost';
  if (view.heartbeatProblem(incarnation) !== undefined) return 'unreadable';
  const {state} = stateOf(listing, incarnation, heartbeat);
  return state === 'silent' || state === 'lost' ? state : '';
}

/** Nobody serves it, and nobody is about to: it has a spec, and no home that lives. */
export function isUnplaced(listing: AppListing, shard: string): boolean {
  const record = listing.view.own.get(shard)?.value;
  const homeless = record === undefined || record.state === 'free';
  return (homeless || shardState(listing, shard) === 'unplaced') && hasSpec(listing, shard);
}

/** Token of the present owner; '' when nobody owns it. Until it is written, the record's revision stands for it. */
export function tokenOf(known: Versioned<OwnershipRecord> | undefined, epoch: number): string {
  if (known === undefined) return '';
  const {state} = known.value;
  return state === 'owned' || state === 'dropping' ? recordToken(known, epoch) : '';
}

/** Ids of all shards that have a spec, a record, or something unreadable in their place; sorted. What changes meanwhile may be in it or not. */
export function shardIds(listing: AppListing): Promise<readonly string[]> {
  const {view, ids} = listing;
  const make = (): Promise<readonly string[]> => runInSlices(sortedSteps(allIds(view)));
  return ids === undefined ? onceSoon(listing, 'ids', make) : ids(make);
}

function* allIds(view: AppListing['view']): Generator<string, undefined> {
  yield* view.shards.keys();
  yield* view.states.unwanted;
  for (const {what, id} of view.quarantined.all()) if (what === 'own' || what === 'shard') yield id;
}

export function shardView(listing: AppListing, shard: string): ShardView {
  const {view, epoch, app} = listing;
  const known = view.own.get(shard);
  const record = known?.value;
  const currentLoad = shardLoad(listing, shard);
  return {
    ...specFields(app, shard, view.shards.get(shard)?.value),
    removing: !hasSpec(listing, shard),
    state: shardState(listing, shard),
    container: record === undefined || record.state === 'free' ? '' : record.container,
    incarnation: record === undefined || record.state === 'free' ? '' : record.incarnation,
    token: tokenOf(known, epoch),
    reason: reasonOf(listing, shard),
    move: record?.move ?? null,
    failures: record?.failures ?? 0,
    lastError: record?.lastError ?? '',
    ...(currentLoad === undefined ? {} : {currentLoad}),
    revision: String(known?.mod ?? 0),
  };
}

function specFields(app: string, id: string, spec: ShardSpec | undefined) {
  return {
    id,
    service: app,
    task: spec?.task ?? '',
    manualContainerId: spec?.manualContainerId ?? '',
    pinned: pinnedOf(spec),
    group: spec?.group ?? '',
    workerGroup: spec?.workerGroup ?? '',
    ...(spec === undefined ? {} : saidTerms(spec)),
    updateTime: spec?.updateTime ?? 0,
    taskVersion: spec?.taskVersion ?? 0,
  };
}

function pinnedOf(spec: ShardSpec | undefined): ShardView['pinned'] {
  return noteView(spec?.manualContainerId === '' ? undefined : spec?.pinned);
}

/** What an operator has said with an order. */
export function noteView(note: OperatorNote | undefined): ShardView['pinned'] {
  if (note === undefined) return null;
  const {reason, by, at, until} = note;
  return {reason, by, at, until};
}

/** It has a spec, a record, or something unreadable in their place. */
export function isKnown(listing: AppListing, shard: string): boolean {
  const {view} = listing;
  return hasSpec(listing, shard) || view.own.has(shard) || view.isQuarantined(shard);
}

export function hasSpec({view}: AppListing, shard: string): boolean {
  return view.shards.has(shard) || view.quarantined.problem('shard', shard) !== undefined;
}

/** Why a shard is nowhere or cannot be read, by the governor's word or by the loss of its container; '' when there is none. */
export function reasonOf(listing: AppListing, shard: string): string {
  const unreadable = listing.view.quarantined.shardProblem(shard);
  if (unreadable !== undefined) return unreadable;
  const record = listing.view.own.get(shard)?.value;
  const loss = lossText(listing, record);
  // The summary of the governor may be older than the record: what is served now lacks no home.
  const isServed = record?.state === 'owned' && record.ready && loss === '';
  const unplaced = isServed ? undefined : unplacedReasons(listing).get(shard);
  if (unplaced !== undefined) return unplaced;
  if (loss !== '' || listing.unknownSince === '') return loss;
  if (record === undefined || record.state === 'free') return '';
  return `no write has committed since ${listing.unknownSince}: its container may have stopped it`;
}

/** By the governor's word, by shard. */
export function unplacedReasons(listing: AppListing): ReadonlyMap<string, string> {
  const {status} = listing;
  return once(
    listing,
    'reasons',
    () => new Map((status?.unplaced ?? []).map(({shard, reason}) => [shard, reason])),
  );
}

export function noShards(): ShardCounts {
  const none = {total: 0, ready: 0, moving: 0, unplaced: 0, unknown: 0};
  return {...none, failed: 0, quarantined: 0, removing: 0};
}

export function shardCounts(listing: AppListing): ShardCounts {
  const counts = noShards();
  const {view} = listing;
  const states = stateCounts(view, {
    isLost: (incarnation) => lossOfIncarnation(listing, incarnation) !== '',
    unknown: listing.unknownSince !== '',
    homeless: unplacedReasons(listing),
    homelessCount: listing.status?.unplacedCount,
  });
  for (const [state, count] of Object.entries(states) as [ShardState, number][])
    counts[columnOf(state)] += count;
  counts.total = view.shards.size;
  counts.removing = view.states.unwanted.size;
  for (const {what, id} of view.quarantined.all()) {
    if (what !== 'shard' || view.shards.has(id)) continue;
    counts.total++;
    counts.quarantined++;
    if (view.own.has(id)) counts.removing--;
  }
  return counts;
}

function columnOf(state: ShardState): Exclude<keyof ShardCounts, 'total' | 'removing'> {
  if (state === 'assigned' || state === 'owned' || state === 'dropping' || state === 'free') {
    return 'moving';
  }
  return state;
}
