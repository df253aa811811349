/** Moves a shard of deploys, crashes and scale-outs, by simulation: `npm run bench:deploys [-- quietTime]`. The same on every machine. */
import {
  crashWithNewId,
  flapping,
  rollingRestart,
  scaleOut,
  surge,
} from '../governor/deploy-scenarios.ts';
import type {DeployFigures} from '../governor/deploy-scenarios.ts';

const [quiet] = process.argv.slice(2);
const spec = quiet === undefined ? {} : {placement: {quietTime: Number(quiet)}};
const SCENARIOS: readonly (readonly [string, () => DeployFigures])[] = [
  ['rolling restart of 20, same ids', () => rollingRestart(20, 2_000, spec)],
  ['surge of one over 20, new ids', () => surge(20, 2_000, {spec})],
  ['the same, one version', () => surge(20, 2_000, {spec, sameVersion: true})],
  ['13,500 shards on 3, surge of one', () => surge(3, 13_500, {spec})],
  ['the same, one version', () => surge(3, 13_500, {spec, sameVersion: true})],
  ['scale-out 20 -> 200, one by one', () => scaleOut(20, 200, 4_000, spec)],
  ['crash of one of 20, new id', () => crashWithNewId(20, 2_000, spec)],
  ['one of 20 flaps 10 times', () => flapping(20, 2_000, spec)],
];
const HEADS = [
  'moves/shard',
  'least',
  'most of one',
  'worst/share',
  'served s',
  'rest s',
  'spread',
];
const row = (name: string, cells: readonly string[]): void =>
  console.log([name.padEnd(36), ...cells.map((cell) => cell.padStart(12))].join(''));

row(`quiet time ${quiet ?? 'by default'}`, HEADS);
for (const [name, run] of SCENARIOS) {
  const {movesPerShard, least, mostMoved, worst, servedS, restS, spread} = run();
  const shares = [movesPerShard, least, mostMoved, worst];
  const [moves = '', bound = '', , top = ''] = shares.map((value) => value.toFixed(3));
  row(name, [moves, bound, String(mostMoved), top, ...[servedS, restS, spread].map(String)]);
}
