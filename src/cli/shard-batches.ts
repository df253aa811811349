/** Many shards at once, in calls as large as the daemon takes. */
import {chunksBySize} from '../model/chunks.ts';
import type {AddShardItem, AdminInput, BatchAnswer, ShardView} from '../protocol/admin.ts';
import type {AdminClient} from '../admin/admin-client.ts';
import {BYTES_PER_CALL, ITEMS_PER_CALL} from './limits.ts';

export interface BatchOptions {
  /** Kept in the audit. */
  readonly reason: string;
  readonly dryRun?: boolean;
  /** Between two calls; throws to end it there. */
  readonly between?: (done: number) => void | Promise<void>;
}

export async function inBatches(
  client: AdminClient,
  operation: 'addShards' | 'delShards',
  service: string,
  items: readonly AddShardItem[],
  {reason, dryRun, between}: BatchOptions,
): Promise<BatchAnswer> {
  const total: BatchAnswer = {items: [], changed: false, failed: 0, revision: '0'};
  const chunks = chunksBySize(items, {
    most: ITEMS_PER_CALL,
    mostSize: BYTES_PER_CALL,
    sizeOf: (item) => JSON.stringify(item).length + 1,
  });
  for (const shards of chunks) {
    const answer = await client.call(operation, {service, shards, reason, dryRun});
    total.items.push(...answer.items);
    total.changed ||= answer.changed;
    total.failed += answer.failed;
    total.revision = answer.revision;
    await between?.(total.items.length);
  }
  return total;
}

/** All shards that match, page by page: so many at once as the query says. */
export async function everyShard(
  client: Pick<AdminClient, 'call'>,
  query: AdminInput<'getShards'>,
  signal?: AbortSignal,
): Promise<{shards: ShardView[]; matched: number; revision: string}> {
  const shards: ShardView[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await client.call('getShards', {...query, cursor}, signal);
    shards.push(...page.shards);
    ({cursor} = page);
    if (cursor === '') return {shards, matched: page.matched, revision: page.revision};
  }
}

/** Ids as long as the last, so that they sort as they count. */
export function numbered(prefix: string, count: number): string[] {
  const width = String(count).length;
  return Array.from({length: count}, (_, index) => prefix + String(index + 1).padStart(width, '0'));
}
