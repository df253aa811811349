/** The admin services of a daemon, one function per operation of the API. */
import type {AdminHandlers} from '../http/dependencies.ts';
import {getApp, getApps, appNames, detail, status} from './app-reads.ts';
import {addSpec, delSpec, updateSpec} from './app-writes.ts';
import {order, uncordon} from './container-orders.ts';
import {containerViews} from './container-views.ts';
import type {AdminDependencies} from './dependencies.ts';
import {listApp} from './listing.ts';
import {moveEvents} from './move-stream.ts';
import {moves} from './moves.ts';
import {addShards, delShards} from './shard-batches.ts';
import {getShard, locate, ShardPages} from './shard-reads.ts';
import {acceptRestoredStore} from './restore.ts';
import {addShard, delShard, updateShard} from './shard-writes.ts';
import {WaitChecks} from './waiting.ts';
import {whatIf} from './what-if.ts';
import {addWorker, delWorker, getWorker} from './worker-groups.ts';

export function createAdminHandlers(dependencies: AdminDependencies): AdminHandlers {
  const pages = new ShardPages(dependencies);
  const waits = new WaitChecks(dependencies);
  return {
    addSpec: (request) => addSpec(dependencies, request),
    updateSpec: (request) => updateSpec(dependencies, request),
    delSpec: (request) => delSpec(dependencies, request),
    getSpec: async () => ({services: (await appNames(dependencies)).names}),
    getApp: ({service}) => getApp(dependencies, service),
    getApps: () => getApps(dependencies),
    detail: ({service}) => detail(dependencies, service),
    addShard: (request) => addShard(dependencies, request),
    addShards: (request) => addShards(dependencies, request),
    updateShard: (request) => updateShard(dependencies, request),
    delShard: (request) => delShard(dependencies, request),
    delShards: (request) => delShards(dependencies, request),
    getShard: ({service}) => getShard(dependencies, service),
    getShards: (query) => pages.page(query),
    locate: (query) => locate(dependencies, query),
    addWorker: (request) => addWorker(dependencies, request),
    delWorker: (request) => delWorker(dependencies, request),
    getWorker: ({service}) => getWorker(dependencies, service),
    getContainers: ({service}) => getContainers(dependencies, service),
    cordon: (request, caller) => order(dependencies, 'cordon', request, caller.address),
    drain: (request, caller) => order(dependencies, 'drain', request, caller.address),
    uncordon: (request) => uncordon(dependencies, request),
    moves: (query) => moves(dependencies, query),
    movesStream: (query, caller) => moveEvents(dependencies, query, caller.signal),
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
