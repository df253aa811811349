/**
 * `npm run mutants [-- --only NAME] [--budget SEEDS] [--quick]`: plants each mutant of the table and shows what notices it. Ends with 1
 * when one lives: when its test passes, or no seed breaks. The whole run is kept in docs/results/mutants.txt. `--quick` leaves it to `npm test` to show that the tests
 * pass without a mutant.
 */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {KilledByTest, Mutant} from './mutant.ts';
import {MUTANTS} from './table.ts';
import {firstBrokenSeed} from './under-seeds.ts';
import {TestRunner} from './under-tests.ts';
import {scriptOptions} from '../support/script-options.ts';

/** Seeds that an equivalent mutant has to live through in a whole run; `--budget` asks for more. */
const EQUIVALENT_SEEDS = 100;
/** Mutants run side by side. */
const RUNNERS = 2;
/** `--quick` runs mutants that die within so many seeds, and those that tests kill without waiting in vain. */
const QUICK_SEEDS = 10;
/** Of these, so many of each source file: all of them take two minutes of both cores, which `npm test` does not have. */
const QUICK_PER_FILE = 1;

const values = scriptOptions(import.meta.filename, {
  only: {type: 'string', multiple: true, default: []},
  budget: {type: 'string'},
  quick: {type: 'boolean', default: false},
});
const root = join(import.meta.dirname, '../..');

interface Verdict {
  readonly mutant: Mutant;
  readonly isDead: boolean;
  /** What noticed it, or why it lives. */
  readonly how: string;
  readonly seconds: number;
}

function wanted(): readonly Mutant[] {
  const {only, quick} = values;
  if (only.length > 0) return MUTANTS.filter(({name}) => only.some((part) => name.includes(part)));
  return quick ? quickOnes() : MUTANTS;
}

function quickOnes(): Mutant[] {
  const taken = new Map<string, number>();
  return MUTANTS.filter((mutant) => {
    const count = taken.get(mutant.file) ?? 0;
    if (count === QUICK_PER_FILE || !isQuick(mutant)) return false;
    taken.set(mutant.file, count + 1);
    return true;
  });
}

function isQuick({killed}: Mutant): boolean {
  if (killed.by === 'test') return killed.waits !== true;
  return killed.by === 'seeds' && killed.within <= QUICK_SEEDS;
}

type Outcome = Pick<Verdict, 'isDead' | 'how'>;

/** A named test proves something only if it passes without the mutant: `sound` are those that do. */
async function checkByTest(
  mutant: Mutant,
  killed: KilledByTest,
  runner: TestRunner,
  sound: ReadonlySet<KilledByTest>,
): Promise<Outcome> {
  const key = `${killed.file} > ${killed.test}`;
  if (!sound.has(killed)) return {isDead: false, how: `${key}: does not pass without the mutant`};
  const after = await runner.run(killed, mutant);
  if (after === 'failed') return {isDead: true, how: key};
  const isDead = after === 'timed out' && killed.waits === true;
  return {isDead, how: `${key}: ${after}`};
}

async function checkBySeeds(mutant: Mutant): Promise<Outcome> {
  const {killed} = mutant;
  const asked = values.budget === undefined ? undefined : Number(values.budget);
  if (killed.by === 'equivalent') {
    const seeds = asked ?? (values.quick ? 0 : EQUIVALENT_SEEDS);
    const broken =
      seeds === 0 ? undefined : await firstBrokenSeed(root, mutant, {first: 1, count: seeds});
    if (broken === undefined) return {isDead: true, how: `equivalent: ${killed.because}`};
    return {isDead: false, how: `not equivalent: seed ${broken.seed} breaks ${broken.promise}`};
  }
  if (killed.by !== 'seeds') throw new Error(`${mutant.name} is killed by a test`);
  const seeds = asked ?? killed.within;
  const broken = await firstBrokenSeed(root, mutant, {first: 1, count: seeds}, killed.removal);
  if (broken === undefined) return {isDead: false, how: `lives through ${seeds} seeds`};
  const {seed, promise} = broken;
  return {isDead: true, how: `seed ${seed}${killed.removal ? ' of removal' : ''}: ${promise}`};
}

/** What notices these mutants, one after the other. `onVerdict` hears of each at once. */
async function checkAll(
  mutants: readonly Mutant[],
  onVerdict: (verdict: Verdict) => void,
): Promise<void> {
  if (mutants.length === 0) return;
  const runner = await TestRunner.open(root);
  const tests = mutants.map(({killed}) => killed).filter((killed) => killed.by === 'test');
  // `npm test` runs all tests without a mutant, too.
  const sound = values.quick ? new Set(tests) : await runner.passing(tests);
  for (const mutant of mutants) {
    const startedMs = performance.now();
    const {killed} = mutant;
    const outcome =
      killed.by === 'test'
        ? await checkByTest(mutant, killed, runner, sound)
        : await checkBySeeds(mutant);
    onVerdict({mutant, ...outcome, seconds: (performance.now() - startedMs) / 1000});
  }
  await runner.close();
}

/** One for each runner: what one file of tests kills stays together, as each file is run without a mutant, too. */
function sharesOf(mutants: readonly Mutant[]): Mutant[][] {
  const byFile = new Map<string, Mutant[]>();
  for (const mutant of mutants) {
    const file = mutant.killed.by === 'test' ? mutant.killed.file : mutant.name;
    byFile.set(file, [...(byFile.get(file) ?? []), mutant]);
  }
  const shares = Array.from({length: RUNNERS}, (): Mutant[] => []);
  for (const group of [...byFile.values()].sort((a, b) => b.length - a.length))
    shares.sort((a, b) => a.length - b.length)[0]?.push(...group);
  return shares;
}

function lineOf({mutant, isDead, how, seconds}: Verdict): string {
  const word = !isDead ? 'LIVES' : mutant.killed.by === 'equivalent' ? 'equal' : 'dead ';
  return `${word} ${mutant.name} | ${mutant.breaks} | ${how} | ${seconds.toFixed(1)} s`;
}

function summaryOf(verdicts: readonly Verdict[]): string {
  const count = (by: string): number =>
    verdicts.filter(({mutant, isDead}) => isDead && mutant.killed.by === by).length;
  const lives = verdicts.filter(({isDead}) => !isDead).length;
  const seconds = verdicts.reduce((sum, one) => sum + one.seconds, 0);
  return (
    `${verdicts.length} mutants: ${count('test')} killed by tests, ${count('seeds')} by seeds, ` +
    `${count('equivalent')} equivalent, ${lives} live; ${seconds.toFixed(0)} s`
  );
}

async function main(): Promise<void> {
  const mutants = wanted();
  const verdicts: Verdict[] = [];
  const onVerdict = (verdict: Verdict): void => {
    verdicts.push(verdict);
    if (!values.quick || !verdict.isDead) console.log(lineOf(verdict));
  };
  await Promise.all(sharesOf(mutants).map((share) => checkAll(share, onVerdict)));
  verdicts.sort((a, b) => mutants.indexOf(a.mutant) - mutants.indexOf(b.mutant));
  const summary = summaryOf(verdicts);
  console.log(summary);
  if (values.only.length === 0 && !values.quick)
    writeFileSync(
      join(root, 'docs/results/mutants.txt'),
      `npm run mutants\n\n${verdicts.map(lineOf).join('\n')}\n\n${summary}\n`,
    );
  process.exitCode = verdicts.length > 0 && verdicts.every(({isDead}) => isDead) ? 0 : 1;
}

await main();
