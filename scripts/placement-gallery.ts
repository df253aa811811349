/**
 * `npm run gallery [KIND...]`: plays the synthetic traces with the policies of `examples/placement`, and writes their curves to docs/placement and their rows
 * of the table to docs/placement.md.
 */
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {DEFAULTS, simulate} from '../src/cli/simulating.ts';
import type {Simulated} from '../src/cli/simulating.ts';
import {pictureOf} from '../src/simulator/picture.ts';
import {percentText} from '../src/simulator/scale.ts';
import type {Run} from '../src/simulator/scale.ts';
import {SYNTHETIC_KINDS} from '../src/simulator/synthetic-kinds.ts';
import type {SyntheticName} from '../src/simulator/synthetic-kinds.ts';
import {syntheticTrace} from '../src/simulator/synthetic.ts';
import {traceText} from '../src/simulator/trace.ts';

export const GALLERY: readonly SyntheticName[] = [
  'cache',
  'websocket',
  'partitions',
  'tenants',
  'jobs',
];

const PAGE = 'docs/placement.md';

export const policyFile = (kind: SyntheticName): string => `examples/placement/${kind}.yml`;
export const pictureFile = (kind: SyntheticName): string => `docs/placement/${kind}.svg`;

/** Of what a picture is made from: it is current as long as this stands in it. */
export function inputsMark(kind: SyntheticName): string {
  const hash = createHash('sha256');
  hash.update(readFileSync(policyFile(kind), 'utf8')).update(traceText(syntheticTrace(kind)));
  return `<!-- made from ${hash.digest('hex').slice(0, 16)} -->`;
}

const play = (kind: SyntheticName): Promise<Simulated> =>
  simulate({
    ...{files: [policyFile(kind)], compare: DEFAULTS, app: undefined},
    trace: {kind, seed: 1, containers: undefined},
    times: {},
    onProgress: () => undefined,
  });

async function makePicture(kind: SyntheticName): Promise<void> {
  const {trace, runs} = await play(kind);
  const {summary} = SYNTHETIC_KINDS[kind];
  const picture = pictureOf(`${trace.app}: ${summary}`, runs);
  writeFileSync(pictureFile(kind), `${inputsMark(kind)}\n${picture}`);
  const rows = rowsOf(kind, runs);
  const isOwn = (line: string): boolean => line.startsWith(`| ${kind} | `);
  const lines = readFileSync(PAGE, 'utf8').split('\n');
  const at = lines.findIndex(isOwn);
  const others = lines.filter((line) => !isOwn(line));
  writeFileSync(PAGE, others.toSpliced(at, 0, ...rows).join('\n'));
  console.log(rows.join('\n'));
}

/** Rows of the table: one a policy. */
export async function galleryRows(kind: SyntheticName): Promise<string[]> {
  return rowsOf(kind, (await play(kind)).runs);
}

function rowsOf(kind: SyntheticName, runs: readonly Run[]): string[] {
  return runs.map(({name, result}) => {
    const {imbalance, moves, movesPerShard, unservedShardSeconds, mostMovesOfOne} = result;
    const {p50, p95, max} = imbalance;
    const spread = [p50, p95, max].map(percentText);
    const counts = [moves, movesPerShard.toFixed(2), mostMovesOfOne];
    const cells = [kind, name, ...spread, ...counts, Math.round(unservedShardSeconds)];
    return `| ${cells.join(' | ')} |`;
  });
}

if (process.argv[1] === import.meta.filename) {
  const asked = process.argv.slice(2) as SyntheticName[];
  for (const kind of asked.length === 0 ? GALLERY : asked) await makePicture(kind);
}
