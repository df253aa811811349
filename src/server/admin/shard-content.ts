/** What a shard's spec says, apart from its bookkeeping. */
import {compareText} from '../../model/compare-text.ts';
import {pushShardProblem} from '../../model/ids.ts';
import type {ShardSpec} from '../../model/specs.ts';
import {decodeShardSpec} from '../../protocol/records.ts';

export type ShardContent = Pick<
  ShardSpec,
  'task' | 'manualContainerId' | 'group' | 'workerGroup' | 'load' | 'spreadKey' | 'priority'
>;

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

/** Of load, spread key and priority what is not as by default: an older daemon knows none of them. */
export function saidTerms({
  load = {},
  spreadKey = '',
  priority = 0,
}: Pick<ShardContent, 'load' | 'spreadKey' | 'priority'>): Pick<
  ShardSpec,
  'load' | 'spreadKey' | 'priority'
> {
  return {
    ...(Object.keys(load).length === 0 ? {} : {load}),
    ...(spreadKey === '' ? {} : {spreadKey}),
    ...(priority === 0 ? {} : {priority}),
  };
}

/** Whether the stored value says the same as the request; a value that cannot be read says something else. */
export function sameContent(stored: string, wanted: ShardContent): boolean {
  const decoded = decodeShardSpec(stored, '');
  return decoded.ok && sameFields(decoded.value, wanted);
}

export function sameFields(a: ShardContent, b: ShardContent): boolean {
  return differingFields(a, b).length === 0;
}

function loadsText(load: ShardSpec['load']): string {
  return JSON.stringify(Object.entries(load ?? {}).sort(([a], [b]) => compareText(a, b)));
}

const OTHER_CONTENT = 'exists with other content';
const NEWER_FIX = 'it was written by a newer sm, bring the daemons to that version';
const CONTENT_FIELDS = ['task', 'manualContainerId', 'group', 'workerGroup'] as const;

function differingFields(a: ShardContent, b: ShardContent): string[] {
  const differing: string[] = CONTENT_FIELDS.filter((field) => a[field] !== b[field]);
  if ((a.spreadKey ?? '') !== (b.spreadKey ?? '')) differing.push('spreadKey');
  if ((a.priority ?? 0) !== (b.priority ?? 0)) differing.push('priority');
  if (loadsText(a.load) !== loadsText(b.load)) differing.push('load');
  return differing;
}

/** Which fields of the stored value are not as in the request, for the message of a conflict. */
export function contentConflict(stored: string, wanted: ShardContent): string {
  const decoded = decodeShardSpec(stored, '');
  if (!decoded.ok) return conflictText(stored);
  return `${OTHER_CONTENT}: ${differingFields(decoded.value, wanted).join(', ')}`;
}

/** The same in short. */
export function conflictText(stored: string): string {
  const decoded = decodeShardSpec(stored, '');
  if (decoded.ok) return OTHER_CONTENT;
  return `exists and cannot be read: ${decoded.newer ? NEWER_FIX : 'remove it, then add it again'}`;
}
