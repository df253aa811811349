import * as z from 'zod';
import {APP_HEALTH} from '../model/health.ts';
import {changeFields, lastingField, noteView, ofApp, revisionField} from './admin-fields.ts';
import {moveWait} from './move-wait.ts';
import {placementField, storedPlacement} from './placement-policy.ts';
import {
  MAX_MOVING_LIMIT,
  MAX_RECOVERY_TIME_DEFAULT_S,
  MAX_RECOVERY_TIME_LIMIT_S,
  MAX_SHARD_COUNT_LIMIT,
  QUOTA_MOST,
} from '../model/limits.ts';

const maxShardCountField = z
  .int()
  .min(0)
  .max(MAX_SHARD_COUNT_LIMIT)
  .meta({description: 'Maximum number of shards on one container; 0: no limit.'});
const maxRecoveryTimeField = z
  .int()
  .min(0)
  .max(MAX_RECOVERY_TIME_LIMIT_S)
  .meta({description: 'Seconds a lost container’s shards wait for it to come back.'});
const maxMovingField = z.int().min(0).max(MAX_MOVING_LIMIT).meta({
  description:
    'Maximum number of shards that planned moves take out of service at once; 0: a tenth of the shards, at least 4, at most 100.',
});

export const addSpecRequest = z.strictObject({
  ...ofApp,
  /** Most shards of one container; 0: no limit. Default 0. */
  maxShardCount: maxShardCountField.default(0),
  /** How long the shards of a lost container wait for its return, s. Default 10. */
  maxRecoveryTime: maxRecoveryTimeField.default(MAX_RECOVERY_TIME_DEFAULT_S),
  /** Most shards that planned moves take out of service at once; 0: the limit follows from the number of shards. Default 0. */
  maxMoving: maxMovingField.optional(),
  /** Left out: by default. */
  placement: placementField.optional(),
  /** The origin's clients send it; the server's clock is used instead. */
  createTime: z.int().optional(),
  ...changeFields,
});

export const updateSpecRequest = z.strictObject({
  ...ofApp,
  /** Most shards of one container; 0: no limit. Default: as it is. */
  maxShardCount: maxShardCountField.optional(),
  /** How long the shards of a lost container wait for its return, s. Default: as it is. */
  maxRecoveryTime: maxRecoveryTimeField.optional(),
  /** Most shards that planned moves take out of service at once; 0: the limit follows from the number of shards. Default: as it is. */
  maxMoving: maxMovingField.optional(),
  /** Takes the place of the whole policy; {}: by default. */
  placement: placementField.optional(),
  /** true: no voluntary moves; recovery goes on. */
  paused: z.boolean().optional(),
  /** With paused true: how long, ms. */
  pauseForMs: lastingField,
  ...changeFields,
});

const quotaField = z.int().min(1).max(QUOTA_MOST).nullable().optional();

/** Given: it counts from now on; null: as by default again. */
export const setQuotaRequest = z.strictObject({
  ...ofApp,
  /** Most shards. */
  shards: quotaField,
  /** Most containers. */
  containers: quotaField,
  /** Most bytes of shard ids and tasks, UTF-8. */
  specBytes: quotaField,
  /** Most groups of shards and worker groups. */
  groups: quotaField,
  /** Most push containers. */
  pushSessions: quotaField,
  /** Most admin calls about the app, per second. */
  callsPerSecond: quotaField,
  ...changeFields,
});

export const delSpecRequest = z.strictObject({
  ...ofApp,
  /** Also when it has shards or living containers. */
  force: z.boolean().default(false),
  ...changeFields,
});

export const serviceQuery = z.strictObject({...ofApp});
export const noQuery = z.strictObject({});

/** The origin's answer: names only. */
export const getSpecAnswer = z.object({services: z.array(z.string())});

export const alarmView = z.object({
  /** App it belongs to. */
  service: z.string(),
  code: z.string(),
  text: z.string(),
  /** RFC 3339. */
  since: z.string(),
  /** Shard id of UNSERVED, else container id; '' where it is about the app as a whole. */
  object: z.string(),
  /** What leads out of it: a command or a sentence; '' where none is known. */
  fix: z.string(),
});

export const shardCounts = z.object({
  total: z.int(),
  ready: z.int(),
  /** Assigned, owned but not ready, or free between two owners. */
  moving: z.int(),
  unplaced: z.int(),
  /** Recorded as somebody's, while no write commits: whether they are served cannot be known. */
  unknown: z.int(),
  failed: z.int(),
  quarantined: z.int(),
  /** Records whose spec is gone and which the governor has yet to remove. */
  removing: z.int(),
});

/**
 * UNKNOWN: no write of this daemon has committed within T, so that records say nothing of the present; REMOVING: it is being removed; TROUBLE: shards that nobody serves or that fail, containers that are not heard, or alarms; PAUSED: voluntary moves
 * are stopped and all is ready; MOVING: not all is ready, or the governor has something left to do.
 */
export const appHealth = z.enum(APP_HEALTH);

/** The app is in its quiet time: nothing moves for balance alone. */
export const quietView = z.object({
  /** RFC 3339; '' while a container is leaving or silent. */
  until: z.string(),
  /** What began it last. */
  why: z.string(),
});

/** By name of the quota. */
export const quotaView = z.record(
  z.string(),
  z.object({
    /** Absent where it is not counted by the app: calls. */
    used: z.int().optional(),
    limit: z.int(),
  }),
);

export const appView = z.object({
  service: z.string(),
  health: appHealth,
  /** Unix seconds. */
  createTime: z.number(),
  maxShardCount: z.number(),
  maxRecoveryTime: z.number(),
  /** Most shards that planned moves take out of service at once: as set, or by default. */
  maxMoving: z.number(),
  /** As set; {}: by default. */
  placement: storedPlacement,
  /** What it takes and what it may; absent in answers of older daemons. */
  quota: quotaView.optional(),
  /** null: it is not in its quiet time. */
  quiet: quietView.nullable(),
  /** What moves wait for that have not begun, as the governor has put it down; absent in answers of older daemons. */
  waits: z.array(moveWait).optional(),
  /** Drains that cannot end: how many shards have nowhere to go, why, and what leads out; absent where there are none. */
  stranded: z
    .array(z.object({container: z.string(), text: z.string(), fix: z.string()}))
    .optional(),
  deleting: z.boolean(),
  paused: z.boolean(),
  /** Who paused it, why, and until when; null where nobody said so. */
  pause: noteView.nullable().default(null),
  /** ISO time of the last write of the daemon that answers, when that is longer ago than T; '' while writes commit. */
  unknownSince: z.string(),
  /** Daemon that governs the app; '' when none does. */
  governor: z.string(),
  /** RFC 3339 time of the governor's last word; '' before the first. */
  governedAt: z.string(),
  /** The governor has nothing left to do. */
  settled: z.boolean(),
  shards: shardCounts,
  /** Number of containers by state. */
  containers: z.record(z.string(), z.int()),
  alarms: z.array(alarmView),
});

export const getAppAnswer = z.object({app: appView, revision: revisionField});
export const getAppsAnswer = z.object({apps: z.array(appView), revision: revisionField});

/** The origin's overall view of one app. Field names are the origin's. */
export const detailAnswer = z.object({
  spec: z.looseObject({service: z.string()}),
  /** By shard id. */
  shardSpec: z.record(z.string(), z.looseObject({})),
  /** Container ids by worker group. */
  workerGroup: z.record(z.string(), z.array(z.string())),
  /** Shard ids by container id. */
  allocate: z.record(z.string(), z.array(z.string())),
  aliveContainers: z.array(z.string()),
  notAllocateShards: z.array(z.string()),
});

export type AlarmView = z.output<typeof alarmView>;
export type ShardCounts = z.output<typeof shardCounts>;
export type AppView = z.output<typeof appView>;
