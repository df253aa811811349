/** What a shard's spec says, apart from its bookkeeping. Pure. */
import {compareText} from './compare-text.ts';
import type {ShardSpec} from './specs.ts';

export type ShardContent = Pick<
  ShardSpec,
  'task' | 'manualContainerId' | 'group' | 'workerGroup' | 'load' | 'spreadKey' | 'priority'
>;

/** The same where any field may be left out: then it is as by default. */
type Said = {readonly [F in keyof ShardContent]?: Readonly<ShardContent[F]> | undefined};

/** A field whose texts differ. */
export interface ContentChange {
  readonly field: keyof ShardContent;
  readonly from: string;
  readonly to: string;
}

/** Of load, spread key and priority what is not as by default: an older daemon knows none of them. */
export function saidTerms({
  load = {},
  spreadKey = '',
  priority = 0,
}: Pick<Said, 'load' | 'spreadKey' | 'priority'>): Pick<
  ShardSpec,
  'load' | 'spreadKey' | 'priority'
> {
  return {
    ...(Object.keys(load).length === 0 ? {} : {load: {...load}}),
    ...(spreadKey === '' ? {} : {spreadKey}),
    ...(priority === 0 ? {} : {priority}),
  };
}

/** In which fields the two say something else. */
export function contentChanges(before: Said, after: Said): ContentChange[] {
  const [from, to] = [textsOf(before), textsOf(after)];
  const fields = Object.keys(from) as (keyof ShardContent)[];
  return fields
    .filter((field) => from[field] !== to[field])
    .map((field) => ({field, from: from[field], to: to[field]}));
}

function textsOf(said: Said): Record<keyof ShardContent, string> {
  const {task = '', manualContainerId = '', group = '', workerGroup = '', spreadKey = ''} = said;
  const {priority = 0, load = {}} = said;
  const loads = Object.entries(load).sort(([a], [b]) => compareText(a, b));
  return {
    ...{task, manualContainerId, group, workerGroup, spreadKey, priority: String(priority)},
    load: loads.map(([metric, value]) => `${metric}=${value}`).join(' '),
  };
}
