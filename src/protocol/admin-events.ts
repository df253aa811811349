import * as z from 'zod';
import {finishedMove} from './admin-moves.ts';
import {queryNumber, revisionField, serviceField} from './admin-fields.ts';
import {EVENTS_DEFAULT, EVENTS_LIMIT} from './limits.ts';

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
  reason: z.string(),
  requestId: z.string(),
});

/** One move that has ended. */
export const moveEventView = z.object({
  type: z.literal('move'),
  revision: revisionField,
  at: z.string(),
  service: z.string(),
  move: finishedMove,
});

/** A container's state has changed. */
export const containerEventView = z.object({
  type: z.literal('container'),
  revision: revisionField,
  at: z.string(),
  service: z.string(),
  container: z.string(),
  incarnation: z.string(),
  state: z.string(),
  /** '' when it was not known. */
  before: z.string(),
});

export const eventView = z.discriminatedUnion('type', [
  auditView,
  moveEventView,
  containerEventView,
]);

export const eventsQuery = z.strictObject({
  /** Only this app. */
  service: serviceField.optional(),
  /** Only what concerns this shard or container, by its id. */
  object: z.string().max(256).optional(),
  limit: queryNumber(1, EVENTS_LIMIT).default(EVENTS_DEFAULT),
});

export const eventsAnswer = z.object({
  /** The newest ones, oldest first. */
  events: z.array(eventView),
  /** How many are known in all. */
  matched: z.int(),
  revision: revisionField,
});

export const eventsStreamQuery = z.strictObject({
  service: serviceField.optional(),
  /** Start after this revision; the header Last-Event-ID wins. Default: now. */
  after: revisionField.optional(),
});

/** Server-sent events; `id` is the revision. `gap`: events may be missing, read `events` again. */
export const streamedEvent = z.discriminatedUnion('type', [
  z.object({type: z.literal('hello'), revision: revisionField}),
  z.object({type: z.literal('gap'), revision: revisionField, reason: z.string()}),
  auditView,
  moveEventView,
  containerEventView,
]);

export type AuditView = z.output<typeof auditView>;
export type EventView = z.output<typeof eventView>;
export type EventsQuery = z.output<typeof eventsQuery>;
export type EventsAnswer = z.output<typeof eventsAnswer>;
export type StreamedEvent = z.output<typeof streamedEvent>;
