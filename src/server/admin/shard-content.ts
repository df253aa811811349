/** What a request says of a shard, beside what is stored. */
import {pushShardProblem} from '../../model/ids.ts';
import {contentChanges, saidTerms} from '../../model/shard-content.ts';
import type {ShardContent} from '../../model/shard-content.ts';
import type {ShardSpec} from '../../model/specs.ts';
import {decodeShardSpec} from '../../protocol/records.ts';

export function newShardSpec(
  app: string,
  id: string,
  {task, manualContainerId, group, workerGroup, ...terms}: ShardContent,
  wallMs: number,
): ShardSpec {
  const updateTime = Math.floor(wallMs / 1_000);
  return {
    ...{id, service: app, task, updateTime, manualContainerId, group, workerGroup},
    ...saidTerms(terms),
  };
}

/** What is to be known of a shard that is added. */
export function idWarning(id: string): {warning?: string} {
  const problem = pushShardProblem(id);
  if (problem === undefined) return {};
  return {warning: `push containers never get shard ${id}: ${problem}`};
}

/** Whether the stored value says the same as the request; a value that cannot be read says something else. */
export function sameContent(stored: string, wanted: ShardContent): boolean {
  const decoded = decodeShardSpec(stored, '');
  return decoded.ok && sameFields(decoded.value, wanted);
}

export function sameFields(a: ShardContent, b: ShardContent): boolean {
  return contentChanges(a, b).length === 0;
}

const OTHER_CONTENT = 'exists with other content';
const NEWER_FIX = 'it was written by a newer sm, bring the daemons to that version';

/** Which fields of the stored value are not as in the request, for the message of a conflict. */
export function contentConflict(stored: string, wanted: ShardContent): string {
  const decoded = decodeShardSpec(stored, '');
  if (!decoded.ok) return conflictText(stored);
  const fields = contentChanges(decoded.value, wanted).map(({field}) => field);
  return `${OTHER_CONTENT}: ${fields.join(', ')}`;
}

/** The same in short. */
export function conflictText(stored: string): string {
  const decoded = decodeShardSpec(stored, '');
  if (decoded.ok) return OTHER_CONTENT;
  return `exists and cannot be read: ${decoded.newer ? NEWER_FIX : 'remove it, then add it again'}`;
}
