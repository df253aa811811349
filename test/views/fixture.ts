/** Messages of a made-up cluster, as a daemon would send them, and states of views that have heard them. */
import type {
  LiveApp,
  LiveContainer,
  LiveFinished,
  LiveMessage,
  LiveMove,
  LiveRows,
  LiveShard,
  LiveSummary,
  LiveView,
} from '../../src/protocol/admin.ts';
import {liveMessage} from '../../src/protocol/admin.ts';
import {appHealth, clusterHealth} from '../../src/model/health.ts';
import {reduce} from '../../src/views/view-reducer.ts';
import type {Action} from '../../src/views/view-reducer.ts';
import {specOf} from '../../src/views/view-spec.ts';
import {startOf} from '../../src/views/view-state.ts';
import type {Size, ViewState} from '../../src/views/view-state.ts';

/** The daemon's wall clock when everything was heard; monotonic time starts at 0 then. */
export const AT = '2026-03-04T14:02:07.000Z';
const AT_MS = Date.parse(AT);
/** RFC 3339 time so many seconds before. */
export const ago = (seconds: number): string => new Date(AT_MS - seconds * 1_000).toISOString();

export function container(id: string, over: Partial<LiveContainer> = {}): LiveContainer {
  const service = over.service ?? 'orders';
  return {
    key: `${service}/${id}/${id}-1`,
    service,
    id,
    incarnation: `${id}-1`,
    state: 'ready',
    since: '',
    note: '',
    endpoint: `${id}.example:7000`,
    pid: 4711,
    zone: 'eu-a',
    version: '1.4.2',
    ttlMs: 10_000,
    problem: '',
    shards: {total: 16, ready: 16, dropping: 0},
    order: null,
    ...{weight: 1, limits: {}, override: null},
    stop: null,
    capacity: 24,
    share: 16,
    lateSince: '',
    ...over,
  };
}

export function shard(id: string, over: Partial<LiveShard> = {}): LiveShard {
  return {
    key: id,
    id,
    service: 'orders',
    manualContainerId: '',
    pinned: null,
    group: '',
    workerGroup: '',
    removing: false,
    state: 'ready',
    container: 'orders-1',
    incarnation: 'orders-1-1',
    token: '0000000000000000001.0000000000000000042',
    reason: '',
    move: null,
    failures: 0,
    lastError: '',
    revision: '42',
    ...over,
  };
}

export function app(service: string, over: Partial<LiveApp> = {}): LiveApp {
  const row = {
    key: service,
    service,
    createTime: 1_700_000_000,
    maxShardCount: 24,
    maxRecoveryTime: 10,
    maxMoving: 4,
    pause: null,
    placement: {},
    quiet: null,
    deleting: false,
    paused: false,
    unknownSince: '',
    governor: '10.0.0.1:8801',
    governedAt: ago(30),
    settled: true,
    shards: counts(69),
    containers: {ready: 6},
    alarms: [],
    ...over,
  };
  return {...row, health: over.health ?? appHealth(row)};
}

export function move(id: string, name: string, over: Partial<LiveMove> = {}): LiveMove {
  return {
    key: `orders/${name}`,
    service: 'orders',
    id,
    shard: name,
    from: 'orders-2',
    to: 'orders-6',
    why: 'drain orders-2',
    startedAt: ago(2),
    step: 'adding',
    failures: 0,
    lastError: '',
    revision: '42',
    stuck: false,
    note: '',
    ...over,
  };
}

export function finished(id: string, name: string, over: Partial<LiveFinished> = {}): LiveFinished {
  return {
    key: `orders/${id}/${name}`,
    service: 'orders',
    id,
    shard: name,
    from: 'orders-2',
    to: 'orders-1',
    why: 'drain orders-2',
    endedAt: ago(5),
    outcome: 'done',
    note: '',
    ...over,
    startedAt: new Date(Date.parse(over.endedAt ?? ago(5)) - 18).toISOString(),
  };
}

export function counts(total: number, over: Partial<LiveSummary['shards']> = {}) {
  const shards = {
    total,
    ready: total,
    moving: 0,
    unplaced: 0,
    unknown: 0,
    failed: 0,
    quarantined: 0,
    removing: 0,
  };
  return {...shards, ...over};
}

export function summary(over: Partial<LiveSummary> = {}): LiveSummary {
  const figures = {
    cluster: 'sm.example',
    service: 'orders',
    exists: true,
    deleting: false,
    paused: false,
    settled: true,
    governor: '10.0.0.1:8801',
    daemons: 2,
    apps: 1,
    containers: {},
    shards: counts(0),
    matched: 0,
    total: 0,
    moves: {running: 0, stuck: 0, done: 0, failed: 0, medianMs: 0, perMinute: 0},
    alarms: [],
    alarmCount: 0,
    ...over,
  };
  const {governor, alarms} = figures;
  const unknownSince = '';
  const apps = [{...figures, unknownSince}];
  const health = clusterHealth({leader: governor !== '', daemons: {}, alarms, apps, unknownSince});
  return {...figures, health: over.health ?? health};
}

export type Rows = Partial<{
  apps: LiveApp[];
  containers: LiveContainer[];
  shards: LiveShard[];
  moves: LiveMove[];
  finished: LiveFinished[];
}>;

export function rows(sections: Rows, over: Partial<LiveRows> = {}): LiveMessage {
  const set = Object.entries(sections).map(([name, all]) => [name, {set: all, gone: []}]);
  const message = {
    type: 'rows',
    id: 'abcdefabcdef.1',
    reset: true,
    more: false,
    revision: '42',
    at: AT,
    lagMs: 200,
    summary: summary(),
    ...Object.fromEntries(set),
    ...over,
  };
  return liveMessage.parse(message);
}

export const heard = (message: LiveMessage, nowMs = 0): Action => ({
  type: 'link',
  event: {type: 'message', message},
  nowMs,
});

/** A view that has heard these messages. */
export function viewOf(view: LiveView, size: Size, ...actions: readonly Action[]): ViewState {
  const service = view === 'apps' || view === 'top' ? '' : 'orders';
  const commands: Record<LiveView, string> = {
    containers: 'sm container ls --watch',
    shards: 'sm shard ls --watch',
    apps: 'sm app ls --watch',
    moves: 'sm moves watch',
    top: 'sm top',
  };
  const labels = {command: commands[view], service, server: '10.0.0.1:8801'};
  const start = startOf(specOf(view), labels, {size, nowMs: 0});
  return actions.reduce(reduce, start);
}
