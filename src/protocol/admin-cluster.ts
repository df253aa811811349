import * as z from 'zod';
import {CLUSTER_HEALTH} from '../model/health.ts';
import {alarmView, appView} from './admin-apps.ts';
import {containerView} from './admin-containers.ts';
import {ofApp, queryNumber, reasonField, revisionField, writeAnswer} from './admin-fields.ts';
import {KEY_MAX_CHARACTERS, WAIT_TIMEOUT_LIMIT_MS} from './limits.ts';
import {NAME_MAX_BYTES} from '../model/limits.ts';

export const healthAnswer = z.object({msg: z.literal('success')});

export const statusAnswer = z.object({
  /** sm's own service name. */
  service: z.string(),
  /** Program version of the daemon that answers. */
  version: z.string(),
  /** UNKNOWN: no write of this daemon has committed within T; NO LEADER; else the worst of its apps, its daemons and the alarms of sm itself. */
  health: z.enum(CLUSTER_HEALTH),
  leader: z.object({container: z.string(), incarnation: z.string(), since: z.string()}).nullable(),
  /** The daemons, as containers of sm's own service. */
  daemons: z.array(containerView),
  /** Daemons that were lost within a day and are not back: id, and RFC 3339 time of the loss; absent in answers of older daemons. */
  lostDaemons: z.array(z.object({id: z.string(), at: z.string()})).optional(),
  apps: z.array(appView),
  counts: z.object({
    daemons: z.int(),
    apps: z.int(),
    containers: z.int(),
    shards: z.int(),
    ready: z.int(),
    unplaced: z.int(),
    unknown: z.int(),
    failed: z.int(),
    quarantined: z.int(),
  }),
  alarms: z.array(alarmView),
  store: z.object({
    clusterId: z.string(),
    epoch: z.int(),
    /** How somebody saw that etcd was restored or replaced, which nobody has accepted yet; '' when all is well. */
    restored: z.string(),
    /** How long `acceptRestore` would wait now, ms: until then somebody may act by a right of before. 0 where there is nothing to accept. */
    acceptWaitMs: z.number(),
    /** ISO time of the daemon's last write that committed, when that is longer ago than T; '' while writes commit. */
    unknownSince: z.string(),
    /** Why no write commits, as far as the store says; '' while writes commit. */
    reason: z.string(),
  }),
  revision: revisionField,
});

export const waitKind = z.enum(['app', 'shard', 'container']);
export const waitGoal = z.enum(['exists', 'gone', 'ready', 'balanced', 'drained']);

export const waitCheckQuery = z.strictObject({
  ...ofApp,
  /** What is waited for. */
  kind: waitKind,
  /** Shard or container id; for an app it may be left out. */
  id: z.string().max(KEY_MAX_CHARACTERS).default(''),
  /** With `gone` of a container: only this process of it, whoever has its id now. */
  incarnation: z.string().max(KEY_MAX_CHARACTERS).default(''),
  /** State in which it is to be. */
  for: waitGoal,
  /** How long the server may hold the answer back until the goal is met, ms. */
  timeoutMs: queryNumber(0, WAIT_TIMEOUT_LIMIT_MS).default(0),
});

export const waitCheckAnswer = z.object({
  met: z.boolean(),
  /** Everything was checked at this revision. */
  revision: revisionField,
  /** The first of what is missing, by id. */
  missing: z.array(z.object({id: z.string(), reason: z.string()})),
  missingCount: z.int(),
});

export const acceptRestoreRequest = z.strictObject({
  /** sm's own service name: it is a step that cannot be taken back. */
  confirm: z.string().min(1).max(NAME_MAX_BYTES),
  /** Step the epoch up though nobody doubts etcd: it was restored while no process ran that would have noticed. */
  force: z.boolean().default(false),
  /** Why; kept in the audit. */
  reason: reasonField.default(''),
});
export const acceptRestoreAnswer = writeAnswer.extend({
  /** Every token to come is of this epoch, and newer than all before. */
  epoch: z.int(),
  clusterId: z.string(),
});

export type StatusAnswer = z.output<typeof statusAnswer>;
export type WaitGoal = z.output<typeof waitGoal>;
export type WaitCheckQuery = z.output<typeof waitCheckQuery>;
export type WaitCheckAnswer = z.output<typeof waitCheckAnswer>;
