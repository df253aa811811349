/**
 * `npm run changeover -- [--seed S] [--disturbances N] [--round M] [--keep FOLDER] [--out FILE]`: a changeover from the Go project and then N
 * disturbances (200), in rounds of M (20) with an etcd of their own. Round i has the seed S + i and replays alone:
 * `--seed S+i --disturbances M`. In every second round one container uses bolt storage. Rounds that FOLDER has already count and are not
 * played again, so that a run that was ended goes on. `--only "second process"`: nothing but this kind. Prints the figures, writes them as JSON to FILE. Exits 1 where a shard ran in two
 * processes without an excuse, or a process was told to add what it ran.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {disturbances} from './disturbances.ts';
import {figuresOf} from './figures.ts';
import {playRound} from './round.ts';
import type {RoundResult} from './round.ts';
import {scriptOptions} from '../support/script-options.ts';

const CONTAINERS = 4;
const SHARDS = 16;

const values = scriptOptions(import.meta.filename, {
  seed: {type: 'string', default: '1'},
  disturbances: {type: 'string', default: '200'},
  round: {type: 'string', default: '20'},
  keep: {type: 'string', default: '.tmp/changeover'},
  only: {type: 'string'},
  out: {type: 'string'},
});

const count = Number(values.disturbances);
const size = Number(values.round);

interface Kept extends RoundResult {
  readonly commit: string;
}

async function round(seed: number, disturbed: number): Promise<Kept> {
  const file = join(
    values.keep,
    `${seed}-${disturbed}${values.only === undefined ? '' : `-${values.only}`}.json`,
  );
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  const say = (text: string): void =>
    console.log(`${(performance.now() / 1_000).toFixed(1).padStart(7)} seed ${seed}: ${text}`);
  const list = disturbances(seed, disturbed, CONTAINERS, values.only);
  const options = {disturbances: list, containers: CONTAINERS, shards: SHARDS, say};
  const result = await playRound({...options, withBolt: seed % 2 === 0});
  for (const one of result.repeatedAdds) say(`ADDED AGAIN ${one}`);
  const kept = {...result, commit: commit()};
  mkdirSync(values.keep, {recursive: true});
  writeFileSync(file, JSON.stringify(kept));
  return kept;
}

function quoted(word: string): string {
  return word.includes(' ') ? `"${word}"` : word;
}

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {encoding: 'utf8'}).trim();
}

const results: Kept[] = [];
const failed: number[] = [];
for (let at = 0; at * size < count; at += 1) {
  const seed = Number(values.seed) + at;
  const disturbed = Math.min(size, count - at * size);
  try {
    const result = await round(seed, disturbed);
    results.push(result);
    const isBad = result.overlaps.some(({excuse}) => excuse === '');
    if (isBad || result.repeatedAdds.length > 0) failed.push(seed);
  } catch (error) {
    failed.push(seed);
    console.log(`seed ${seed} FAILED ${String(error)}`);
  }
  if (failed.at(-1) === seed)
    console.log(`replay: npm run changeover -- --seed ${seed} --disturbances ${disturbed}`);
}
const figures = figuresOf(results);
const report = {
  // Where rounds are kept changes nothing.
  command: `npm run changeover -- ${process.argv.slice(2).map(quoted).join(' ')}`
    .replace(/ --keep \S+/, '')
    .trim(),
  commits: [...new Set(results.map((result) => result.commit))],
  ...{containers: CONTAINERS, shards: SHARDS, disturbances: count, failedSeeds: failed},
  ...figures,
};
console.log(JSON.stringify(report, undefined, 2));
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), {recursive: true});
  writeFileSync(values.out, `${JSON.stringify(report, undefined, 2)}\n`);
}
process.exitCode = failed.length > 0 ? 1 : 0;
