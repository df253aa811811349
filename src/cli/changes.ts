/** What a changing command says. */
import type {WriteAnswer} from '../protocol/admin.ts';
import type {ObjectResult} from './output.ts';
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
