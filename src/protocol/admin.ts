/**
 * The admin HTTP API of the daemon: every request and answer, and the table from which its routes, its OpenAPI document
 * and its client are made. Paths and bodies of the origin are kept as they are.
 */
import type * as z from 'zod';
import * as apps from './admin-apps.ts';
import * as cluster from './admin-cluster.ts';
import * as containers from './admin-containers.ts';
import * as declared from './admin-declared.ts';
import * as events from './admin-events.ts';
import {writeAnswer} from './admin-fields.ts';
import * as live from './admin-live.ts';
import * as moves from './admin-moves.ts';
import * as shards from './admin-shards.ts';
import * as why from './admin-why.ts';

export * from './admin-apps.ts';
export * from './admin-cluster.ts';
export * from './admin-containers.ts';
export * from './admin-declared.ts';
export * from './admin-events.ts';
export * from './admin-fields.ts';
export * from './admin-live.ts';
export * from './admin-moves.ts';
export * from './admin-shards.ts';
export * from './admin-why.ts';

/** Largest body, bytes: of an ordinary request, and of a batch. */
export const BODY_LIMIT_BYTES = 64 * 1024;
export const BATCH_BODY_LIMIT_BYTES = 4 * 1024 * 1024;

export interface AdminRoute<
  Request extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly tag: 'app' | 'shard' | 'worker' | 'container' | 'move' | 'cluster';
  /** Whether it changes the store. */
  readonly changes: boolean;
  /** Of the query string for GET, of the JSON body for POST. */
  readonly request: Request;
  /** Of the JSON answer; of the data of one event when `stream`. */
  readonly answer: Answer;
  /** Server-sent events instead of one answer. */
  readonly stream: boolean;
  readonly bodyLimitBytes: number;
}

type Options = Partial<Pick<AdminRoute, 'changes' | 'stream' | 'bodyLimitBytes'>>;

function route<Request extends z.ZodType, Answer extends z.ZodType>(
  method: 'GET' | 'POST',
  name: string,
  tag: AdminRoute['tag'],
  summary: string,
  request: Request,
  answer: Answer,
  options: Options = {},
): AdminRoute<Request, Answer> {
  const defaults = {changes: method === 'POST', stream: false, bodyLimitBytes: BODY_LIMIT_BYTES};
  const path = `/sm/server/${name}`;
  return {method, path, tag, summary, request, answer, ...defaults, ...options};
}

const batch = {bodyLimitBytes: BATCH_BODY_LIMIT_BYTES};
// A task may be as long as an ordinary body.
const withTask = {bodyLimitBytes: 4 * BODY_LIMIT_BYTES + BODY_LIMIT_BYTES};

const appRoutes = {
  addSpec: route('POST', 'add-spec', 'app', 'Create an app', apps.addSpecRequest, writeAnswer),
  updateSpec: route(
    'POST',
    'update-spec',
    'app',
    'Change limits of an app, pause or resume it',
    apps.updateSpecRequest,
    writeAnswer,
  ),
  delSpec: route('POST', 'del-spec', 'app', 'Remove an app', apps.delSpecRequest, writeAnswer),
  getSpec: route('GET', 'get-spec', 'app', 'Names of all apps', apps.noQuery, apps.getSpecAnswer),
  getApp: route('GET', 'get-app', 'app', 'One app', apps.serviceQuery, apps.getAppAnswer),
  getApps: route('GET', 'get-apps', 'app', 'All apps', apps.noQuery, apps.getAppsAnswer),
  detail: route(
    'GET',
    'detail',
    'app',
    'Spec, shards, workers, placement and living containers of an app',
    apps.serviceQuery,
    apps.detailAnswer,
  ),
  exportApp: route(
    'GET',
    'export-app',
    'app',
    'All specs of an app at one revision',
    apps.serviceQuery,
    declared.exportAppAnswer,
  ),
  beginApply: route(
    'POST',
    'begin-apply',
    'app',
    'Take the marker under which a file is applied; again: renew it',
    declared.beginApplyRequest,
    declared.beginApplyAnswer,
  ),
  endApply: route(
    'POST',
    'end-apply',
    'app',
    'Give the marker back',
    declared.endApplyRequest,
    writeAnswer,
  ),
} as const;

const shardRoutes = {
  addShard: route(
    'POST',
    'add-shard',
    'shard',
    'Add a shard',
    shards.addShardRequest,
    writeAnswer,
    withTask,
  ),
  addShards: route(
    'POST',
    'add-shards',
    'shard',
    'Add many shards; not atomic, an answer per item',
    shards.addShardsRequest,
    shards.batchAnswer,
    batch,
  ),
  updateShard: route(
    'POST',
    'update-shard',
    'shard',
    'Change task, pin, group or worker group of a shard',
    shards.updateShardRequest,
    writeAnswer,
    withTask,
  ),
  delShard: route(
    'POST',
    'del-shard',
    'shard',
    'Remove a shard',
    shards.delShardRequest,
    writeAnswer,
  ),
  delShards: route(
    'POST',
    'del-shards',
    'shard',
    'Remove many shards; not atomic, an answer per item',
    shards.delShardsRequest,
    shards.batchAnswer,
    batch,
  ),
  getShard: route(
    'GET',
    'get-shard',
    'shard',
    'Ids of all shards of an app',
    apps.serviceQuery,
    shards.getShardAnswer,
  ),
  getShards: route(
    'GET',
    'get-shards',
    'shard',
    'Shards of an app with their state',
    shards.getShardsQuery,
    shards.getShardsAnswer,
  ),
  locate: route(
    'GET',
    'locate',
    'shard',
    'Who owns a shard',
    shards.locateQuery,
    shards.locateAnswer,
  ),
  why: route(
    'GET',
    'why',
    'shard',
    'Why a shard is where it is: rule, best homes, history',
    why.whyQuery,
    why.whyAnswer,
  ),
} as const;

const containerRoutes = {
  addWorker: route(
    'POST',
    'add-worker',
    'worker',
    'Put a container into a worker group',
    containers.workerRequest,
    writeAnswer,
  ),
  delWorker: route(
    'POST',
    'del-worker',
    'worker',
    'Take a container out of a worker group',
    containers.workerRequest,
    writeAnswer,
  ),
  getWorker: route(
    'GET',
    'get-worker',
    'worker',
    'Worker groups of an app',
    apps.serviceQuery,
    containers.getWorkerAnswer,
  ),
  getContainers: route(
    'GET',
    'get-containers',
    'container',
    'Containers of an app',
    apps.serviceQuery,
    containers.getContainersAnswer,
  ),
  cordon: route(
    'POST',
    'cordon',
    'container',
    'Give a container nothing new',
    containers.cordonRequest,
    containers.orderAnswer,
  ),
  drain: route(
    'POST',
    'drain',
    'container',
    'Move everything away from a container',
    containers.drainRequest,
    containers.orderAnswer,
  ),
  uncordon: route(
    'POST',
    'uncordon',
    'container',
    'Take a cordon or drain back',
    containers.uncordonRequest,
    containers.orderAnswer,
  ),
  evict: route(
    'POST',
    'evict',
    'container',
    'Take a container its right to act',
    containers.evictRequest,
    containers.orderAnswer,
  ),
} as const;

const clusterRoutes = {
  moves: route(
    'GET',
    'moves',
    'move',
    'Running and finished moves',
    moves.movesQuery,
    moves.movesAnswer,
  ),
  movesStream: route(
    'GET',
    'moves/stream',
    'move',
    'Moves as server-sent events; resumes by Last-Event-ID',
    moves.movesStreamQuery,
    moves.moveEvent,
    {stream: true},
  ),
  liveStream: route(
    'GET',
    'live/stream',
    'cluster',
    'What a live view shows, as server-sent events; resumes by Last-Event-ID',
    live.liveQuery,
    live.liveMessage,
    {stream: true},
  ),
  cancelMoves: route(
    'POST',
    'cancel-moves',
    'move',
    'Cancel queued voluntary moves',
    moves.cancelMovesRequest,
    moves.cancelMovesAnswer,
    batch,
  ),
  plan: route(
    'POST',
    'plan',
    'move',
    'What the planner would do, also with other containers',
    moves.planRequest,
    moves.planAnswer,
    {changes: false, ...batch},
  ),
  events: route(
    'GET',
    'events',
    'cluster',
    'What has happened: changes by operators, moves, container states',
    events.eventsQuery,
    events.eventsAnswer,
  ),
  eventsStream: route(
    'GET',
    'events/stream',
    'cluster',
    'The same as server-sent events; resumes by Last-Event-ID',
    events.eventsStreamQuery,
    events.streamedEvent,
    {stream: true},
  ),
  checks: route(
    'GET',
    'checks',
    'cluster',
    'Checks of etcd, leader, containers and shards',
    apps.noQuery,
    why.checksAnswer,
  ),
  status: route(
    'GET',
    'status',
    'cluster',
    'The whole cluster',
    apps.noQuery,
    cluster.statusAnswer,
  ),
  acceptRestore: route(
    'POST',
    'accept-restore',
    'cluster',
    'Take a restored or replaced etcd for the one from now on',
    cluster.acceptRestoreRequest,
    cluster.acceptRestoreAnswer,
  ),
  waitCheck: route(
    'GET',
    'wait-check',
    'cluster',
    'Whether a state is reached, judged at one revision',
    cluster.waitCheckQuery,
    cluster.waitCheckAnswer,
  ),
  health: route(
    'GET',
    'health',
    'cluster',
    'Whether the daemon answers',
    apps.noQuery,
    cluster.healthAnswer,
  ),
} as const;

/** Every route of the admin API by its operation name. */
export const adminRoutes = {
  ...appRoutes,
  ...shardRoutes,
  ...containerRoutes,
  ...clusterRoutes,
} as const;

export type AdminRoutes = typeof adminRoutes;
export type AdminOperation = keyof AdminRoutes;
/** What a caller passes: defaults may be left out. */
export type AdminInput<O extends AdminOperation> = z.input<AdminRoutes[O]['request']>;
/** What a handler gets: defaults filled in. */
export type AdminRequest<O extends AdminOperation> = z.output<AdminRoutes[O]['request']>;
export type AdminAnswer<O extends AdminOperation> = z.output<AdminRoutes[O]['answer']>;
/** Operations that answer a stream of events instead of one object. */
export type StreamOperation = 'movesStream' | 'eventsStream' | 'liveStream';
