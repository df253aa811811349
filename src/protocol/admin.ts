/** The admin HTTP API of the daemon: every request and answer, by the routes of `admin-routes.ts`. Bodies of the origin are kept as they are. */
import type * as z from 'zod';
import * as apps from './admin-apps.ts';
import * as cluster from './admin-cluster.ts';
import * as containers from './admin-containers.ts';
import * as declared from './admin-declared.ts';
import * as events from './admin-events.ts';
import {writeAnswer} from './admin-fields.ts';
import * as live from './admin-live.ts';
import * as moves from './admin-moves.ts';
import {routeRows} from './admin-routes.ts';
import type {AdminOperation, RouteRow} from './admin-routes.ts';
import * as shards from './admin-shards.ts';
import * as stop from './admin-stop.ts';
import * as why from './admin-why.ts';

export * from './admin-apps.ts';
export * from './admin-cluster.ts';
export * from './admin-containers.ts';
export * from './admin-declared.ts';
export * from './admin-events.ts';
export * from './admin-fields.ts';
export * from './admin-live.ts';
export * from './admin-moves.ts';
export * from './admin-routes.ts';
export * from './admin-shards.ts';
export * from './admin-stop.ts';
export * from './move-wait.ts';
export * from './limits.ts';
export * from './admin-why.ts';

export interface AdminRoute<
  Request extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> extends RouteRow {
  /** Of the query string for GET, of the JSON body for POST. */
  readonly request: Request;
  /** Of the JSON answer; of the data of one event when `stream`. */
  readonly answer: Answer;
}

const schemas = {
  addSpec: {request: apps.addSpecRequest, answer: writeAnswer},
  updateSpec: {request: apps.updateSpecRequest, answer: writeAnswer},
  setQuota: {request: apps.setQuotaRequest, answer: writeAnswer},
  delSpec: {request: apps.delSpecRequest, answer: writeAnswer},
  getSpec: {request: apps.noQuery, answer: apps.getSpecAnswer},
  getApp: {request: apps.serviceQuery, answer: apps.getAppAnswer},
  getApps: {request: apps.noQuery, answer: apps.getAppsAnswer},
  detail: {request: apps.serviceQuery, answer: apps.detailAnswer},
  exportApp: {request: apps.serviceQuery, answer: declared.exportAppAnswer},
  beginApply: {request: declared.beginApplyRequest, answer: declared.beginApplyAnswer},
  endApply: {request: declared.endApplyRequest, answer: writeAnswer},
  addShard: {request: shards.addShardRequest, answer: writeAnswer},
  addShards: {request: shards.addShardsRequest, answer: shards.batchAnswer},
  updateShard: {request: shards.updateShardRequest, answer: writeAnswer},
  delShard: {request: shards.delShardRequest, answer: writeAnswer},
  delShards: {request: shards.delShardsRequest, answer: shards.batchAnswer},
  getShard: {request: apps.serviceQuery, answer: shards.getShardAnswer},
  getShards: {request: shards.getShardsQuery, answer: shards.getShardsAnswer},
  locate: {request: shards.locateQuery, answer: shards.locateAnswer},
  why: {request: why.whyQuery, answer: why.whyAnswer},
  addWorker: {request: containers.workerRequest, answer: writeAnswer},
  delWorker: {request: containers.workerRequest, answer: writeAnswer},
  getWorker: {request: apps.serviceQuery, answer: containers.getWorkerAnswer},
  getContainers: {request: apps.serviceQuery, answer: containers.getContainersAnswer},
  cordon: {request: containers.cordonRequest, answer: containers.orderAnswer},
  drain: {request: containers.drainRequest, answer: containers.orderAnswer},
  setContainer: {request: containers.setContainerRequest, answer: writeAnswer},
  uncordon: {request: containers.uncordonRequest, answer: containers.orderAnswer},
  evict: {request: containers.evictRequest, answer: containers.evictAnswer},
  canStop: {request: stop.canStopRequest, answer: stop.canStopAnswer},
  releaseStop: {request: stop.releaseStopRequest, answer: stop.releaseStopAnswer},
  moves: {request: moves.movesQuery, answer: moves.movesAnswer},
  movesStream: {request: moves.movesStreamQuery, answer: moves.moveEvent},
  liveStream: {request: live.liveQuery, answer: live.liveMessage},
  cancelMoves: {request: moves.cancelMovesRequest, answer: moves.cancelMovesAnswer},
  undo: {request: events.undoRequest, answer: events.undoAnswer},
  plan: {request: moves.planRequest, answer: moves.planAnswer},
  events: {request: events.eventsQuery, answer: events.eventsAnswer},
  eventsStream: {request: events.eventsStreamQuery, answer: events.streamedEvent},
  checks: {request: apps.noQuery, answer: why.checksAnswer},
  status: {request: apps.noQuery, answer: cluster.statusAnswer},
  acceptRestore: {request: cluster.acceptRestoreRequest, answer: cluster.acceptRestoreAnswer},
  waitCheck: {request: cluster.waitCheckQuery, answer: cluster.waitCheckAnswer},
  health: {request: apps.noQuery, answer: cluster.healthAnswer},
} satisfies Record<AdminOperation, Pick<AdminRoute, 'request' | 'answer'>>;

/** Every route of the admin API, with its schemas, by its operation name. */
export const adminRoutes = Object.fromEntries(
  Object.entries(routeRows).map(([operation, row]) => [
    operation,
    {...row, ...schemas[operation as AdminOperation]},
  ]),
) as {readonly [O in AdminOperation]: (typeof routeRows)[O] & (typeof schemas)[O]};

export type AdminRoutes = typeof adminRoutes;
/** What a caller passes: defaults may be left out. */
export type AdminInput<O extends AdminOperation> = z.input<AdminRoutes[O]['request']>;
/** What a handler gets: defaults filled in. */
export type AdminRequest<O extends AdminOperation> = z.output<AdminRoutes[O]['request']>;
/** What the daemon answers to an operation. Revisions are whole numbers as text, times RFC 3339. */
export type AdminAnswer<O extends AdminOperation> = z.output<AdminRoutes[O]['answer']>;
