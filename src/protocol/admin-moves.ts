import * as z from 'zod';
import {quietView} from './admin-apps.ts';
import {declaredApp} from './admin-declared.ts';
import {
  changeFields,
  containerField,
  ofApp,
  queryNumber,
  planRevisionField,
  revisionField,
  storeWord,
} from './admin-fields.ts';
import {moveWait} from './move-wait.ts';
import {
  CANCELLED_LIMIT,
  KEY_MAX_CHARACTERS,
  MOVES_DEFAULT,
  MOVES_LIMIT,
  PLAN_ADD_LIMIT,
  PLAN_MOVES_DEFAULT,
  PLAN_MOVES_LIMIT,
  PLAN_WITHOUT_LIMIT,
} from './limits.ts';

/** assigned: waits to be claimed; adding: claimed, `add` runs; dropping; free: between two owners. */
export const moveStep = z.enum(['dropping', 'free', 'assigned', 'adding']);

/** What made a move necessary, at both ends, in a sentence: as it was when it began; absent where no plan did, and in what an older daemon began. */
const numbersField = z.string().optional();

const begunMove = {
  /** '' for a first placement, which has no note. */
  id: z.string(),
  shard: z.string(),
  from: z.string(),
  to: z.string(),
  why: z.string(),
  numbers: numbersField,
  /** RFC 3339; '' when it is not known. */
  startedAt: z.string(),
};

/** A shard that is not ready where it belongs. */
export const runningMove = z.object({
  ...begunMove,
  step: moveStep,
  failures: z.int(),
  lastError: z.string(),
  revision: revisionField,
});

export const finishedMove = z.object({
  ...begunMove,
  endedAt: z.string(),
  outcome: z.enum(['done', 'failed', 'cancelled']),
  note: z.string(),
});

/** queued: waits for its turn; quiet: waits for the end of the app's quiet time; held: the app is paused, or many containers were lost at once; cancelled: an operator does not want it. */
export const queuedMove = z.object({
  shard: z.string(),
  from: z.string(),
  to: z.string(),
  cause: z.enum(['constraint', 'drain', 'balance', 'capacity', 'load']),
  state: z.enum(['queued', 'quiet', 'held', 'cancelled']),
  /** What makes it necessary, at both ends, in a sentence. */
  numbers: z.string().default(''),
  /** Absent in answers of older daemons. */
  waitsFor: moveWait.optional(),
});

export const movesQuery = z.strictObject({
  ...ofApp,
  /** Most of each list. */
  limit: queryNumber(1, MOVES_LIMIT).default(MOVES_DEFAULT),
});

export const movesAnswer = z.object({
  running: z.array(runningMove),
  runningCount: z.int(),
  /** What the live planner wants next, in its order. */
  queued: z.array(queuedMove),
  queuedCount: z.int(),
  /** null: the app is not in its quiet time. */
  quiet: quietView.nullable(),
  /** Newest first. */
  finished: z.array(finishedMove),
  finishedCount: z.int(),
  planRevision: planRevisionField,
  revision: revisionField,
});

export const cancelMovesRequest = z.strictObject({
  ...ofApp,
  /** Move ids or shard ids. */
  moves: z.array(z.string().min(1).max(KEY_MAX_CHARACTERS)).max(CANCELLED_LIMIT).default([]),
  /** Every queued voluntary move. */
  all: z.boolean().default(false),
  ...changeFields,
});

/** cancelled; unchanged (was cancelled before); running, forced: may not be cancelled; absent: nothing is to move. */
export const cancelMoveResult = z.enum(['cancelled', 'unchanged', 'running', 'forced', 'absent']);

export const cancelMovesAnswer = z.object({
  items: z.array(
    z.object({
      move: z.string(),
      shard: z.string(),
      result: cancelMoveResult,
      error: z.string().optional(),
    }),
  ),
  changed: z.boolean(),
  /** Items that are running, forced or absent. */
  failed: z.int(),
  revision: revisionField,
});

export const movesStreamQuery = z.strictObject({
  ...ofApp,
  /** Start after this revision; the header Last-Event-ID wins. Default: now. */
  after: revisionField.optional(),
});

/**
 * Server-sent events. `id` is the revision, so `Last-Event-ID` goes on behind it. Event names: `hello` (the stream
 * stands), `running` (a step), `waiting` (what the moves wait for that have not begun has changed), `settled` (ready again, or let go for good), `finished` (a round's summary), `store` (etcd does not answer the daemon,
 * or answers it again), `gap` (changes may be missing: read `moves` again).
 */
export const moveEvent = z.discriminatedUnion('type', [
  z.object({type: z.literal('hello'), revision: revisionField}),
  z.object({type: z.literal('running'), revision: revisionField, move: runningMove}),
  z.object({type: z.literal('waiting'), revision: revisionField, waits: z.array(moveWait)}),
  z.object({
    type: z.literal('settled'),
    revision: revisionField,
    shard: z.string(),
    /** '' when nobody has it now. */
    container: z.string(),
    token: z.string(),
  }),
  z.object({type: z.literal('finished'), revision: revisionField, move: finishedMove}),
  z.object({type: z.literal('gap'), revision: revisionField, reason: z.string()}),
  storeWord,
]);

export const planRequest = z.strictObject({
  ...ofApp,
  /** Plan as if these containers were gone. */
  without: z.array(containerField).max(PLAN_WITHOUT_LIMIT).default([]),
  /** Plan as if there were so many more open containers, named `new-1`, `new-2`, ... */
  addContainers: z.int().min(0).max(PLAN_ADD_LIMIT).default(0),
  /** Plan as if this file had been applied; `prune` leaves out what it does not name. */
  declared: declaredApp.optional(),
  /** With `declared`: shards that the file does not name are gone. Default false. */
  prune: z.boolean().default(false),
  /** Most entries of each list. */
  limit: z.int().min(0).max(PLAN_MOVES_LIMIT).default(PLAN_MOVES_DEFAULT),
});

const planShortage = z.object({
  shard: z.string(),
  reason: z.string(),
  mustDrop: z.boolean(),
  /** The reason in a sentence. */
  rule: z.string().default(''),
});

/** How uneven it is: the highest of all containers, as a multiple of its share. */
const imbalanceFields = {before: z.number(), after: z.number()};

export const planFigures = z.object({
  moves: z.int(),
  /** No plan that leaves counts as even as this one does with fewer. */
  movesAtLeast: z.int(),
  /** Of shards. */
  counts: z.object(imbalanceFields),
  /** Of load. */
  metrics: z.array(
    z.object({
      name: z.string(),
      ...imbalanceFields,
      /** So many shards at least leave the containers above the band. */
      departuresAtLeast: z.int(),
    }),
  ),
});

export const planAnswer = z.object({
  moves: z.array(
    z.object({
      shard: z.string(),
      from: z.string(),
      to: z.string(),
      cause: z.string(),
      /** What makes it necessary, at both ends, in a sentence. */
      numbers: z.string().default(''),
      /** An operator has cancelled it: it does not begin. */
      cancelled: z.boolean().default(false),
    }),
  ),
  moveCount: z.int(),
  /** Voluntary moves among them that are held because the app is paused; those that are cancelled are not counted. */
  heldCount: z.int(),
  /** Moves among them that an operator has cancelled. */
  cancelledCount: z.int().default(0),
  additions: z.array(z.object({shard: z.string(), to: z.string()})),
  additionCount: z.int(),
  unplaced: z.array(planShortage),
  unplacedCount: z.int(),
  /** Shards on a draining container that have nowhere to go. */
  stranded: z.array(planShortage),
  strandedCount: z.int(),
  /** Which of the moves and additions are trials of containers that have not proved themselves. */
  trials: z.array(z.object({shard: z.string(), to: z.string()})).default([]),
  /** Containers that have not proved themselves: more moves follow once their trials succeed. */
  unproved: z.array(z.string()).default([]),
  containers: z.array(z.object({id: z.string(), before: z.int(), after: z.int()})),
  /** What the plan costs and brings; absent from daemons of before. */
  figures: planFigures.optional(),
  revision: revisionField,
});

export type MoveStep = z.output<typeof moveStep>;
export type QueuedMoveView = z.output<typeof queuedMove>;
export type CancelMovesAnswer = z.output<typeof cancelMovesAnswer>;
export type RunningMove = z.output<typeof runningMove>;
export type FinishedMoveView = z.output<typeof finishedMove>;
export type MovesAnswer = z.output<typeof movesAnswer>;
/** One event of `movesStream`, by its `type`: hello (the stream stands), running, waiting, settled, finished, gap (changes may be missing: read `moves` again). */
export type MoveEvent = z.output<typeof moveEvent>;
export type PlanAnswer = z.output<typeof planAnswer>;
