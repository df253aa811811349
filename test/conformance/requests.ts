/** Steps as etcd's requests. */
import {VALUES} from './steps.ts';
import type {Back, Comparison, Operation, Range, Watch} from './steps.ts';

/** Where a server is: the same for both but for the base. */
export interface Cursor {
  /** The revision that a sequence begins at. */
  readonly base: number;
  /** The newest. */
  readonly revision: number;
  /** The last one that a compaction named; 0 when none did. */
  readonly compacted: number;
}

const FIRST_LEASE = 7_587_869_414_713_372_672n;

export function leaseId(lease: number): string {
  return String(FIRST_LEASE + BigInt(lease));
}

export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Never before the base: what lies there is another sequence's. */
export function revisionAt(back: Back, {base, revision}: Cursor): number {
  return back === undefined ? 0 : Math.max(base, revision - back);
}

/** `key` and `range_end`. */
export function keys({key, end}: {key: string; end?: string | undefined}): object {
  return {key: bytes(key), ...(end === undefined ? {} : {range_end: bytes(end)})};
}

export function requestOf(operation: Operation, place: Cursor): object {
  if (operation.do === 'put') {
    const {ignore} = operation;
    return {
      ...keys(operation),
      value: bytes(ignore === 'value' || ignore === 'both' ? '' : operation.value),
      lease: operation.lease === undefined ? '0' : leaseId(operation.lease),
      prev_kv: operation.prev === true,
      ignore_value: ignore === 'value' || ignore === 'both',
      ignore_lease: ignore === 'lease' || ignore === 'both',
    };
  }
  if (operation.do === 'range') return rangeRequest(operation, place);
  if (operation.do === 'delete') return {...keys(operation), prev_kv: operation.prev === true};
  const nested = (list: readonly Operation[]): object[] =>
    list.map((one) => ({[`request_${NAMES[one.do]}`]: requestOf(one, place)}));
  return {
    compare: operation.compare.map((one) => comparisonOf(one, place)),
    success: nested(operation.success),
    failure: nested(operation.failure),
  };
}

const NAMES = {put: 'put', range: 'range', delete: 'delete_range', txn: 'txn'} as const;

function rangeRequest(range: Range, place: Cursor): object {
  const {limit, at, order, target, serializable, shape, bounds = []} = range;
  return {
    ...keys(range),
    limit: limit ?? 0,
    revision: revisionAt(at, place),
    sort_order: order ?? 'None',
    sort_target: target ?? 'Key',
    serializable: serializable === true,
    keys_only: shape === 'keys',
    count_only: shape === 'count',
    ...Object.fromEntries(bounds.map(([bound, back]) => [bound, revisionAt(back, place)])),
  };
}

function comparisonOf(comparison: Comparison, place: Cursor): object {
  const {target, result, than} = comparison;
  const {base, revision} = place;
  const past = than === 0 ? 0 : Math.max(base, revision - than + 1);
  const values = {
    Version: {version: than},
    Create: {create_revision: past},
    Mod: {mod_revision: past},
    Value: {value: bytes(VALUES[than] ?? '')},
    Lease: {lease: than === 0 ? '0' : leaseId(than - 1)},
  };
  return {...keys(comparison), target, result, ...values[target]};
}

/** Of a watch that shows nothing nobody can say when it has caught up: it begins now. */
export function startOf({from, filters = []}: Watch, place: Cursor): number {
  return filters.length === 2 ? 0 : revisionAt(from, place);
}

export function watchRequest(watch: Watch, place: Cursor): object {
  return {
    create_request: {
      ...keys(watch),
      start_revision: startOf(watch, place),
      watch_id: watch.id ?? 0,
      prev_kv: watch.prev === true,
      fragment: watch.fragment === true,
      filters: watch.filters ?? [],
    },
  };
}
