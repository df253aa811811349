/** The admin services of a daemon, one function per operation of the API. */
import type {AdminHandlers, Caller} from '../http/dependencies.ts';
import {appNames, detail, getApp, getApps, getContainers, status} from './read/app-reads.ts';
import {addSpec, delSpec, updateSpec} from './write/app-writes.ts';
import {auditing} from './write/audit.ts';
import {cancelMoves} from './write/cancel-moves.ts';
import {checks} from './read/checks.ts';
import {order, uncordon} from './write/container-orders.ts';
import type {AdminDependencies} from './dependencies.ts';
import {beginApply, endApply} from './write/apply-marker.ts';
import {eventStream} from './stream/event-feed.ts';
import {events} from './read/events.ts';
import {evict} from './write/eviction.ts';
import {LiveHub} from './stream/live/live-hub.ts';
import {moveEvents} from './stream/move-stream.ts';
import {moves} from './read/moves.ts';
import {addShards, delShards} from './write/shard-batches.ts';
import {getShard, locate, ShardPages} from './read/shard-reads.ts';
import {acceptRestoredStore} from './write/restore.ts';
import {addShard, delShard, updateShard} from './write/shard-writes.ts';
import {WaitChecks} from './wait/waiting.ts';
import {whatIf} from './plan/what-if.ts';
import {why} from './plan/why.ts';
import {addWorker, delWorker} from './write/worker-groups.ts';
import {getWorker} from './read/worker-groups.ts';
import {exportApp} from './read/app-export.ts';

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

/** What an order keeps of its giver: the token's name, or the address where no token is asked for. */
function nameOf({who, address}: Caller): string {
  return who === 'local' ? address : who;
}
