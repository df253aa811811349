/** What a changing command says. */
import type {WriteAnswer} from '../protocol/admin.ts';
import type {ObjectResult} from './output.ts';

export function changeResult(
  kind: string,
  name: string,
  answer: WriteAnswer,
  extra: object = {},
  dryRun = false,
): ObjectResult {
  const {result, changed, revision} = answer;
  return {
    kind: `${kind}Change`,
    fields: {name, result, changed, revision, dryRun, ...extra},
    name,
    lines: [`${kind.toLowerCase()} ${name} ${result}${dryRun ? ' (dry run)' : ''}`],
  };
}

/** An order to a container in words: `container c1 cordoned (order created)`; what became of the order stands in brackets. */
export function orderResult(
  name: string,
  word: string,
  answer: WriteAnswer,
  fields: object,
  dryRun: boolean,
): ObjectResult {
  const note = dryRun ? 'dry run' : `order ${answer.result}`;
  return {
    ...changeResult('Container', name, answer, fields, dryRun),
    lines: [`container ${name} ${word} (${note})`],
  };
}
