/** Many shards at once, in calls as large as the daemon takes. */
import type {AddShardItem, BatchAnswer, DelShardItem} from '../protocol/admin.ts';
import type {AdminClient} from '../admin/admin-client.ts';
import {BYTES_PER_CALL, ITEMS_PER_CALL} from './limits.ts';

export interface BatchOptions {
  /** Kept in the audit. */
  readonly reason?: string;
  /** Between two calls; throws to end it there. */
  readonly between?: (done: number) => void | Promise<void>;
}

export function addMany(
  client: AdminClient,
  service: string,
  items: readonly AddShardItem[],
  options: BatchOptions = {},
): Promise<BatchAnswer> {
  const {reason = ''} = options;
  const call = (shards: AddShardItem[]): Promise<BatchAnswer> =>
    client.call('addShards', {service, shards, reason});
  return inCalls(items, call, options);
}

export function removeMany(
  client: AdminClient,
  service: string,
  items: readonly DelShardItem[],
  options: BatchOptions = {},
): Promise<BatchAnswer> {
  const {reason = ''} = options;
  const call = (shards: DelShardItem[]): Promise<BatchAnswer> =>
    client.call('delShards', {service, shards, reason});
  return inCalls(items, call, options);
}

async function inCalls<T>(
  items: readonly T[],
  call: (items: T[]) => Promise<BatchAnswer>,
  {between}: BatchOptions,
): Promise<BatchAnswer> {
  const total: BatchAnswer = {items: [], changed: false, failed: 0, revision: '0'};
  for (const some of slices(items)) {
    const answer = await call(some);
    total.items.push(...answer.items);
    total.changed ||= answer.changed;
    total.failed += answer.failed;
    total.revision = answer.revision;
    await between?.(total.items.length);
  }
  return total;
}

function* slices<T>(items: readonly T[]): Generator<T[]> {
  let slice: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = JSON.stringify(item).length + 1;
    if (slice.length > 0 && (slice.length === ITEMS_PER_CALL || bytes + size > BYTES_PER_CALL)) {
      yield slice;
      slice = [];
      bytes = 0;
    }
    slice.push(item);
    bytes += size;
  }
  if (slice.length > 0) yield slice;
}
