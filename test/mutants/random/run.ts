/**
 * `npm run mutants:random -- [--files A,B] [--tests A,B] [--exclude GLOB,GLOB] [--count N] [--seed S]`: plants so many small faults at random
 * places of these files or folders of sources, one at a time, and names those that no test of these files or folders notices: each is a rule without a test, or changes
 * nothing that matters. Default: 40 faults in the machines of `src/ownership`, with their tests; another seed each time.
 */
import {randomInt} from 'node:crypto';
import {readFileSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import type {TestModule} from 'vitest/node';
import {scriptOptions} from '../../support/script-options.ts';
import {Random} from '../../simulation/random.ts';
import {PatchedVitest} from '../patched-vitest.ts';
import {faultsOf, withFault} from './faults.ts';
import type {Fault} from './faults.ts';

const values = scriptOptions(import.meta.filename, {
  files: {type: 'string', default: 'src/ownership'},
  tests: {type: 'string', default: 'test/ownership,test/scenarios'},
  exclude: {type: 'string', default: ''},
  count: {type: 'string', default: '40'},
  seed: {type: 'string', default: String(randomInt(2 ** 32))},
});
const root = join(import.meta.dirname, '../../..');

interface Placed {
  readonly file: string;
  readonly fault: Fault;
}

const listOf = (text: string): string[] => text.split(',').filter(Boolean);

/** The sources of a folder, or the file itself. */
function sourcesOf(path: string): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(path, name))
    .toSorted();
}

function drawn(): Placed[] {
  const all = listOf(values.files)
    .flatMap(sourcesOf)
    .flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8');
      return faultsOf(file, source).map((fault) => ({file, fault}));
    });
  console.log(`seed ${values.seed}: ${values.count} of ${all.length} faults`);
  const random = new Random(Number(values.seed));
  const rank = new Map(all.map((one) => [one, random.between(0, 1)]));
  return all
    .toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))
    .slice(0, Number(values.count));
}

/** A file that cannot be loaded notices as well as a test that fails. */
function notices(modules: readonly TestModule[]): boolean {
  return modules.some((module) => !module.ok());
}

const tests = await PatchedVitest.open(root, {
  ...{isolate: false, bail: 1, exclude: listOf(values.exclude)},
});
const run = async (): Promise<boolean> => notices(await tests.runFiles(listOf(values.tests)));
if (await run()) throw new Error('these tests do not pass without a fault');
let lives = 0;
const faults = drawn();
for (const {file, fault} of faults) {
  const name = `${file}:${fault.name}`;
  const patch = {name, file, apply: (source: string) => withFault(source, fault)};
  if (await tests.patched(patch, run)) continue;
  lives += 1;
  console.log(`not noticed: ${name}`);
}
console.log(`${faults.length} faults, ${lives} not noticed`);
await tests.close();
