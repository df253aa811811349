/** Transactions as etcd applies them: every comparison, nested ones too, looks at the state before; reads inside see what was written. */
import {failure} from './failures.ts';
import {keyRange, text} from './key-range.ts';
import type {Keyspace} from './keyspace.ts';
import {checkPutAgainst, deleteRange, put, range} from './operations.ts';
import type {Stores} from './operations.ts';
import {int} from './requests.ts';
import type {
  Compare,
  RangeRequest,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from './requests.ts';
import type {Version} from './event-log.ts';

/** Which branch a transaction takes, and the transactions in it, in order. */
interface Path {
  readonly succeeded: boolean;
  readonly operations: readonly RequestOp[];
  readonly nested: readonly Path[];
}

/** Runs a checked transaction; the caller commits. @throws EtcdFailure before anything is changed. */
export function transact(stores: Stores, request: TxnRequest): TxnResponse {
  const path = choosePath(stores.keys, request);
  const {keys} = stores;
  const operations = operationsOf(path);
  for (const {request_put: put} of operations) if (put !== undefined) checkPutAgainst(stores, put);
  for (const {request_range: read} of operations) if (read !== undefined) checkReadable(keys, read);
  const response = run(stores, path);
  response.header.revision = keys.revision + (keys.hasChanges ? 1 : 0);
  return response;
}

function choosePath(keys: Keyspace, request: TxnRequest): Path {
  const succeeded = (request.compare ?? []).every((compare) => holds(keys, compare));
  const operations = (succeeded ? request.success : request.failure) ?? [];
  const nested = operations.flatMap(({request_txn: txn}) =>
    txn === undefined ? [] : [choosePath(keys, txn)],
  );
  return {succeeded, operations, nested};
}

/** Those of the transactions in it too, in order. */
function operationsOf({operations, nested}: Path): RequestOp[] {
  const inner = nested.values();
  return operations.flatMap((op) => {
    const path = op.request_txn === undefined ? undefined : inner.next().value;
    return path === undefined ? [op] : operationsOf(path);
  });
}

function checkReadable(keys: Keyspace, request: RangeRequest): void {
  const revision = int(request.revision);
  if (revision === 0) return;
  if (revision > keys.revision) throw failure('futureRevision');
  if (revision < keys.compactRevision) throw failure('compacted');
}

function run(stores: Stores, path: Path): TxnResponse {
  let nested = 0;
  const responses = path.operations.map((op): ResponseOp => {
    if (op.request_range !== undefined)
      return {response_range: range(stores.keys, op.request_range)};
    if (op.request_put !== undefined) return {response_put: put(stores, op.request_put)};
    if (op.request_delete_range !== undefined)
      return {response_delete_range: deleteRange(stores, op.request_delete_range)};
    return {response_txn: run(stores, path.nested[nested++] as Path)};
  });
  return {header: {}, succeeded: path.succeeded, responses};
}

const VALUE = 3;

/** A range compares all its keys. A key that is not there has zeros for numbers, and no value that could be compared. */
function holds(keys: Keyspace, compare: Compare): boolean {
  const {versions} = keys.read(keyRange(compare.key, compare.range_end));
  if (versions.length === 0)
    return (
      compare.target !== VALUE && matches(compare.result ?? 0, numberOrder(compare, undefined))
    );
  return versions.every((version) =>
    matches(
      compare.result ?? 0,
      compare.target === VALUE
        ? order(version.value, text(compare.value))
        : numberOrder(compare, version),
    ),
  );
}

/** Targets: version, create, mod, (value), lease. */
function numberOrder(compare: Compare, version: Version | undefined): number {
  switch (compare.target ?? 0) {
    case 0:
      return order(version?.version ?? 0, int(compare.version));
    case 1:
      return order(version?.createRevision ?? 0, int(compare.create_revision));
    case 2:
      return order(version?.modRevision ?? 0, int(compare.mod_revision));
    case 4:
      return order(BigInt(version?.lease ?? '0'), BigInt(compare.lease ?? '0'));
    default:
      return 0;
  }
}

function order<T extends string | number | bigint>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Results: equal, greater, less, not equal; etcd takes an unknown one for true. */
function matches(result: number, compared: number): boolean {
  switch (result) {
    case 0:
      return compared === 0;
    case 1:
      return compared > 0;
    case 2:
      return compared < 0;
    case 3:
      return compared !== 0;
    default:
      return true;
  }
}
