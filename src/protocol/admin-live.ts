/**
 * The stream behind a live view: first everything the view shows, then what changes. Rows differ by `key`; a client puts
 * and removes them and never needs to know the order of the server.
 */
import * as z from 'zod';
import {APP_HEALTH} from '../model/health.ts';
import {alarmView, appView, shardCounts} from './admin-apps.ts';
import {containerView} from './admin-containers.ts';
import {
  optionalContainerField,
  queryFlag,
  queryNumber,
  revisionField,
  serviceField,
} from './admin-fields.ts';
import {finishedMove, runningMove} from './admin-moves.ts';
import {shardState, shardView} from './admin-shards.ts';
import {moveWait} from './move-wait.ts';
import type {LiveSection} from './live-words.ts';
import {FILTER_MAX_CHARACTERS, LIVE_SHARDS_DEFAULT, LIVE_SHARDS_LIMIT} from './limits.ts';

export * from './live-words.ts';

export const liveView = z.enum(['apps', 'containers', 'shards', 'moves', 'top']);
export const liveSort = z.enum(['trouble', 'name', 'container']);

export const liveQuery = z.strictObject({
  /** What is shown. */
  view: liveView,
  /** Required for containers, shards and moves; apps and top show all apps. */
  service: serviceField.optional(),
  /** In any case: of shards, part of the id or of the container's; of containers, of what is shown of them. */
  filter: z.string().max(FILTER_MAX_CHARACTERS).default(''),
  /** Of shards only, like all that follows: those in this state. */
  state: shardState.optional(),
  /** Only shards of this container id. */
  container: optionalContainerField.optional(),
  /** Only shards without a container. Default false. */
  unplaced: queryFlag.default(false),
  /** What the window is cut by. */
  sort: liveSort.default('trouble'),
  /** Most shards that are shown. */
  limit: queryNumber(1, LIVE_SHARDS_LIMIT).default(LIVE_SHARDS_DEFAULT),
});

const keyed = {
  /** Names the row for as long as the stream lives. */
  key: z.string(),
  service: z.string(),
};

export const liveContainer = containerView.omit({labels: true, host: true, sdk: true}).extend({
  ...keyed,
  /** Most shards it may hold; 0: no limit. */
  capacity: z.int(),
  /** Shards each open container of the app would hold if all were alike; 0 without an open one. */
  share: z.int(),
  /** RFC 3339 time of the last heartbeat when the next is overdue; '' while they come in time. */
  lateSince: z.string(),
});

export const liveShard = shardView
  .omit({task: true, updateTime: true, taskVersion: true})
  .extend(keyed);

export const liveApp = appView.extend(keyed);

export const liveMove = runningMove.extend({
  ...keyed,
  /** It does not get on: failures, or a hook of the application that does not end. */
  stuck: z.boolean(),
  note: z.string(),
});

export const liveFinished = finishedMove.extend(keyed);

const section = <Row extends z.ZodType>(row: Row) =>
  z.object({
    /** New and changed rows. */
    set: z.array(row),
    /** Keys of rows that have gone. */
    gone: z.array(z.string()),
  });

/** Figures that belong to no single row. */
export const liveSummary = z.object({
  /** sm's own service name. */
  cluster: z.string(),
  /** The app of the view; '' for all. */
  service: z.string(),
  /** Of the app, or of the cluster when the view is of all. */
  health: z.enum([...APP_HEALTH, 'NO LEADER']),
  /** There is such an app. */
  exists: z.boolean(),
  deleting: z.boolean(),
  paused: z.boolean(),
  /** What its moves wait for that have not begun; absent for all apps, and from older daemons. */
  waits: z.array(moveWait).optional(),
  /** No governor has anything left to do. */
  settled: z.boolean(),
  /** Daemon that governs the app, or that leads. */
  governor: z.string(),
  daemons: z.int(),
  apps: z.int(),
  /** Number of containers by state. */
  containers: z.record(z.string(), z.int()),
  shards: shardCounts,
  /** Rows that match the query, and rows there are, of the kind that the view lists. */
  matched: z.int(),
  total: z.int(),
  moves: z.object({
    running: z.int(),
    stuck: z.int(),
    /** Of the last ten minutes. */
    done: z.int(),
    failed: z.int(),
    /** Median of the finished moves of the last ten minutes, ms; 0 without any. */
    medianMs: z.int(),
    /** Finished within the last minute. */
    perMinute: z.int(),
  }),
  /** The first of them. */
  alarms: z.array(alarmView),
  alarmCount: z.int(),
});

/** RFC 3339 time of the daemon's wall clock: ages are counted from it, so the clocks of two machines need not agree. */
const at = z.string();

export const liveHello = z.object({
  type: z.literal('hello'),
  /** What is shown. */
  view: liveView,
  at,
  /** true: goes on behind Last-Event-ID. false: everything follows anew. */
  resumed: z.boolean(),
  beatMs: z.int(),
});

export const liveRows = z.object({
  type: z.literal('rows'),
  /** Id of the event, for Last-Event-ID; '' unless `more` is false. */
  id: z.string(),
  /** What was shown before is void. */
  reset: z.boolean(),
  /** The rest follows: show nothing yet. */
  more: z.boolean(),
  revision: revisionField,
  at,
  /** How long the oldest change in here has waited in the daemon. */
  lagMs: z.int(),
  /** null: as before. */
  summary: liveSummary.nullable(),
  apps: section(liveApp).optional(),
  containers: section(liveContainer).optional(),
  shards: section(liveShard).optional(),
  moves: section(liveMove).optional(),
  finished: section(liveFinished).optional(),
});

export const liveBeat = z.object({
  type: z.literal('beat'),
  at,
  /** Round trip to the store. */
  lagMs: z.int(),
  store: z.object({
    ok: z.boolean(),
    /** RFC 3339 time since when it is away; '' when it is not. */
    since: z.string(),
    reason: z.string(),
  }),
});

export const liveMessage = z.discriminatedUnion('type', [liveHello, liveRows, liveBeat]);

export type LiveView = z.output<typeof liveView>;
export type LiveQuery = z.output<typeof liveQuery>;
export type LiveContainer = z.output<typeof liveContainer>;
export type LiveShard = z.output<typeof liveShard>;
export type LiveApp = z.output<typeof liveApp>;
export type LiveMove = z.output<typeof liveMove>;
export type LiveFinished = z.output<typeof liveFinished>;
export type LiveSummary = z.output<typeof liveSummary>;
export type LiveRows = z.output<typeof liveRows>;
export type LiveBeat = z.output<typeof liveBeat>;
export type LiveMessage = z.output<typeof liveMessage>;
/** The row of a section. */
export interface LiveRowOf {
  readonly apps: LiveApp;
  readonly containers: LiveContainer;
  readonly shards: LiveShard;
  readonly moves: LiveMove;
  readonly finished: LiveFinished;
}
export type LiveRow = LiveRowOf[LiveSection];
