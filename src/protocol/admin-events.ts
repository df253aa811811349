import * as z from 'zod';
import {finishedMove} from './admin-moves.ts';
import {
  changeFields,
  ofApp,
  queryFlag,
  queryNumber,
  revisionField,
  serviceField,
  storeWord,
  writeAnswer,
} from './admin-fields.ts';
import {EVENTS_DEFAULT, EVENTS_LIMIT, KEY_MAX_CHARACTERS} from './limits.ts';

const appEventFields = {revision: revisionField, at: z.string(), service: z.string()};

/** One change by an operator. */
export const auditView = z.object({
  type: z.literal('audit'),
  /** Of the change: it and this entry are one transaction. */
  revision: revisionField,
  /** RFC 3339. */
  at: z.string(),
  service: z.string(),
  /** Name of the caller's token; `local` where none is asked for. */
  who: z.string(),
  from: z.string(),
  operation: z.string(),
  /** The first ten keys that were written or deleted, as `shard/eu-1`. */
  objects: z.array(z.string()),
  objectCount: z.int(),
  /** Fields of the request, cut short. */
  detail: z.record(z.string(), z.unknown()),
  /** What an update has changed in the first objects, field by field, cut short. */
  changed: z.array(
    z.object({object: z.string(), field: z.string(), before: z.string(), after: z.string()}),
  ),
  reason: z.string(),
  requestId: z.string(),
});

/** One move that has ended. */
export const moveEventView = z.object({
  type: z.literal('move'),
  ...appEventFields,
  move: finishedMove,
});

/** A container's state has changed. */
export const containerEventView = z.object({
  type: z.literal('container'),
  ...appEventFields,
  container: z.string(),
  incarnation: z.string(),
  state: z.string(),
  /** '' when it was not known. */
  before: z.string(),
});

/** An alarm was raised, or has ended. */
export const alarmEventView = z.object({
  type: z.literal('alarm'),
  ...appEventFields,
  state: z.enum(['raised', 'cleared']),
  code: z.string(),
  text: z.string(),
  /** Shard or container; '' where it is about the app as a whole. */
  object: z.string(),
  since: z.string(),
});

/** Shards have lost every home (`unplaced`), or are served that ran nowhere before (`placed`). */
export const shardsEventView = z.object({
  type: z.literal('shards'),
  ...appEventFields,
  what: z.enum(['unplaced', 'placed']),
  cause: z.string(),
  count: z.int(),
  /** The first ten. */
  shards: z.array(z.string()),
});

/** No write of a daemon has committed from `since` to `at`, longer than T: it and, as far as the same kept them from writing, all containers have stopped. */
export const outageEventView = z.object({
  type: z.literal('outage'),
  ...appEventFields,
  since: z.string(),
  cause: z.string(),
  daemon: z.string(),
});

export const eventView = z.discriminatedUnion('type', [
  auditView,
  moveEventView,
  containerEventView,
  alarmEventView,
  shardsEventView,
  outageEventView,
]);

/** RFC 3339, as 2026-01-02T03:04:05Z. */
const instantField = z.iso.datetime({
  offset: true,
  error: 'not a time as 2026-01-02T03:04:05Z, or with +01:00 in place of Z (in a URL %2B01:00)',
});

export const eventsQuery = z.strictObject({
  /** Only this app. */
  service: serviceField.optional(),
  /** Only what concerns this shard or container, by its id. */
  object: z.string().max(KEY_MAX_CHARACTERS).optional(),
  /** Only what happened at this time or later. */
  since: instantField.optional(),
  /** Only what happened before this time. */
  until: instantField.optional(),
  /** Only changes by operators, and what they were refused. */
  audit: queryFlag.default(false),
  /** Most events of the answer. */
  limit: queryNumber(1, EVENTS_LIMIT).default(EVENTS_DEFAULT),
});

export const eventsAnswer = z.object({
  /** The newest ones, oldest first. */
  events: z.array(eventView),
  /** How many are known in all. */
  matched: z.int(),
  /** Entries that cannot be read, whatever they tell of: how many, and the first of them. Absent where there are none, and from older daemons. */
  unreadable: z
    .object({count: z.int(), first: z.array(z.object({key: z.string(), problem: z.string()}))})
    .optional(),
  revision: revisionField,
});

export const eventsStreamQuery = z.strictObject({
  /** Only this app. */
  service: serviceField.optional(),
  /** Start after this revision; the header Last-Event-ID wins. Default: now. */
  after: revisionField.optional(),
  /** Only changes by operators. */
  audit: queryFlag.default(false),
});

export const undoRequest = z.strictObject({
  ...ofApp,
  /** Revision of the change, as events show it; '': the newest of the app. */
  entry: z
    .string()
    .regex(/^\d{0,16}$/)
    .default(''),
  ...changeFields,
});

export const undoAnswer = writeAnswer.extend({
  /** The change that is undone. */
  undone: auditView.pick({
    revision: true,
    operation: true,
    at: true,
    who: true,
    objects: true,
    objectCount: true,
    changed: true,
  }),
});

/** Server-sent events; `id` is the revision. `store`: etcd does not answer the daemon, or answers it again. `gap`: events may be missing, read `events` again. */
export const streamedEvent = z.discriminatedUnion('type', [
  z.object({type: z.literal('hello'), revision: revisionField}),
  z.object({type: z.literal('gap'), revision: revisionField, reason: z.string()}),
  storeWord,
  ...eventView.options,
]);

export type EventView = z.output<typeof eventView>;
export type StreamedEvent = z.output<typeof streamedEvent>;
