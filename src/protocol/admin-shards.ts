import * as z from 'zod';
import {SHARD_STATES} from '../model/trouble.ts';
import {
  changeFields,
  groupField,
  lastingField,
  noteView,
  ofApp,
  ofShard,
  optionalContainerField,
  optionalWorkerGroupField,
  queryFlag,
  queryNumber,
  revisionField,
  shardIdField,
  taskField,
} from './admin-fields.ts';
import {loadsField, priorityField, spreadKeyField} from './placement-policy.ts';
import {
  BATCH_ITEMS_LIMIT,
  CURSOR_MAX_CHARACTERS,
  SHARD_PAGE_DEFAULT,
  SHARD_PAGE_LIMIT,
} from './limits.ts';

const shardFields = {
  /** Shard id, 1-200 bytes of printable UTF-8. */
  shardId: shardIdField,
  /** What the owner is given with the shard: any text. Default ''. */
  task: taskField.default(''),
  /** Container id to which the shard is pinned; '': to none. Default ''. */
  manualContainerId: optionalContainerField.default(''),
  /** Shards of one group are spread evenly by themselves. Default '', which is a group too. */
  group: groupField.default(''),
  /** Only containers of this worker group may own it; '': any. Default ''. */
  workerGroup: optionalWorkerGroupField.default(''),
  /** Load by metric, for apps that report none. */
  load: loadsField.default({}),
  /** Two shards of one key are never on one container; '': no such bond. Default ''. */
  spreadKey: spreadKeyField.default(''),
  /** Where room is short the highest are placed first. Default 0. */
  priority: priorityField.default(0),
};

export const addShardRequest = z.strictObject({
  ...ofApp,
  ...shardFields,
  ...changeFields,
});

export const updateShardRequest = z.strictObject({
  ...ofShard,
  /** Another task: the owner drops the shard and adds it anew, with a new token. */
  task: taskField.optional(),
  /** Container id to which the shard is pinned; '': to none. Default, as of all that follows: as it is. */
  manualContainerId: optionalContainerField.optional(),
  /** With a pin: how long, ms. */
  pinForMs: lastingField,
  /** Shards of one group are spread evenly by themselves. */
  group: groupField.optional(),
  /** Only containers of this worker group may own it; '': any. */
  workerGroup: optionalWorkerGroupField.optional(),
  /** Load by metric, for apps that report none; takes the place of all of it. */
  load: loadsField.optional(),
  /** Two shards of one key are never on one container; '': no such bond. */
  spreadKey: spreadKeyField.optional(),
  /** Where room is short the highest are placed first. */
  priority: priorityField.optional(),
  ...changeFields,
});

export const delShardRequest = z.strictObject({
  ...ofShard,
  ...changeFields,
});

/** One item of add-shards. */
export const addShardItem = z.strictObject(shardFields);
/** One item of del-shards. */
export const delShardItem = z.strictObject({
  /** Shard id, 1-200 bytes of printable UTF-8. */
  shardId: shardIdField,
});
export type AddShardItem = z.input<typeof addShardItem>;
export type DelShardItem = z.input<typeof delShardItem>;

// Items are checked one by one by the service: a bad one gets its own answer and spoils no other.
const looseItems = <Item>(description: string) =>
  z.array(z.custom<Item>()).min(1).max(BATCH_ITEMS_LIMIT).meta({description});

export const addShardsRequest = z.strictObject({
  ...ofApp,
  /** The shards to create, each as in `addShard`; only `shardId` is required. */
  shards: looseItems<AddShardItem>(
    'Items {shardId, task, manualContainerId, group, workerGroup, load, spreadKey, priority}; only shardId is required.',
  ),
  ...changeFields,
});
export const delShardsRequest = z.strictObject({
  ...ofApp,
  /** The shards to delete. */
  shards: looseItems<DelShardItem>('Items {shardId}.'),
  ...changeFields,
});

/**
 * created | unchanged | conflict (exists with other content) | deleted | absent | invalid | refused (the app is gone or
 * going) | duplicate (the same id stands twice in the call, the first counts) | unknown (no answer from the store).
 */
export const batchItemResult = z.enum([
  'created',
  'unchanged',
  'conflict',
  'deleted',
  'absent',
  'invalid',
  'refused',
  'duplicate',
  'unknown',
]);

export const batchAnswer = z.object({
  /** In the order of the request. */
  items: z.array(
    z.object({
      shardId: z.string(),
      result: batchItemResult,
      error: z.string().optional(),
      /** It is done, and something about it should be known. */
      warning: z.string().optional(),
    }),
  ),
  changed: z.boolean(),
  /** Items with a result that is a failure: conflict, invalid, refused, duplicate, unknown. */
  failed: z.int(),
  revision: revisionField,
});

/** The origin's answer: ids only. */
export const getShardAnswer = z.object({shards: z.array(z.string())});

/**
 * unplaced: nobody has it, or its container is silent or lost; assigned: chosen, not claimed; owned: claimed, `add` runs; ready; dropping: asked to let go;
 * free: between two owners; failed: `add` failed five times or more in a row; quarantined: its record or spec cannot be read.
 */
export const shardState = z.enum(SHARD_STATES);

export const moveNoteView = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  why: z.string(),
  startedAt: z.string(),
});

export const shardView = z.object({
  id: z.string(),
  service: z.string(),
  task: z.string(),
  manualContainerId: z.string(),
  /** Who pinned it, why, and until when; null where nobody said so. */
  pinned: noteView.nullable().default(null),
  group: z.string(),
  workerGroup: z.string(),
  /** As declared, by metric. */
  load: z.record(z.string(), z.number()).optional(),
  spreadKey: z.string().optional(),
  priority: z.number().optional(),
  /** Unix seconds. */
  updateTime: z.number(),
  taskVersion: z.number(),
  /** The spec is gone, the record not yet. */
  removing: z.boolean(),
  state: shardState,
  /** Container the record names; '' for none. */
  container: z.string(),
  incarnation: z.string(),
  /** Fencing token; '' when nobody owns it. */
  token: z.string(),
  /** Why it has no container, stays where it should not, or cannot be read; '' when all is well. */
  reason: z.string(),
  move: moveNoteView.nullable(),
  failures: z.int(),
  lastError: z.string(),
  /** By metric of the app's policy: load as reported, by the governor's last summary, else as declared; a metric of which neither is known is left out, and counts as the mean of the other shards. Absent where the policy names no metric. */
  currentLoad: z.record(z.string(), z.number()).optional(),
  /** Revision of the ownership record; '0' when there is none. */
  revision: revisionField,
});

export const getShardsQuery = z.strictObject({
  ...ofApp,
  /** Only shards in this state. */
  state: shardState.optional(),
  /** Only shards of this container id. */
  container: optionalContainerField.optional(),
  /** Only this shard. */
  shardId: shardIdField.optional(),
  /** Only shards without a container. */
  unplaced: queryFlag.default(false),
  /** Most shards of one page. */
  limit: queryNumber(1, SHARD_PAGE_LIMIT).default(SHARD_PAGE_DEFAULT),
  /** `cursor` of the page before. */
  cursor: z.string().max(CURSOR_MAX_CHARACTERS).optional(),
});

export const getShardsAnswer = z.object({
  /** Trouble first is the client's matter; here by id. */
  shards: z.array(shardView),
  /** How many match the filters in all. */
  matched: z.int(),
  /** How many there are; with `shardId` 0 or 1. */
  total: z.int(),
  /** Of the next page: give it as `cursor`; '' at the end. */
  cursor: z.string(),
  /** The same under its older name. */
  next: z.string(),
  revision: revisionField,
});

export const locateQuery = z.strictObject(ofShard);

export const locateAnswer = z.object({
  service: z.string(),
  shardId: z.string(),
  /** Container that owns it; '' when nobody does. */
  owner: z.string(),
  incarnation: z.string(),
  /** host:port of the owner's receiver; '' when it has none. */
  endpoint: z.string(),
  token: z.string(),
  state: shardState,
  ready: z.boolean(),
  reason: z.string(),
  revision: revisionField,
});

export type BatchItemResult = z.output<typeof batchItemResult>;
export type BatchAnswer = z.output<typeof batchAnswer>;
export type ShardState = z.output<typeof shardState>;
export type ShardView = z.output<typeof shardView>;
export type GetShardsQuery = z.output<typeof getShardsQuery>;
export type GetShardsAnswer = z.output<typeof getShardsAnswer>;
