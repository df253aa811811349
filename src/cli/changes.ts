/** What a changing command says. */
import {counted} from '../model/counted.ts';
import type {BatchAnswer, WriteAnswer} from '../protocol/admin.ts';
import type {ListResult, ObjectResult} from './output.ts';
import {leftUnplacedText} from './placement-obstacles.ts';

/** Of lists of what a dry run would have done. */
export const DRY_RUN_NOTE = 'dry run: nothing was changed';

export function changeResult(
  kind: string,
  name: string,
  answer: WriteAnswer,
  extra: object = {},
  dryRun = false,
): ObjectResult {
  const {result, changed, revision, leftUnplaced} = answer;
  const left = leftUnplacedText(leftUnplaced);
  return {
    kind: `${kind}Change`,
    fields: {
      ...{name, result, changed, revision, dryRun, ...extra},
      ...(leftUnplaced === undefined ? {} : {leftUnplaced}),
    },
    name,
    lines: [
      `${kind.toLowerCase()} ${name} ${result}${dryRun ? ' (dry run)' : ''}`,
      ...(left === undefined ? [] : [left]),
    ],
  };
}

/** A new app with shards: `app orders created, 40 shards added`. An app that was there may have got shards, too, so `changed` and `revision` are of both. */
export function createdResult(
  name: string,
  answer: WriteAnswer,
  {items, failed, changed, revision}: BatchAnswer,
): ObjectResult {
  const added = items.filter(({result}) => result === 'created').length;
  const unchanged = items.length - added - failed;
  const extra = {
    ...{shards: items.length, failed, revision},
    changed: answer.changed || changed,
  };
  const {lines, ...shown} = changeResult('App', name, answer, extra);
  const counts = [
    `${counted(added, 'shard')} added`,
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  const refused = items.find(({error}) => error !== undefined);
  const more = failed > 1 ? ` (and ${failed - 1} more)` : '';
  return {
    ...shown,
    lines: [
      `${lines.join('')}, ${counts.join(', ')}`,
      ...(refused === undefined
        ? []
        : [`shard ${refused.shardId} ${refused.result}: ${refused.error}${more}`]),
    ],
  };
}

/** Shards of one change, each with what became of it. */
export function shardResults(
  fields: Pick<BatchAnswer, 'changed' | 'failed' | 'revision'> & {readonly dryRun: boolean},
  items: BatchAnswer['items'],
  notes: readonly string[] = [],
): ListResult<BatchAnswer['items'][number]> {
  const said = [...notes, ...(fields.dryRun ? [DRY_RUN_NOTE] : [])];
  return {
    kind: 'ShardChangeList',
    fields,
    items,
    name: ({shardId}) => shardId,
    columns: [
      {header: 'SHARD', value: ({shardId}) => shardId},
      {header: 'RESULT', value: ({result}) => result},
      {header: 'ERROR', value: ({error}) => error ?? ''},
    ],
    ...(said.length > 0 ? {note: said.join('\n')} : {}),
  };
}

/** What an operator wants of a container: `container c1 cordoned (order created)`. What became of the `kept` key stands in brackets. */
export function orderResult(
  name: string,
  word: string,
  answer: WriteAnswer,
  fields: object,
  dryRun: boolean,
  kept: 'order' | 'override' = 'order',
): ObjectResult {
  const note = dryRun ? 'dry run' : `${kept} ${answer.result}`;
  return {
    ...changeResult('Container', name, answer, fields, dryRun),
    lines: [`container ${name} ${word} (${note})`],
  };
}
