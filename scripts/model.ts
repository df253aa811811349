/**
 * `npm run model [-- [--large] [part of a case's name ...]]`: checks docs/model/ownership.pml; the result of all cases is kept in
 * docs/results/model.txt (model-large.txt). Exits 1 when a case comes out otherwise than it must, 3 when the checker is missing.
 */
import {writeFileSync} from 'node:fs';
import {MODEL_CASES} from './model/cases.ts';
import {check, obtainSpin, versionOf} from './model/checker.ts';
import {caseLine, headLine, stepLines, whenceLine} from './model/report.ts';

const LARGE = '--large';
const MISSING_EXIT = 3;

function wanted(args: readonly string[]) {
  const large = args.includes(LARGE);
  const only = args.filter((argument) => argument !== LARGE);
  const named = (name: string): boolean =>
    only.length === 0 || only.some((part) => name.includes(part));
  const cases = MODEL_CASES.filter((one) => (one.large === true) === large && named(one.name));
  return {large, only, cases};
}

async function main(): Promise<number> {
  const obtained = await obtainSpin();
  if ('missing' in obtained) {
    console.error(`missing: ${obtained.missing}`);
    return MISSING_EXIT;
  }
  const {large, only, cases} = wanted(process.argv.slice(2));
  const command = `npm run model${large ? ' -- --large' : ''}`;
  const lines = [whenceLine(command, await versionOf(obtained.spin)), '', headLine()];
  const told: string[] = [];
  let failed = 0;
  console.log(lines.join('\n'));
  for (const modelCase of cases) {
    const checked = await check(obtained.spin, modelCase);
    const right = checked.result === modelCase.expected;
    if (!right) failed += 1;
    const line = `${caseLine(modelCase, checked)}${right ? '' : `  expected: ${modelCase.expected}`}`;
    console.log(line);
    lines.push(line);
    told.push(...stepLines(modelCase, checked));
  }
  console.log(told.join('\n'));
  if (only.length === 0)
    writeFileSync(
      `docs/results/model${large ? '-large' : ''}.txt`,
      `${[...lines, ...told].join('\n')}\n`,
    );
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
