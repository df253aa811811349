/**
 * The routes of the admin API: the one table from which the daemon's HTTP side, the client, the OpenAPI document and the audit are made.
 * The schemas of a row stand in `admin.ts` under the same name: a command that only makes a call has no use for them, and zod takes longer
 * to load than the call takes. Paths of the origin are kept as they are.
 */
import type {Role} from '../model/access.ts';
import {BATCH_BODY_LIMIT_BYTES, BODY_LIMIT_BYTES, TASK_BODY_LIMIT_BYTES} from './limits.ts';

/** What an operator can change: `apply` is the marker under which a file is applied, `store` the record of the trusted etcd, `any` whatever another operation has changed. */
export type ChangedObject = 'app' | 'shard' | 'worker' | 'container' | 'apply' | 'store' | 'any';

export type RouteTag = 'app' | 'shard' | 'worker' | 'container' | 'move' | 'cluster';

/**
 * What a token that is limited to apps meets. `app`: the request names one app, which has to be one of its own. `list`: the answer is cut to its
 * apps. `cluster`: it is refused.
 */
export type RouteScope = 'app' | 'list' | 'cluster';

export interface RouteRow<
  Changes extends ChangedObject | 'nothing' = ChangedObject | 'nothing',
  Stream extends boolean = boolean,
> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly tag: RouteTag;
  readonly summary: string;
  /** Kind of the objects that it writes or deletes. Each of its changes but the renewal of an apply marker leaves an audit entry; a route that changes nothing cannot write. */
  readonly changes: Changes;
  /** Least role of a token that may call it. */
  readonly right: Role;
  readonly scope: RouteScope;
  /** Server-sent events instead of one answer. */
  readonly stream: Stream;
  readonly bodyLimitBytes: number;
}

function row<Changes extends ChangedObject | 'nothing', Stream extends boolean>(
  method: 'GET' | 'POST',
  name: string,
  rest: Omit<RouteRow<Changes, Stream>, 'method' | 'path'>,
): RouteRow<Changes, Stream> {
  return {method, path: `/sm/server/${name}`, ...rest};
}

const READS = {changes: 'nothing', right: 'view', bodyLimitBytes: BODY_LIMIT_BYTES} as const;

function reading(
  name: string,
  tag: RouteTag,
  summary: string,
  scope: RouteScope = 'app',
): RouteRow<'nothing', false> {
  return row('GET', name, {tag, summary, scope, stream: false, ...READS});
}

function streaming(
  name: string,
  tag: RouteTag,
  summary: string,
  scope: RouteScope = 'app',
): RouteRow<'nothing', true> {
  return {...reading(name, tag, summary, scope), stream: true};
}

/** A question that is too long for a query string. */
function asking(
  name: string,
  tag: RouteTag,
  summary: string,
  bodyLimitBytes: number,
): RouteRow<'nothing', false> {
  const rest = {...READS, scope: 'app', stream: false, bodyLimitBytes} as const;
  return row('POST', name, {tag, summary, ...rest});
}

function changing<Changes extends ChangedObject>(
  changes: Changes,
  name: string,
  tag: RouteTag,
  summary: string,
  bodyLimitBytes = BODY_LIMIT_BYTES,
): RouteRow<Changes, false> {
  const rest = {right: 'operate', scope: 'app', stream: false, bodyLimitBytes} as const;
  return row('POST', name, {tag, summary, changes, ...rest});
}

/** What `operate` may not do. */
function deciding<Changes extends ChangedObject>(
  changes: Changes,
  name: string,
  tag: RouteTag,
  summary: string,
  scope: RouteScope = 'app',
): RouteRow<Changes, false> {
  return {...changing(changes, name, tag, summary), right: 'admin', scope};
}

/** Every route by the name of its operation. */
export const routeRows = {
  addSpec: deciding('app', 'add-spec', 'app', 'Create an app'),
  updateSpec: changing('app', 'update-spec', 'app', 'Change limits of an app, pause or resume it'),
  setQuota: deciding('app', 'set-quota', 'app', 'Set the quotas of an app', 'cluster'),
  delSpec: deciding('app', 'del-spec', 'app', 'Remove an app'),
  getSpec: reading('get-spec', 'app', 'Names of all apps', 'list'),
  getApp: reading('get-app', 'app', 'One app'),
  getApps: reading('get-apps', 'app', 'All apps', 'list'),
  detail: reading(
    'detail',
    'app',
    'Spec, shards, workers, placement and living containers of an app',
  ),
  exportApp: reading('export-app', 'app', 'All specs of an app at one revision'),
  beginApply: changing(
    'apply',
    'begin-apply',
    'app',
    'Acquire the marker that lets one apply at a time change an app; repeat the call to renew it',
  ),
  endApply: changing('apply', 'end-apply', 'app', 'Release the marker'),
  addShard: changing('shard', 'add-shard', 'shard', 'Add a shard', TASK_BODY_LIMIT_BYTES),
  addShards: changing(
    'shard',
    'add-shards',
    'shard',
    'Add many shards; not atomic, an answer per item',
    BATCH_BODY_LIMIT_BYTES,
  ),
  updateShard: changing(
    'shard',
    'update-shard',
    'shard',
    'Change task, pin, group, worker group, load, spread key or priority of a shard',
    TASK_BODY_LIMIT_BYTES,
  ),
  delShard: changing('shard', 'del-shard', 'shard', 'Remove a shard'),
  delShards: changing(
    'shard',
    'del-shards',
    'shard',
    'Remove many shards; not atomic, an answer per item',
    BATCH_BODY_LIMIT_BYTES,
  ),
  getShard: reading('get-shard', 'shard', 'Ids of all shards of an app'),
  getShards: reading('get-shards', 'shard', 'Shards of an app with their state'),
  locate: reading('locate', 'shard', 'Who owns a shard'),
  why: reading('why', 'shard', 'Why a shard is where it is: rule, best containers, history'),
  addWorker: changing('worker', 'add-worker', 'worker', 'Put a container into a worker group'),
  delWorker: changing('worker', 'del-worker', 'worker', 'Take a container out of a worker group'),
  getWorker: reading('get-worker', 'worker', 'Worker groups of an app'),
  getContainers: reading('get-containers', 'container', 'Containers of an app'),
  cordon: changing('container', 'cordon', 'container', 'Give a container no new shards'),
  drain: changing('container', 'drain', 'container', 'Move everything away from a container'),
  uncordon: changing('container', 'uncordon', 'container', 'Undo a cordon or drain'),
  setContainer: changing(
    'container',
    'set-container',
    'container',
    "Override a container's weight, capacity or zone",
  ),
  evict: changing('container', 'evict', 'container', "Revoke a container's right to act"),
  canStop: changing(
    'container',
    'can-stop',
    'container',
    'Whether containers may be stopped now; a yes is a permission with a lease',
  ),
  releaseStop: changing(
    'container',
    'release-stop',
    'container',
    'Give permissions to stop containers back before their lease ends',
  ),
  moves: reading('moves', 'move', 'Running and finished moves'),
  movesStream: streaming(
    'moves/stream',
    'move',
    'Moves as server-sent events; resumes by Last-Event-ID',
  ),
  liveStream: streaming(
    'live/stream',
    'cluster',
    'What a live view shows, as server-sent events; resumes by Last-Event-ID',
    'list',
  ),
  cancelMoves: changing(
    'shard',
    'cancel-moves',
    'move',
    'Cancel queued voluntary moves',
    BATCH_BODY_LIMIT_BYTES,
  ),
  undo: changing('any', 'undo', 'cluster', 'Undo one change of the audit'),
  plan: asking(
    'plan',
    'move',
    'What the planner would do, now or with hypothetical containers',
    BATCH_BODY_LIMIT_BYTES,
  ),
  events: reading(
    'events',
    'cluster',
    'What happened: changes by operators, moves, container states',
    'list',
  ),
  eventsStream: streaming(
    'events/stream',
    'cluster',
    'The same as server-sent events; resumes by Last-Event-ID',
    'list',
  ),
  checks: reading('checks', 'cluster', 'Checks of etcd, leader, containers and shards', 'list'),
  status: reading('status', 'cluster', 'The whole cluster', 'list'),
  acceptRestore: deciding(
    'store',
    'accept-restore',
    'cluster',
    'Accept a restored or replaced etcd',
    'cluster',
  ),
  waitCheck: reading(
    'wait-check',
    'cluster',
    'Whether a state is reached, checked at one revision',
  ),
  health: reading('health', 'cluster', 'Whether the daemon answers', 'list'),
} as const;

/** Name of an operation, as `addShard`: one for each route of `/openapi.json`. */
export type AdminOperation = keyof typeof routeRows;

type OperationsWith<Row> = {
  [O in AdminOperation]: (typeof routeRows)[O] extends Row ? O : never;
}[AdminOperation];

/** Operations that answer a stream of events instead of one object. */
export type StreamOperation = OperationsWith<RouteRow<'nothing', true>>;
/** Operations that may change the store. */
export type ChangingOperation = OperationsWith<RouteRow<ChangedObject, false>>;
