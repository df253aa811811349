/** What etcd refuses before it looks at the store, in etcd's order. */
import {failure} from './failures.ts';
import {isInRange, keyRange, text} from './key-range.ts';
import type {KeyRange} from './key-range.ts';
import type {DeleteRangeRequest, PutRequest, RequestOp, TxnRequest} from './requests.ts';
import {OPS_PER_TXN_LIMIT} from './limits.ts';

export function checkPut(request: PutRequest): void {
  requireKey(request);
  if (request.ignore_value === true && (request.value?.length ?? 0) > 0)
    throw failure('valueProvided');
  if (request.ignore_lease === true && (request.lease ?? '0') !== '0')
    throw failure('leaseProvided');
}

export function checkTxn(request: TxnRequest): void {
  checkOperations(request, OPS_PER_TXN_LIMIT);
  writtenIn(request.success ?? []);
  writtenIn(request.failure ?? []);
}

/** Whether a transaction writes nothing on either branch. */
export function isReadOnly(request: TxnRequest): boolean {
  return [...(request.success ?? []), ...(request.failure ?? [])].every((op) => {
    if (op.request_range !== undefined) return true;
    return op.request_txn !== undefined && isReadOnly(op.request_txn);
  });
}

export function requireKey({key}: {readonly key?: Buffer}): void {
  if (key === undefined || key.length === 0) throw failure('emptyKey');
}

function checkOperations(request: TxnRequest, limit: number): void {
  const {compare = [], success = [], failure: otherwise = []} = request;
  const operations = Math.max(compare.length, success.length, otherwise.length);
  if (operations > limit) throw failure('tooManyOps');
  for (const one of compare) requireKey(one);
  for (const op of success) checkOperation(op, limit - operations);
  for (const op of otherwise) checkOperation(op, limit - operations);
}

function checkOperation(op: RequestOp, limit: number): void {
  if (op.request_range !== undefined) requireKey(op.request_range);
  else if (op.request_put !== undefined) checkPut(op.request_put);
  else if (op.request_delete_range !== undefined) requireKey(op.request_delete_range);
  else if (op.request_txn !== undefined) checkOperations(op.request_txn, limit);
  else throw failure('keyNotFound');
}

interface Written {
  readonly puts: Set<string>;
  readonly deletions: KeyRange[];
}

/** Keys a branch writes. Deletions may overlap each other; what is put may be touched by nothing else, except in the other branch. */
function writtenIn(operations: readonly RequestOp[]): Written {
  const deletions = operations.flatMap(({request_delete_range: request}) =>
    request === undefined ? [] : [literalRange(request)],
  );
  const puts = new Set<string>();
  const claim = (key: string, shared?: ReadonlySet<string>): void => {
    if (puts.has(key) && shared?.has(key) !== true) throw failure('duplicateKey');
    if (deletions.some((range) => isInRange(key, range))) throw failure('duplicateKey');
    puts.add(key);
  };
  for (const {request_txn: nested} of operations) {
    if (nested === undefined) continue;
    const then = writtenIn(nested.success ?? []);
    const otherwise = writtenIn(nested.failure ?? []);
    for (const key of then.puts) claim(key);
    for (const key of otherwise.puts) claim(key, then.puts);
    deletions.push(...then.deletions, ...otherwise.deletions);
  }
  for (const {request_put: put} of operations) if (put !== undefined) claim(text(put.key));
  return {puts, deletions};
}

/** etcd does not know here that an end of "\0" is not an end: such a deletion clashes with nothing. */
function literalRange({key, range_end: end}: DeleteRangeRequest): KeyRange {
  return {...keyRange(key, end), ...(text(end) === '' ? {} : {to: text(end)})};
}
