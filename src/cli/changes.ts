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
