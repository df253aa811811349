/** Why a shard is where it is, and how the whole is. */
import * as z from 'zod';
import {eventView} from './admin-events.ts';
import {ofShard, planRevisionField, revisionField} from './admin-fields.ts';
import {queuedMove} from './admin-moves.ts';
import {shardView} from './admin-shards.ts';

export const whyQuery = z.strictObject(ofShard);

export const whyAnswer = z.object({
  shard: shardView,
  /** The rule that decides, in a sentence. */
  rule: z.string(),
  /** What keeps it from being served at present, in a sentence; '' while it is served. */
  now: z.string(),
  /** What leads out of that; '' where nothing has to be done. */
  fix: z.string(),
  /** Its move that the plan wants and nobody has begun; absent where there is none. */
  queued: queuedMove.optional(),
  /** The best three containers for it by the live planner, best first: where it would go if it could. */
  homes: z.array(
    z.object({
      container: z.string(),
      /** Shards that it holds now. */
      shards: z.int(),
      /** It is there now. */
      current: z.boolean(),
      /** '' for none. */
      zone: z.string().default(''),
      /** By metric of the app's policy: what it bears as a multiple of its share; absent where it names none. */
      loadRatio: z.record(z.string(), z.number()).optional(),
    }),
  ),
  /** Containers that may not take it, and the rule that says so; the first twenty. */
  excluded: z.array(z.object({container: z.string(), rule: z.string()})),
  excludedCount: z.int(),
  /** What is known to have happened to it, oldest first. */
  history: z.array(eventView),
  planRevision: planRevisionField,
  revision: revisionField,
});

export const checkVerdict = z.enum(['PASS', 'WARN', 'FAIL']);

export const checksAnswer = z.object({
  checks: z.array(
    z.object({
      name: z.string(),
      verdict: checkVerdict,
      text: z.string(),
      /** A command or a sentence; '' when nothing has to be done. */
      fix: z.string(),
    }),
  ),
  /** The daemon's clock, RFC 3339. */
  at: z.string(),
  revision: revisionField,
});

export type WhyAnswer = z.output<typeof whyAnswer>;
export type CheckVerdict = z.output<typeof checkVerdict>;
export type ChecksAnswer = z.output<typeof checksAnswer>;
