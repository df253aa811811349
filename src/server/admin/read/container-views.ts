/** Containers as they are shown: heartbeat, operator's order and the governor's word, brought together. Pure. */
import {compareText} from '../../../model/compare-text.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import type {AppView} from '../../../appstate/app-view.ts';
import {containerState, hearingOf, modeOf, orderHolds} from '../../../model/container-state.ts';
import type {Hearing} from '../../../model/container-state.ts';
import type {ContainerState, Heartbeat} from '../../../model/container.ts';
import {strandedFix} from '../../../model/drain-progress.ts';
import {recordState} from '../../../model/shard-state.ts';
import type {ShardState} from '../../../model/shard-state.ts';
import {containerShare} from '../../../model/container-share.ts';
import type {ContainerOverride} from '../../../model/container-share.ts';
import type {ContainerOrder} from '../../../model/specs.ts';
import {isAvailable} from '../../../model/stop-permission.ts';
import {isFromBefore} from '../../../model/status.ts';
import type {ContainerStatus} from '../../../model/status.ts';
import type {ContainerView, OrderView, OverrideView} from '../../../protocol/admin.ts';
import {containerLoads} from './loads.ts';
import {once} from '../../../appview/listing.ts';
import type {AppListing} from '../../../appview/listing.ts';

/** One process of a container. */
type Process = Pick<ContainerView, 'incarnation'> & {readonly container: string};

interface Load {
  total: number;
  ready: number;
  dropping: number;
}

/** All containers that a heartbeat, a record or an order names, by id. */
export function containerViews(listing: AppListing): ContainerView[] {
  return once(listing, 'containerViews', () => madeViews(listing));
}

function madeViews(listing: AppListing): ContainerView[] {
  const loads = loadsOf(listing.view);
  const views: ContainerView[] = [];
  for (const [incarnation, {value}] of listing.view.heartbeats) {
    views.push(livingView(listing, incarnation, value, loads.get(incarnation)?.load));
    loads.delete(incarnation);
  }
  for (const [incarnation, {container, load}] of loads) {
    views.push(goneView(listing, {container, incarnation}, load));
  }
  addOrderedOnly(listing, views);
  return views.sort((a, b) => compareText(a.id, b.id) || compareText(a.incarnation, b.incarnation));
}

/** An open container that there is not: of a plan that asks what would be if there were one more. */
export function hypotheticalContainer(number: number): LivingContainer {
  const container = `new-${number}`;
  return {container, incarnation: container, endpoint: '', state: 'ready', mode: 'open'};
}

/** Containers that may hold shards, as the planner sees them. */
export function livingOf(listing: AppListing): Map<string, LivingContainer> {
  const living = new Map<string, LivingContainer>();
  for (const [container, {incarnation}] of listing.view.ids) {
    const heartbeat = listing.view.heartbeats.get(incarnation)?.value;
    if (heartbeat === undefined || heartbeat.state === 'waiting') continue;
    const {state, note} = stateOf(listing, incarnation, heartbeat);
    const {endpoint} = heartbeat;
    const mode = modeOf(state);
    living.set(container, {container, incarnation, endpoint, state, mode, note});
  }
  return living;
}

/** Number of containers by state. */
export function stateCounts(views: readonly ContainerView[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const {state} of views) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

export function stateOf(
  listing: AppListing,
  incarnation: string,
  heartbeat: Heartbeat,
): {state: ContainerState; since: string; note: string} {
  const {container} = heartbeat;
  const process = {container, incarnation};
  const said = wordOn(listing, process);
  const order = listing.view.orders.get(container)?.value;
  const heard = listing.unknownSince === '' ? hearing(listing, process, said) : 'unknown';
  const state = containerState(heartbeat.state, incarnation, order, heard);
  if (said?.state === state) return {state, since: said.since, note: said.note};
  if (state === 'unknown') return {state, since: listing.unknownSince, note: ''};
  if (state === 'silent') return {state, since: restoredSince(listing), note: ''};
  const ordered = state === 'cordoned' || state === 'draining';
  return {state, since: ordered ? (order?.at ?? '') : '', note: ''};
}

/** When those have stopped that were not heard since a restore was accepted. */
function restoredSince({accepted}: AppListing): string {
  return accepted === undefined ? '' : new Date(accepted.sinceMs).toISOString();
}

/** By the governor's clock, or by what everybody can read: silent from before an accepted restore, or unreachable, so that the governor gives it nothing. */
function hearing(
  {view, accepted}: AppListing,
  process: Process,
  said: ContainerStatus | undefined,
): Hearing {
  const mod = view.heartbeats.get(process.incarnation)?.mod;
  if (isFromBefore(accepted, mod)) return 'silent';
  const heard = hearingOf(said?.state);
  if (heard !== 'heard' || problemOf(view, process) === '') return heard;
  return 'unreachable';
}

/** Its heartbeat, or the id key that should name it, cannot be read or is gone; '' when both are as they should be. */
function problemOf(view: AppView, process: Process): string {
  return view.heartbeatProblem(process.incarnation) ?? idProblem(view, process);
}

/** A container has its id before it is ready, and until its heartbeat is deleted: only a change by hand takes it away. */
function idProblem(view: AppView, {container, incarnation}: Process): string {
  const {state} = view.heartbeats.get(incarnation)?.value ?? {};
  if (state !== 'ready' && state !== 'leaving') return '';
  const holder = view.ids.get(container)?.incarnation;
  if (holder === incarnation) return '';
  if (holder === '') return 'its id key cannot be read: restart it';
  return holder === undefined
    ? 'its id key is gone: restart it'
    : 'its id key names another process: restart this one';
}

function wordOn({status}: AppListing, process: Process): ContainerStatus | undefined {
  const {container, incarnation} = process;
  if (status === undefined || !Object.hasOwn(status.containers, container)) return undefined;
  const word = status.containers[container];
  return word?.incarnation === incarnation ? word : undefined;
}

/** By incarnation that a record names, from the tally: containers are looked at, not shards. */
function loadsOf(view: AppView): Map<string, {container: string; load: Load}> {
  const loads = new Map<string, {container: string; load: Load}>();
  const count = (incarnation: string, state: ShardState, by: number): void => {
    let known = loads.get(incarnation);
    if (known === undefined) {
      const [shard = ''] = view.shardsOf(incarnation);
      const container = view.own.get(shard)?.value.container ?? '';
      known = {container, load: {total: 0, ready: 0, dropping: 0}};
      loads.set(incarnation, known);
    }
    known.load.total += by;
    if (state === 'ready' || state === 'dropping') known.load[state] += by;
  };
  for (const [incarnation, states] of view.states.byIncarnation)
    if (incarnation !== '') for (const [state, by] of states) count(incarnation, state, by);
  for (const shard of view.states.unwanted) {
    const record = view.own.get(shard)?.value;
    if (record !== undefined && record.state !== 'free')
      count(record.incarnation, recordState(record), 1);
  }
  return loads;
}

function livingView(
  listing: AppListing,
  incarnation: string,
  heartbeat: Heartbeat,
  load: Load | undefined,
): ContainerView {
  const {container, endpoint, host, pid, labels, version, sdk, ttlMs} = heartbeat;
  const process = {container, incarnation};
  const said = stateOf(listing, incarnation, heartbeat);
  return {
    ...blankView(process),
    ...said,
    ...waitingNote(listing.view, heartbeat),
    ...overdueNote(heartbeat),
    endpoint,
    host,
    pid,
    labels,
    version,
    sdk,
    ttlMs,
    problem: problemOf(listing.view, process),
    // A silent container has lost its right to act, whatever its records say.
    ...(load === undefined ? {} : {shards: said.state === 'silent' ? {...load, ready: 0} : load}),
    ...containerLoads(listing, () => livingOf(listing)).get(container),
    order: orderOf(listing.view.orders.get(container)?.value, process.incarnation),
    ...strandedOf(listing, process, said.state),
    ...shareOf(listing, heartbeat),
    stop: permissionOf(listing, process, said.state),
  };
}

/** By the governor's word: only its plan knows. */
function strandedOf(
  listing: AppListing,
  process: Process,
  state: ContainerState,
): Pick<ContainerView, 'stranded'> {
  const text: unknown = wordOn(listing, process)?.stranded;
  if (state !== 'draining' || typeof text !== 'string') return {};
  return {stranded: {text, fix: strandedFix(listing.app, process.container)}};
}

/** Two rows of one id: which process has the id that this one waits for. */
function waitingNote(view: AppView, {state, container}: Heartbeat): {note?: string} {
  const holder = state === 'waiting' ? view.livingIncarnation(container) : undefined;
  const found = holder === undefined ? undefined : view.heartbeats.get(holder)?.value;
  if (found === undefined) return {};
  const where = found.host === '' ? '' : `: process ${found.pid} on ${found.host}`;
  return {note: `waits for its id, which another process has${where}`};
}

/** Hooks of the application that do not end: the container lives, but these shards go neither in nor out. */
function overdueNote({overdue = []}: Heartbeat): {note?: string} {
  if (overdue.length === 0) return {};
  return {note: overdue.map(({hook, shard}) => `${hook} of ${shard} is overdue`).join(', ')};
}

/** Its heartbeat is gone, records still name it: the governor has yet to give them to others. */
function goneView(listing: AppListing, process: Process, load: Load): ContainerView {
  const said = wordOn(listing, process);
  const {container, incarnation} = process;
  const order = orderOf(listing.view.orders.get(container)?.value, incarnation);
  const note = 'no heartbeat; its shards wait for another container';
  return {
    ...blankView(process),
    state: 'lost',
    since: said?.state === 'lost' ? said.since : '',
    note,
    shards: {...load, ready: 0},
    order,
    stop: permissionOf(listing, process, 'lost'),
  };
}

function addOrderedOnly({view}: AppListing, views: ContainerView[]): void {
  const shown = new Set(views.map(({id}) => id));
  for (const [container, {value}] of view.orders) {
    // The drain of one process is over with it.
    if (shown.has(container) || !orderHolds(value, value.order, '')) continue;
    const state = value.order === 'drain' ? 'draining' : 'cordoned';
    const note = 'not running; the order waits for it';
    const order = orderOf(value, '');
    views.push({...blankView({container, incarnation: ''}), state, since: value.at, note, order});
  }
}

function blankView({container: id, incarnation}: Process): ContainerView {
  return {
    id,
    incarnation,
    state: 'lost',
    since: '',
    note: '',
    endpoint: '',
    host: '',
    pid: 0,
    zone: '',
    labels: {},
    version: '',
    sdk: '',
    ttlMs: 0,
    problem: '',
    shards: {total: 0, ready: 0, dropping: 0},
    order: null,
    ...{weight: 1, capacity: 0, limits: {}, override: null},
    stop: null,
  };
}

/** The permission to stop it, unless it has come back as another process. Whether its lease has ended is for who knows the time. */
function permissionOf(
  {view}: AppListing,
  {container, incarnation}: Process,
  state: ContainerState,
): ContainerView['stop'] {
  const stops = view.stops?.value.permissions ?? [];
  const found = stops.find((one) => one.container === container);
  if (found === undefined || (found.incarnation !== incarnation && isAvailable(state))) return null;
  return {...found};
}

function shareOf(
  {view}: AppListing,
  registered: Heartbeat,
): Pick<ContainerView, 'weight' | 'capacity' | 'zone' | 'limits' | 'override'> {
  const said = view.overrides.get(registered.container)?.value;
  const {weight, capacity, zone, limits} = containerShare(registered, said);
  return {weight, capacity, zone, limits: {...limits}, override: overrideOf(said)};
}

function overrideOf(override: ContainerOverride | undefined): OverrideView | null {
  if (override === undefined) return null;
  const {weight = null, capacity = null, zone = null, reason, by, at} = override;
  return {weight, capacity, zone, reason, by, at};
}

/** The order that holds for the process; '' for one to come. */
function orderOf(order: ContainerOrder | undefined, process: string): OrderView | null {
  if (order === undefined || !orderHolds(order, order.order, process)) return null;
  const {reason, by, at, incarnation, keep, shards = 0, maxMoving = 0} = order;
  return {order: order.order, reason, by, at, incarnation, keep, shards, maxMoving};
}
