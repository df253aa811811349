/** Reading, deciding and writing only if nothing changed in between. */
import {SmError} from '../../../model/errors.ts';
import type {WriteAnswer, WriteResult} from '../../../protocol/admin.ts';
import {encodeRecord} from '../../../protocol/records.ts';
import {unchanged} from '../../../store/compares.ts';
import type {Compare, KeyValue, Operation, Store} from '../../../store/port.ts';
import {renewal} from './audit.ts';
import {WRITE_ATTEMPTS_LIMIT} from '../limits.ts';

/** What to do, given the keys as they are: nothing (`operations` empty) or writes, and the word for it. */
export interface Decision {
  readonly result: WriteResult;
  readonly operations: readonly Operation[];
  /** Besides that no key has changed. */
  readonly compares?: readonly Compare[];
  /** The writes only renew an apply marker of the same caller: no audit entry. */
  readonly renews?: boolean;
}

/** There is nothing to do. */
export const UNCHANGED: Decision = {result: 'unchanged', operations: []};

/** One key is written: the record as JSON. */
export function writing(result: WriteResult, key: string, record: object): Decision {
  return {result, operations: [{op: 'put', key, value: encodeRecord(record)}]};
}

/** One key goes. */
export function deleting(key: string): Decision {
  return {result: 'deleted', operations: [{op: 'delete', key}]};
}

/** Keys as read at one revision, in the order asked for. */
export interface Reading {
  readonly revision: number;
  readonly entries: readonly (KeyValue | undefined)[];
}

/**
 * Reads the keys, decides, and writes under the condition that no key has changed. The decision may throw an
 * SmError, which ends it. With `dryRun` nothing is written.
 * @throws SmError STORE_UNAVAILABLE when the outcome of the write cannot be found out: it may still happen.
 */
export async function conditionalWrite(
  store: Store,
  keys: readonly string[],
  dryRun: boolean,
  decide: (reading: Reading) => Decision | Promise<Decision>,
): Promise<WriteAnswer> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_LIMIT; attempt++) {
    const reading = await store.getMany(keys);
    const {result, operations, renews, compares: others = []} = await decide(reading);
    const changed = operations.length > 0;
    if (!changed || dryRun) return answer(result, changed, reading.revision);
    const compares = keys.map((key, at) => unchanged(key, reading.entries[at]));
    const transaction = {compares: [...compares, ...others], then: operations};
    const outcome = await store.transact(renews === true ? renewal(transaction) : transaction);
    if (outcome.kind === 'committed') return answer(result, true, outcome.revision);
    if (outcome.kind === 'refused') continue;
    const revision = await appliedAt(store, operations, reading.revision);
    if (revision !== undefined) return answer(result, true, revision);
    throw unknownOutcome(outcome.error);
  }
  throw new SmError('CONFLICT', 'the same object was changed concurrently too often', {
    hint: 'try again',
    retryable: true,
  });
}

function answer(result: WriteResult, changed: boolean, revision: number): WriteAnswer {
  return {result, changed, revision: String(revision)};
}

/** The revision at which the writes are seen to stand, or undefined when they do not. */
async function appliedAt(
  store: Store,
  operations: readonly Operation[],
  after: number,
): Promise<number | undefined> {
  const keys = operations.map(({key}) => key);
  const {revision, entries} = await store.getMany(keys);
  const stands = operations.every((operation, at) => {
    const entry = entries[at];
    if (operation.op === 'delete') return entry === undefined;
    return operation.op === 'put' && entry?.value === operation.value && entry.mod > after;
  });
  if (!stands) return undefined;
  return entries.reduce((latest, entry) => Math.max(latest, entry?.mod ?? 0), 0) || revision;
}

export function unknownOutcome(cause: unknown): SmError {
  const said = cause instanceof SmError ? cause : undefined;
  const look = 'look whether the change is there';
  return new SmError(
    'STORE_UNAVAILABLE',
    `${said?.message ?? 'the store did not answer'}: the change may or may not have been made`,
    {
      hint: said?.hint ? `${said.hint}; then ${look}` : `${look}, and make it again if it is not`,
      retryable: true,
      cause,
    },
  );
}
