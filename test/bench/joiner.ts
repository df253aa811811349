/**
 * `npm run bench:joiner`: shards not served by second, while a container that does not work joins two that do; with the rules for joiners, and with the mutants that
 * take them out. Simulated, so the same on every machine. The output is kept in docs/results/bad-joiner.txt.
 */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {outputWith} from '../mutants/bundle.ts';
import type {Mutant} from '../mutants/mutant.ts';
import {WITHOUT_JOINING_RULES} from '../mutants/table/joining.ts';
import {JOINER_FAULTS} from '../simulation/bad-joiner.ts';
import type {JoinerFault} from '../simulation/bad-joiner.ts';
import type {JoinerRun} from './joiner-child.ts';

const [SHARDS, SEEDS, SECONDS] = [12, 5, 120];
/** Columns of the chart between two blanks. */
const TENS = 10;
const DIGITS = 36;

const root = join(import.meta.dirname, '../..');

const WHAT: Readonly<Record<JoinerFault, string>> = {
  refuses: 'add throws',
  crashes: 'crashes in add, one id',
  crashesUnderNewIds: 'crashes in add, new ids',
};

async function runsWith(mutants: readonly Mutant[]): Promise<JoinerRun[]> {
  const args = [SHARDS, SEEDS, SECONDS].map(String);
  const output = await outputWith(root, mutants, 'test/bench/joiner-child.ts', args);
  return JSON.parse(output) as JoinerRun[];
}

function rows(when: string, all: readonly JoinerRun[]): Row[] {
  return JOINER_FAULTS.map((fault) => {
    const runs = all.filter((run) => run.fault === fault);
    const most = Array.from({length: SECONDS}, (_, second) =>
      Math.max(...runs.map((run) => run.most[second] ?? 0)),
    );
    const mean = runs.reduce((sum, {shardSeconds}) => sum + shardSeconds, 0) / runs.length;
    return {title: `${when}: ${WHAT[fault]}`, most, mean};
  });
}

interface Row {
  readonly title: string;
  readonly most: readonly number[];
  readonly mean: number;
}

function chartLine({title, most}: Row): string {
  const digits = most.map((count) => count.toString(DIGITS)).join('');
  const tens = digits.match(new RegExp(`.{1,${TENS}}`, 'g')) ?? [];
  return `${title.padEnd(34)}${tens.join(' ')}`;
}

function figuresLine({title, most, mean}: Row): string {
  return `${title.padEnd(34)}${String(Math.max(...most)).padStart(8)}${mean.toFixed(1).padStart(16)}`;
}

const [before, after] = await Promise.all([runsWith(WITHOUT_JOINING_RULES), runsWith([])]);
const all = [...rows('before', before), ...rows('after', after)];
const mutants = WITHOUT_JOINING_RULES.map(({name}) => `"${name}"`).join(' and ');
const text = [
  `npm run bench:joiner`,
  '',
  `A container that does not work joins two that serve ${SHARDS} shards. Simulated, T = 3 s, seeds 1 to ${SEEDS}.`,
  `before: without the rules for joiners, by the mutants ${mutants}. after: the code as it is.`,
  '',
  `One column a second since the start of the joiner, a blank each ${TENS} s: the most shards not served at one look, of all seeds (a: 10, b: 11, c: 12).`,
  '',
  ...all.map(chartLine),
  '',
  `${'of the first 120 s'.padEnd(34)}${'most'.padStart(8)}${'shard-seconds'.padStart(16)}`,
  ...all.map(figuresLine),
  '',
  'shard-seconds: shards not served, times the seconds for which they are not; the mean of the seeds.',
  '',
].join('\n');
process.stdout.write(text);
writeFileSync(join(root, 'docs/results/bad-joiner.txt'), text);
