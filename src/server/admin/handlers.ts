/** The admin services of a daemon, one function per operation of the API. */
import type {AdminHandlers, Caller} from '../http/dependencies.ts';
import {getApp, getApps, appNames, detail, status} from './app-reads.ts';
import {addSpec, delSpec, updateSpec} from './app-writes.ts';
import {auditing} from './audit.ts';
import {cancelMoves} from './cancel-moves.ts';
import {checks} from './checks.ts';
import {order, uncordon} from './container-orders.ts';
import {containerViews} from './container-views.ts';
import type {AdminDependencies} from './dependencies.ts';
import {beginApply, endApply, exportApp} from './declared.ts';
import {eventStream} from './event-feed.ts';
import {events} from './events.ts';
import {evict} from './eviction.ts';
import {listApp} from './listing.ts';
import {LiveHub} from './live/live-hub.ts';
import {moveEvents} from './move-stream.ts';
import {moves} from './moves.ts';
import {addShards, delShards} from './shard-batches.ts';
import {getShard, locate, ShardPages} from './shard-reads.ts';
import {acceptRestoredStore} from './restore.ts';
import {addShard, delShard, updateShard} from './shard-writes.ts';
import {WaitChecks} from './waiting.ts';
import {whatIf} from './what-if.ts';
import {why} from './why.ts';
import {addWorker, delWorker, getWorker} from './worker-groups.ts';

export function createAdminHandlers(dependencies: AdminDependencies): AdminHandlers {
  const pages = new ShardPages(dependencies);
  const waits = new WaitChecks(dependencies);
  const live = new LiveHub(dependencies);
  const audited = (operation: string, request: object, caller: Caller): AdminDependencies =>
    auditing(dependencies, operation, request, caller);
  return {
    addSpec: (request, caller) => addSpec(audited('addSpec', request, caller), request),
    updateSpec: (request, caller) => updateSpec(audited('updateSpec', request, caller), request),
    delSpec: (request, caller) => delSpec(audited('delSpec', request, caller), request),
    getSpec: async () => ({services: (await appNames(dependencies)).names}),
    getApp: ({service}) => getApp(dependencies, service),
    getApps: () => getApps(dependencies),
    detail: ({service}) => detail(dependencies, service),
    addShard: (request, caller) => addShard(audited('addShard', request, caller), request),
    addShards: (request, caller) => addShards(audited('addShards', request, caller), request),
    updateShard: (request, caller) => updateShard(audited('updateShard', request, caller), request),
    delShard: (request, caller) => delShard(audited('delShard', request, caller), request),
    delShards: (request, caller) => delShards(audited('delShards', request, caller), request),
    getShard: ({service}) => getShard(dependencies, service),
    getShards: (query) => pages.page(query),
    locate: (query) => locate(dependencies, query),
    addWorker: (request, caller) => addWorker(audited('addWorker', request, caller), request),
    delWorker: (request, caller) => delWorker(audited('delWorker', request, caller), request),
    getWorker: ({service}) => getWorker(dependencies, service),
    getContainers: ({service}) => getContainers(dependencies, service),
    cordon: (request, caller) =>
      order(audited('cordon', request, caller), 'cordon', request, nameOf(caller)),
    drain: (request, caller) =>
      order(audited('drain', request, caller), 'drain', request, nameOf(caller)),
    uncordon: (request, caller) => uncordon(audited('uncordon', request, caller), request),
    evict: (request, caller) => evict(audited('evict', request, caller), request),
    exportApp: ({service}) => exportApp(dependencies, service),
    // The changes made under the marker have entries of their own.
    beginApply: (request, caller) => beginApply(dependencies, request, caller.who),
    endApply: (request) => endApply(dependencies, request),
    moves: (query) => moves(dependencies, query),
    movesStream: (query, caller) => moveEvents(dependencies, query, caller.signal),
    liveStream: (query, lastEventId, {signal}) => live.messages(query, lastEventId, signal),
    cancelMoves: (request, caller) =>
      cancelMoves(audited('cancelMoves', request, caller), request, caller.who),
    why: (query) => why(dependencies, query),
    events: (query) => events(dependencies, query),
    eventsStream: (query, caller) => eventStream(dependencies, query, caller.signal),
    checks: () => checks(dependencies),
    plan: (request) => whatIf(dependencies, request),
    status: () => status(dependencies),
    acceptRestore: (request) => acceptRestoredStore(dependencies, request),
    waitCheck: (query, caller) => waits.check(query, caller.signal),
  };
}

async function getContainers(dependencies: AdminDependencies, app: string) {
  const parts = ['orders', 'own', 'heartbeats', 'ids', 'status'] as const;
  const listing = await listApp(dependencies, app, parts);
  return {containers: containerViews(listing), revision: String(listing.revision)};
}

/** What an order keeps of its giver: the token's name, or the address where no token is asked for. */
function nameOf({who, address}: Caller): string {
  return who === 'local' ? address : who;
}
