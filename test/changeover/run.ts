/**
 * `npm run changeover -- [--seed S] [--disturbances N] [--round M] [--out FILE]`: a changeover from the Go project and then N disturbances
 * (200), in rounds of M (20) with an etcd of their own. Round i has the seed S + i and replays alone: `--seed S+i --disturbances M`.
 * Every second round one container uses bolt storage. Prints the figures, writes them as JSON to FILE. Exits 1 where a shard ran in two
 * processes without an excuse, or a process was told to add what it ran.
 */
import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {parseArgs} from 'node:util';
import {nowMs} from './container-host.ts';
import {disturbances} from './disturbances.ts';
import {figuresOf} from './figures.ts';
import {playRound} from './round.ts';
import type {RoundResult} from './round.ts';

const CONTAINERS = 4;
const SHARDS = 16;

const {values} = parseArgs({
  options: {
    seed: {type: 'string', default: '1'},
    disturbances: {type: 'string', default: '200'},
    round: {type: 'string', default: '20'},
    out: {type: 'string'},
  },
});

const count = Number(values.disturbances);
const size = Number(values.round);
const results: RoundResult[] = [];
let failed = 0;
for (let at = 0; at * size < count; at += 1) {
  const seed = Number(values.seed) + at;
  const list = disturbances(seed, Math.min(size, count - at * size), CONTAINERS);
  const say = (text: string): void =>
    console.log(`${(performance.now() / 1_000).toFixed(1).padStart(7)} seed ${seed}: ${text}`);
  const failedBefore = failed;
  say(`${list.length} disturbances`);
  try {
    const options = {disturbances: list, containers: CONTAINERS, shards: SHARDS, say};
    const result = await playRound({...options, withBolt: seed % 2 === 0});
    results.push(result);
    const bad = result.overlaps.filter(({excuse}) => excuse === '');
    for (const {fromMs, ...one} of bad) {
      const atS = (fromMs - nowMs() + performance.now()) / 1_000;
      say(`RUNS TWICE at ${atS.toFixed(1)}: ${JSON.stringify(one)}`);
    }
    for (const one of result.repeatedAdds) say(`ADDED AGAIN ${one}`);
    if (bad.length + result.repeatedAdds.length > 0) failed += 1;
  } catch (error) {
    failed += 1;
    say(`FAILED ${String(error)}`);
  }
  if (failed > failedBefore)
    say(`replay: npm run changeover -- --seed ${seed} --disturbances ${list.length}`);
}
const figures = figuresOf(results);
const report = {
  command: `npm run changeover -- ${process.argv.slice(2).join(' ')}`.trim(),
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], {encoding: 'utf8'}).trim(),
  ...{containers: CONTAINERS, shards: SHARDS, disturbances: count, failedRounds: failed},
  ...figures,
};
console.log(JSON.stringify(report, undefined, 2));
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), {recursive: true});
  writeFileSync(values.out, `${JSON.stringify(report, undefined, 2)}\n`);
}
process.exitCode = failed > 0 ? 1 : 0;
