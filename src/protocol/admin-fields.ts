import * as z from 'zod';
import {nameProblem, shardIdProblem} from '../model/ids.ts';
import type {NameKind} from '../model/ids.ts';
import {LASTING_LIMIT_MS, LASTING_MIN_MS, REASON_MAX_CHARACTERS} from './limits.ts';
import {NAME_MAX_BYTES, SHARD_ID_MAX_BYTES, TASK_MAX_CHARACTERS} from '../model/limits.ts';

/** Issues of these fields carry `params.code` so that the server can answer INVALID_NAME. */
const NAME_ISSUE = {code: 'INVALID_NAME'} as const;

/** Text that `problemOf` finds nothing wrong with. `params`: of an issue. */
export function textField(
  problemOf: (text: string) => string | undefined,
  params?: Readonly<Record<string, string>>,
) {
  return z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({code: 'custom', message, ...(params && {params})});
  });
}

function nameField(kind: NameKind, description: string, empty: boolean) {
  const problemOf = (name: string): string | undefined =>
    empty && name === '' ? undefined : nameProblem(kind, name);
  return textField(problemOf, NAME_ISSUE).meta({description, maxLength: NAME_MAX_BYTES});
}

/** Name of an app. */
export const serviceField = nameField('app', 'Name of the app.', false);
export const containerField = nameField('container', 'Container id, host:port by default.', false);
export const optionalContainerField = nameField('container', 'Container id; "" for none.', true);
export const zoneField = nameField('zone', 'Where a container stands; "" for nowhere.', true);
export const groupField = nameField('group', 'Balancing group; "" for the nameless one.', true);
export const workerGroupField = nameField('worker group', 'Name of a pool of containers.', false);
export const optionalWorkerGroupField = nameField(
  'worker group',
  'Pool the shard demands; "" for any container.',
  true,
);

export const shardIdField = textField(shardIdProblem, NAME_ISSUE).meta({
  description: `Shard id: 1-${SHARD_ID_MAX_BYTES} bytes of printable UTF-8.`,
  maxLength: SHARD_ID_MAX_BYTES,
});

export const taskField = z
  .string()
  .max(TASK_MAX_CHARACTERS)
  .meta({description: 'Opaque payload given to the container that owns the shard.'});

/** Free text of an operator. Shown with control characters made visible, never interpreted. */
export const reasonField = z.string().max(REASON_MAX_CHARACTERS);

/** A true/false of a query string (`true|1|yes|on`, `false|0|no|off`) or a JSON boolean. */
export const queryFlag = z.union([z.boolean(), z.stringbool()], {error: 'neither true nor false'});

/** A whole number of a query string. */
export function queryNumber(least: number, most: number) {
  const error = `not a whole number from ${least} to ${most}`;
  const number = z.coerce.number<number | string>({error});
  return number.int().min(least).max(most);
}

/** An etcd revision as text: numbers of 64 bits stand as strings in our JSON. */
export const revisionField = z
  .string()
  .regex(/^\d{1,19}$/)
  .meta({description: 'Revision of the store, decimal.'});

/** How new the plan is that the answer is about. It is older than `revision` while a large app waits for its next plan. */
export const planRevisionField = revisionField
  .meta({description: 'Revision of the newest record that the plan was made of, decimal.'})
  .optional();

export const dryRunField = z.boolean().default(false);

/** Of every changing request. */
export const changeFields = {
  /** Only check and answer what would happen; nothing is written. Default false. */
  dryRun: dryRunField,
  /** Why it is done, free text, kept in the audit. Default ''. */
  reason: reasonField.default(''),
};

/** Of every request about one app. */
export const ofApp = {
  /** Name of the app, as `orders`. */
  service: serviceField,
};

/** Of every request about one shard. */
export const ofShard = {
  ...ofApp,
  /** Shard id, 1-200 bytes of printable UTF-8. */
  shardId: shardIdField,
};

/** Of every request about one container. */
export const ofContainer = {
  ...ofApp,
  /** Container id, `host:port` unless it has chosen another. */
  container: containerField,
};

export const writeResultField = z.enum(['created', 'configured', 'unchanged', 'deleted']);

/** How long an order lasts before its app's governor takes it back, ms; absent: until somebody does. */
export const lastingField = z.int().min(LASTING_MIN_MS).max(LASTING_LIMIT_MS).optional();

/** Who said so, why, since when, and until when. */
export const noteView = z.object({
  reason: z.string(),
  by: z.string(),
  /** RFC 3339. */
  at: z.string(),
  /** RFC 3339: when it ends by itself; '' for never. */
  until: z.string(),
});

/** Shards that have no container in the live plan once the change is made, and had one before, or had none for another reason. */
export const leftUnplaced = z.object({
  count: z.int(),
  /** The first of them. `rule`: the reason in a sentence. */
  shards: z.array(z.object({shard: z.string(), reason: z.string(), rule: z.string()})),
});

/** Of a stream that stands: from `since` on the daemon had no answer of etcd, or no write committed; `ok`: that is over. What came meanwhile follows, or a `gap`. */
export const storeWord = z.object({
  type: z.literal('store'),
  revision: revisionField,
  at: z.string(),
  ok: z.boolean(),
  /** RFC 3339. */
  since: z.string(),
  /** Why it is away; '' when it is back. */
  reason: z.string(),
});

export type StoreWord = z.output<typeof storeWord>;

/** What every changing request answers; a superset of the origin's `{}`. */
export const writeAnswer = z.object({
  result: writeResultField,
  changed: z.boolean(),
  /** Revision of the write, or the one at which nothing had to be done. */
  revision: revisionField,
  /** It is done, and something about it should be known. */
  warning: z.string().optional(),
  /** Of dry runs of `updateShard`, `addWorker`, `delWorker` and `undo` that change something. */
  leftUnplaced: leftUnplaced.optional(),
});

export const errorAnswer = z.object({
  error: z.string(),
  code: z.string(),
  hint: z.string(),
  /** Whether the same call may succeed later without a change. */
  retryable: z.boolean(),
  requestId: z.string(),
  /** What it is about, as `app/orders`, `shard/s1` or `container/c1`. Absent where it is about no object of these. */
  object: z.string().optional(),
});

export type WriteResult = z.output<typeof writeResultField>;
export type LeftUnplaced = z.output<typeof leftUnplaced>;
export type WriteAnswer = z.output<typeof writeAnswer>;
export type ErrorAnswer = z.output<typeof errorAnswer>;
