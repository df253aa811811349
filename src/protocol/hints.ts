/** Bodies of the HTTP paths of a container: what a governor tells it, and what it tells of itself. */
import * as z from 'zod';
import {containerField, serviceField, shardIdField} from './admin-fields.ts';
import {HINTS_LIMIT, HINT_RECORD_LIMIT_BYTES} from './limits.ts';

/** Largest body of a hint receiver: 64 KiB, and room for the records, each of whose bytes may need a backslash. */
export const HINTS_BODY_LIMIT_BYTES = 64 * 1024 + HINTS_LIMIT * 2 * (HINT_RECORD_LIMIT_BYTES + 16);

export const HINT_PATHS = {
  hints: '/sm/admin/hints',
  addShard: '/sm/admin/add-shard',
  dropShard: '/sm/admin/drop-shard',
  shards: '/sm/admin/shards',
} as const;

const incarnationField = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/);
/** Revision of the ownership record the hint speaks of. Up to 2^53. */
const hintRevision = z.int().min(0);

/** What a newer daemon may say besides is ignored. */
const hintItem = z.object({
  shard: shardIdField,
  op: z.enum(['add', 'drop']),
  revision: hintRevision,
  /** Text of the record at that revision, where it is to be claimed: the store compares it, so nobody need believe it. */
  record: z.string().max(HINT_RECORD_LIMIT_BYTES).optional(),
});

/** POST /sm/admin/hints, answered 202 once checked; `accepted`: 0 when the incarnation is not here. */
export const hintsRequest = z.strictObject({
  app: serviceField,
  incarnation: incarnationField,
  items: z.array(hintItem).min(1).max(HINTS_LIMIT),
});

export const hintsAnswer = z.object({
  accepted: z.int(),
  /** Unix time of whoever answers, ms; older ones do not say. */
  atMs: z.number().optional(),
});

/**
 * POST /sm/admin/add-shard and drop-shard: `{id, incarnation, revision}`. A body of the origin, with `spec`, works as a
 * hint: everything else in it is ignored, the container acts on what it reads in etcd.
 */
export const shardHintRequest = z.looseObject({
  id: shardIdField,
  incarnation: incarnationField.optional(),
  revision: hintRevision.optional(),
});

const shardHolding = z.object({
  id: z.string(),
  token: z.string(),
  /** The machine's word for what it does with the shard. */
  state: z.string(),
  ready: z.boolean(),
  /** A hook is overdue. */
  stuck: z.boolean(),
  /** By metric, where it is asked for. What cannot be read of it must not hide the rest: whoever takes it looks at each value. */
  load: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

/** GET /sm/admin/shards: what a process holds, for each of the containers in it; with `?load=1` also loads. */
export const holdingsAnswer = z.object({
  containers: z.array(
    z.object({
      app: serviceField,
      container: containerField,
      incarnation: incarnationField,
      shards: z.array(shardHolding),
      /** What the process takes: `cpu` (share of the machine, 0-1), `memoryBytes`, `eventLoopDelayMs`. */
      own: z.record(z.string(), z.unknown()).optional().catch(undefined),
      /** Loads that could not be taken as they were reported, since it joined, by fault. */
      loadFaults: z.record(z.string(), z.unknown()).optional().catch(undefined),
    }),
  ),
});

export type HintItem = z.output<typeof hintItem>;
export type HoldingsAnswer = z.output<typeof holdingsAnswer>;
