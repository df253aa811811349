/** What a shard's spec says, apart from its bookkeeping. */
import type {ShardSpec} from '../../model/specs.ts';
import {decodeShardSpec} from '../../protocol/records.ts';

export type ShardContent = Pick<ShardSpec, 'task' | 'manualContainerId' | 'group' | 'workerGroup'>;

export function newShardSpec(
  app: string,
  id: string,
  {task, manualContainerId, group, workerGroup}: ShardContent,
  wallMs: number,
): ShardSpec {
  const updateTime = Math.floor(wallMs / 1_000);
  return {id, service: app, task, updateTime, manualContainerId, group, workerGroup};
}

/** Whether the stored value says the same as the request; a value that cannot be read says something else. */
export function sameContent(stored: string, wanted: ShardContent): boolean {
  const decoded = decodeShardSpec(stored, '');
  return decoded.ok && sameFields(decoded.value, wanted);
}

export function sameFields(a: ShardContent, b: ShardContent): boolean {
  return differingFields(a, b).length === 0;
}

const CONTENT_FIELDS = ['task', 'manualContainerId', 'group', 'workerGroup'] as const;

function differingFields(a: ShardContent, b: ShardContent): string[] {
  return CONTENT_FIELDS.filter((field) => a[field] !== b[field]);
}

/** Which fields of the stored value are not as in the request, for the message of a conflict. */
export function contentConflict(stored: string, wanted: ShardContent): string {
  const decoded = decodeShardSpec(stored, '');
  const fields = decoded.ok ? `: ${differingFields(decoded.value, wanted).join(', ')}` : '';
  return `exists with other content${fields}`;
}
