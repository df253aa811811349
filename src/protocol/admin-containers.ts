import * as z from 'zod';
import {stopPermissionView} from './admin-stop.ts';
import {
  changeFields,
  containerField,
  ofApp,
  ofContainer,
  reasonField,
  revisionField,
  workerGroupField,
  writeAnswer,
  zoneField,
} from './admin-fields.ts';
import {CAPACITY_LIMIT, MAX_MOVING_LIMIT, WEIGHT_LIMIT} from '../model/limits.ts';
import {CONTAINER_STATES} from '../model/trouble.ts';

export const containerState = z.enum(CONTAINER_STATES);

export const orderView = z.object({
  order: z.enum(['cordon', 'drain']),
  reason: z.string(),
  by: z.string(),
  /** RFC 3339. */
  at: z.string(),
  /** Ends with this incarnation; '' for any. */
  incarnation: z.string(),
  keep: z.boolean(),
  /** Of a drain: shards the container had when it was ordered; 0 when it is not known. */
  shards: z.int(),
  /** Of a drain: most shards that leave at once; 0: no limit of its own. */
  maxMoving: z.int().default(0),
});

export const overrideView = z.object({
  /** null: what the container registered with counts. */
  /** Its share of shards and of load, compared with the others'; 0: it gets only what has no room elsewhere. */
  weight: z.number().nullable(),
  capacity: z.number().nullable(),
  zone: z.string().nullable(),
  reason: z.string(),
  by: z.string(),
  /** RFC 3339. */
  at: z.string(),
});

export const containerView = z.object({
  id: z.string(),
  /** '' for a container that is known only by its order or its records. */
  incarnation: z.string(),
  state: containerState,
  /** RFC 3339 time the state began, by the governor's word; '' when it is not known. */
  since: z.string(),
  /** The governor's remark on the state; '' for none. */
  note: z.string(),
  endpoint: z.string(),
  host: z.string(),
  pid: z.int(),
  zone: z.string(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  sdk: z.string(),
  ttlMs: z.int(),
  /** Its heartbeat could not be read; what is wrong with it. '' when all is well. */
  problem: z.string(),
  shards: z.object({
    /** Records that name it and are not free. */
    total: z.int(),
    ready: z.int(),
    /** Of these, those that are asked to leave it. */
    dropping: z.int(),
  }),
  /** Load by metric of the app's policy, as the governor's last summary says, and as a multiple of its share; absent where it names none. */
  load: z.record(z.string(), z.number()).optional(),
  loadRatio: z.record(z.string(), z.number()).optional(),
  /** What it takes of its machine, as far as it is known: `cpu` (0-1), `memoryBytes`, `eventLoopDelayMs`; absent as `load`. */
  own: z
    .object({
      cpu: z.number().optional(),
      memoryBytes: z.number().optional(),
      eventLoopDelayMs: z.number().optional(),
    })
    .optional(),
  order: orderView.nullable(),
  /** Shards that it cannot give away though it is drained: how many, why, and what leads out; absent while the drain can end. */
  stranded: z.object({text: z.string(), fix: z.string()}).optional(),
  /** What counts: the operator's word, else what it registered with. */
  /** Its share of shards and of load, compared with the others'; 0: it gets only what has no room elsewhere. */
  weight: z.number(),
  /** Most shards that it may hold; 0: no limit of its own. */
  capacity: z.number(),
  /** Most load by metric. */
  limits: z.record(z.string(), z.number()),
  override: overrideView.nullable(),
  /** Who may stop it, until when; null: nobody asked, or it counts no more. */
  stop: stopPermissionView.nullable().default(null),
});

export const getContainersAnswer = z.object({
  /** By id. */
  containers: z.array(containerView),
  revision: revisionField,
});

const orderFields = {
  ...ofContainer,
  /** Who says so; the server puts the caller's address when absent. */
  by: reasonField.optional(),
  ...changeFields,
};

export const cordonRequest = z.strictObject({
  ...orderFields,
  /** Accepted for symmetry: a cordon always stays until `uncordon`. */
  keep: z.boolean().default(true),
});
export const drainRequest = z.strictObject({
  ...orderFields,
  /** false: the drain ends with the incarnation that runs now. */
  keep: z.boolean().default(false),
  /** Most shards that leave at once, beside the app's limit; 0: no limit of its own. */
  maxMoving: z.int().min(0).max(MAX_MOVING_LIMIT).default(0),
});
export const uncordonRequest = z.strictObject({
  ...orderFields,
  /** Accepted for symmetry: it clears both. */
  keep: z.boolean().default(false),
});

/** Given: it counts instead of what the container registered with; null: what it registered with counts again. */
export const setContainerRequest = z.strictObject({
  ...ofContainer,
  /** Its share of shards and of load, compared with the others'; 0: it gets only what has no room elsewhere. */
  weight: z.number().min(0).max(WEIGHT_LIMIT).nullable().optional(),
  /** Most shards that it may own; 0: no limit. */
  capacity: z.int().min(0).max(CAPACITY_LIMIT).nullable().optional(),
  /** Where it runs, as `eu-1a`; '': in no zone. */
  zone: zoneField.nullable().optional(),
  /** Who says so; the server puts the caller's address when absent. */
  by: reasonField.optional(),
  ...changeFields,
});

export const evictRequest = z.strictObject({...ofContainer, ...changeFields});

export const orderAnswer = writeAnswer.extend({
  /** Records that still name the container. */
  shards: z.int(),
});

export const workerRequest = z.strictObject({
  ...ofApp,
  /** Name of a pool of containers. */
  workerGroup: workerGroupField,
  /** Container id. */
  worker: containerField,
  ...changeFields,
});

/** `incarnation`: the process that was evicted. */
export const evictAnswer = orderAnswer.extend({incarnation: z.string().optional()});

/** The origin's answer: container ids by worker group. */
export const getWorkerAnswer = z.object({workers: z.record(z.string(), z.array(z.string()))});

export type OrderView = z.output<typeof orderView>;
export type ContainerView = z.output<typeof containerView>;
export type OverrideView = z.output<typeof overrideView>;
export type OrderAnswer = z.output<typeof orderAnswer>;
