/** The operator's word on containers: cordon, drain, uncordon. */
import {valueOf} from '../../../appview/app-news.ts';
import {orderHolds} from '../../../model/container-state.ts';
import type {ContainerOrder} from '../../../model/specs.ts';
import {appNotFound, containerNotFound} from '../../../model/not-found.ts';
import {decodeIdHolder, decodeIdValue} from '../../../protocol/container-id.ts';
import type {AdminRequest, OrderAnswer, WriteAnswer} from '../../../protocol/admin.ts';
import {decodeContainerOrder} from '../../../protocol/records.ts';
import type {KeyValue} from '../../../store/port.ts';
import {UNCHANGED, conditionalWrite, deleting, writing} from './conditional-write.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {containerViews} from '../read/container-views.ts';
import {currentApp} from '../read/listing.ts';
import {liveSpec} from '../guards.ts';

type OrderRequest = AdminRequest<'cordon'> | AdminRequest<'drain'>;

export async function order(
  dependencies: AdminDependencies,
  word: ContainerOrder['order'],
  request: OrderRequest,
  caller: string,
): Promise<OrderAnswer> {
  const {store, keys, wallMs} = dependencies;
  const {service: app, container, dryRun} = request;
  const maxMoving = 'maxMoving' in request ? request.maxMoving : 0;
  const key = keys.containerOrder(app, container);
  const shards = await shardsOf(dependencies, app, container);
  const read = [keys.appSpec(app), key, keys.containerId(app, container)];
  let isInVain = false;
  const answer = await conditionalWrite(store, read, dryRun, ({entries: [spec, present, id]}) => {
    refuseUnknown(dependencies, app, container, spec, [present, id]);
    if (app !== dependencies.service) liveSpec(app, spec);
    // It would be for whoever comes next, and for all after that.
    isInVain = word === 'drain' && !request.keep && isHeldByNobody(id);
    if (isInVain) return UNCHANGED;
    const incarnation = id === undefined ? '' : decodeIdHolder(id.value);
    const wanted: ContainerOrder = {
      order: word,
      reason: request.reason,
      by: request.by ?? caller,
      at: new Date(wallMs()).toISOString(),
      incarnation: word === 'drain' && !request.keep ? incarnation : '',
      keep: word === 'cordon' || request.keep,
      ...(word === 'drain' ? {shards} : {}),
      ...(maxMoving > 0 ? {maxMoving} : {}),
    };
    const before = valueOf(present, decodeContainerOrder);
    if (saysSame(before, wanted, incarnation)) return UNCHANGED;
    const result = present === undefined ? 'created' : 'configured';
    const {maxMoving: _most, shards: _shards, ...kept} = before ?? {};
    return writing(result, key, {...kept, ...wanted, ...begun(before, wanted, incarnation)});
  });
  return {...answer, ...(isInVain ? {warning: vainText(container)} : {}), shards};
}

/** What a drain that goes on keeps though it is said again with another pace: its turn among drains, what its progress counts from, and its reason. */
function begun(
  before: ContainerOrder | undefined,
  wanted: ContainerOrder,
  incarnation: string,
): Partial<ContainerOrder> {
  if (wanted.order !== 'drain' || before === undefined) return {};
  if (!orderHolds(before, 'drain', incarnation)) return {};
  const {at, shards, reason} = before;
  return {
    ...(at === '' ? {} : {at}),
    ...(shards === undefined ? {} : {shards}),
    ...(wanted.reason === '' ? {reason} : {}),
  };
}

function isHeldByNobody(id: KeyValue | undefined): boolean {
  if (id === undefined) return true;
  const {incarnation, evicted} = decodeIdValue(id.value);
  return incarnation === '' && evicted !== '';
}

function vainText(container: string): string {
  return `${container} has no process now, so none is drained; keep: true (--keep) drains the next one`;
}

/** Takes a cordon or a drain back; a container without an order is left as it is. */
export async function uncordon(
  dependencies: AdminDependencies,
  {service: app, container, dryRun}: AdminRequest<'uncordon'>,
): Promise<OrderAnswer> {
  const {store, keys} = dependencies;
  const key = keys.containerOrder(app, container);
  const read = [keys.appSpec(app), key, keys.containerId(app, container)];
  const answer = await conditionalWrite(store, read, dryRun, ({entries: [spec, present, id]}) => {
    refuseUnknown(dependencies, app, container, spec, [present, id]);
    if (present === undefined) return UNCHANGED;
    return deleting(key);
  });
  return withShards(dependencies, app, container, answer);
}

/** A mistyped id must not become an order that waits for ever. */
function refuseUnknown(
  {service}: AdminDependencies,
  app: string,
  container: string,
  spec: KeyValue | undefined,
  traces: readonly (KeyValue | undefined)[],
): void {
  if (spec === undefined && app !== service) throw appNotFound(app);
  if (traces.some((entry) => entry !== undefined)) return;
  throw containerNotFound(app, container);
}

function saysSame(
  before: ContainerOrder | undefined,
  wanted: ContainerOrder,
  incarnation: string,
): boolean {
  if (before === undefined || !orderHolds(before, wanted.order, incarnation)) return false;
  const isSamePace = (before.maxMoving ?? 0) === (wanted.maxMoving ?? 0);
  const isSameReason = wanted.reason === '' || before.reason === wanted.reason;
  return before.keep === wanted.keep && isSamePace && isSameReason;
}

/** The answer with the number of records that still name the container. */
export async function withShards(
  dependencies: AdminDependencies,
  app: string,
  container: string,
  answer: WriteAnswer,
): Promise<OrderAnswer> {
  return {...answer, shards: await shardsOf(dependencies, app, container)};
}

async function shardsOf(
  dependencies: AdminDependencies,
  app: string,
  container: string,
): Promise<number> {
  const views = containerViews(await currentApp(dependencies, app));
  return views.reduce((sum, {id, shards}) => sum + (id === container ? shards.total : 0), 0);
}
