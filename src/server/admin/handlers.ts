/** The admin services of a daemon, one function per operation of the API. */
import {SmError} from '../../model/errors.ts';
import {ACCEPT_FIX, doubtText} from '../../model/store-doubt.ts';
import type {StoreDoubt} from '../../model/store-doubt.ts';
import type {AdminAnswer, AdminRequest} from '../../protocol/admin.ts';
import type {AdminHandlers, AnsweringOperation, Caller} from '../http/dependencies.ts';
import {appNames, detail, getApp, getApps, getContainers, status} from './read/app-reads.ts';
import {addSpec, delSpec, updateSpec} from './write/app-writes.ts';
import {dependenciesFor, readingOnly} from './write/audit.ts';
import {cancelMoves} from './write/cancel-moves.ts';
import {checks} from './read/checks.ts';
import {order, uncordon} from './write/container-orders.ts';
import {setContainer} from './write/container-overrides.ts';
import type {AdminDependencies} from './dependencies.ts';
import {beginApply, endApply} from './write/apply-marker.ts';
import {eventStream} from './stream/event-feed.ts';
import {events} from './read/events.ts';
import {evict} from './write/eviction.ts';
import {LiveHub} from './stream/live/live-hub.ts';
import {moveEvents} from './stream/move-stream.ts';
import {StoreProbe} from './stream/live/store-probe.ts';
import {SharedWatches} from './stream/shared-watches.ts';
import {moves} from './read/moves.ts';
import {addShards, delShards} from './write/shard-batches.ts';
import {getShard, locate, ShardPages} from './read/shard-reads.ts';
import {setQuota} from './write/quota-writes.ts';
import {acceptRestoredStore} from './write/restore.ts';
import {addShard, delShard, updateShard} from './write/shard-writes.ts';
import {canStop, releaseStop} from './write/stop-permissions.ts';
import {undo} from './write/undo.ts';
import {WaitChecks} from './wait/waiting.ts';
import {whatIf} from './plan/what-if.ts';
import {why} from './plan/why.ts';
import {addWorker, delWorker} from './write/worker-groups.ts';
import {getWorker} from './read/worker-groups.ts';
import {exportApp} from './read/app-export.ts';

type Answering = {
  readonly [O in AnsweringOperation]: (
    dependencies: AdminDependencies,
    request: AdminRequest<O>,
    caller: Caller,
  ) => Promise<AdminAnswer<O>>;
};

/** What each of them may write with, `dependenciesFor` says. */
const ANSWERING: Omit<Answering, 'getShards' | 'waitCheck'> = {
  addSpec: (dependencies, request, caller) => addSpec(dependencies, request, nameOf(caller)),
  updateSpec: (dependencies, request, caller) => updateSpec(dependencies, request, nameOf(caller)),
  delSpec,
  getSpec: async (dependencies) => ({services: (await appNames(dependencies)).names}),
  getApp: (dependencies, {service}) => getApp(dependencies, service),
  getApps: (dependencies) => getApps(dependencies),
  detail: (dependencies, {service}) => detail(dependencies, service),
  addShard,
  addShards,
  updateShard: (dependencies, request, caller) =>
    updateShard(dependencies, request, nameOf(caller)),
  delShard,
  delShards,
  getShard: (dependencies, {service}) => getShard(dependencies, service),
  locate,
  addWorker,
  delWorker,
  getWorker: (dependencies, {service}) => getWorker(dependencies, service),
  getContainers: (dependencies, {service}) => getContainers(dependencies, service),
  cordon: (dependencies, request, caller) => order(dependencies, 'cordon', request, nameOf(caller)),
  drain: (dependencies, request, caller) => order(dependencies, 'drain', request, nameOf(caller)),
  setQuota,
  setContainer: (dependencies, request, caller) =>
    setContainer(dependencies, request, nameOf(caller)),
  uncordon,
  evict,
  canStop: (dependencies, request, caller) => canStop(dependencies, request, nameOf(caller)),
  releaseStop: (dependencies, request, caller) =>
    releaseStop(dependencies, request, nameOf(caller)),
  exportApp: (dependencies, {service}) => exportApp(dependencies, service),
  beginApply: (dependencies, request, {who}) => beginApply(dependencies, request, who),
  endApply,
  moves,
  cancelMoves: (dependencies, request, {who}) => cancelMoves(dependencies, request, who),
  why,
  events,
  checks: (dependencies) => checks(dependencies),
  undo,
  plan: whatIf,
  status: (dependencies) => status(dependencies),
  acceptRestore: acceptRestoredStore,
};

export function createAdminHandlers(dependencies: AdminDependencies): AdminHandlers {
  const reading = readingOnly(dependencies);
  const pages = new ShardPages(reading);
  const waits = new WaitChecks(reading);
  const probe = new StoreProbe(reading);
  const live = new LiveHub(reading, probe);
  const sources = {store: new SharedWatches(reading.store), probe};
  const answering: Answering = {
    ...ANSWERING,
    getShards: (_, query) => pages.page(query),
    waitCheck: (_, query, caller) => waits.check(query, caller),
  };
  return {
    ...mapped(answering, dependencies),
    movesStream: (query, {signal}) => moveEvents(reading, query, signal, sources),
    liveStream: (query, lastEventId, {apps, signal}) =>
      live.messages(query, lastEventId, {apps, signal}),
    eventsStream: (query, {apps, signal}) =>
      eventStream({...reading, apps}, query, signal, sources),
  };
}

type Handler = (dependencies: AdminDependencies, request: object, by: Caller) => Promise<unknown>;

/** Every operation with what it may work with. */
function mapped(
  answering: Answering,
  dependencies: AdminDependencies,
): Pick<AdminHandlers, AnsweringOperation> {
  const handlers = Object.entries(answering) as [AnsweringOperation, Handler][];
  return Object.fromEntries(
    handlers.map(([operation, handle]) => [
      operation,
      async (request: {readonly service?: string}, caller: Caller) => {
        await dependencies.callQuotas?.take(dependencies, request.service);
        if (request.service !== undefined) dependencies.bulkWork?.noteUse(request.service);
        const given = dependenciesFor(dependencies, operation, request, caller);
        return handle(given, request, caller).catch((error: unknown) => {
          throw withDoubt(error, dependencies.doubt?.());
        });
      },
    ]),
  ) as unknown as Pick<AdminHandlers, AnsweringOperation>;
}

/** An app that is not there may be one that a restored etcd lacks: to create it anew would be the wrong way out. */
function withDoubt(error: unknown, doubt: StoreDoubt | undefined): unknown {
  if (doubt === undefined || !(error instanceof SmError) || error.code !== 'APP_NOT_FOUND')
    return error;
  const text = `${error.message} in this etcd, which is in doubt (STORE_RESTORED): ${doubtText(doubt)}`;
  return new SmError('APP_NOT_FOUND', text, {
    hint: `see what is missing: sm status; ${ACCEPT_FIX}`,
    ...(error.object === undefined ? {} : {object: error.object}),
    cause: error,
  });
}

/** What an order keeps of its giver: the token's name, or the address where no token is asked for. */
function nameOf({who, address}: Caller): string {
  return who === 'local' ? address : who;
}
