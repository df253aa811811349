/**
 * `npm run chaos -- --minutes M [--etcd 3.4|3.5|3.6|3.7] [--nemesis a,b] [--seed S] [--ttl MS]`: real etcd, daemons and containers under
 * faults for so long, judged. Several versions, comma-separated, share the minutes. A run longer than --piece minutes is made of pieces
 * with beds of their own. Each piece leaves .json, .txt and .svg in the folder --out; pieces that are there already count and are not run
 * again, so that a run that was ended goes on where it was. `--sum` only adds up what is there. Exits 1 on any violation.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {APPS, Bed} from './bed.ts';
import {Conductor} from './conductor.ts';
import {VERSIONS} from './etcd-bed.ts';
import type {EtcdVersion} from './etcd-bed.ts';
import {ETCD_NEMESES} from './nemeses-etcd.ts';
import {NETWORK_NEMESES} from './nemeses-network.ts';
import {OPERATOR_NEMESES} from './nemeses-operator.ts';
import {PROCESS_NEMESES} from './nemeses-processes.ts';
import type {Nemesis} from './nemesis.ts';
import {Random} from './random.ts';
import {reportOf, sumOf, textOf} from './report.ts';
import type {ChaosReport} from './report.ts';
import {timelineSvg} from './timeline-svg.ts';
import {scriptOptions} from '../support/script-options.ts';

const NEMESES: Readonly<Record<string, Nemesis>> = {
  ...ETCD_NEMESES,
  ...PROCESS_NEMESES,
  ...NETWORK_NEMESES,
  ...OPERATOR_NEMESES,
};
/** Shards drawn in the picture. */
const ROWS = 24;

const values = scriptOptions(import.meta.filename, {
  minutes: {type: 'string', default: '5'},
  piece: {type: 'string', default: '10'},
  etcd: {type: 'string', default: '3.4'},
  nemesis: {type: 'string'},
  seed: {type: 'string', default: '1'},
  ttl: {type: 'string', default: '5000'},
  groups: {type: 'string', default: '6'},
  shards: {type: 'string', default: '48'},
  every: {type: 'string', default: '50'},
  out: {type: 'string', default: '.tmp/chaos'},
  sum: {type: 'boolean', default: false},
});

interface Piece {
  readonly version: EtcdVersion;
  readonly seed: number;
  readonly minutes: number;
}

function pieces(): Piece[] {
  const versions = values.etcd.split(',').map((name) => {
    const version = VERSIONS.find((one) => one === name);
    if (version === undefined) throw new Error(`--etcd is one of ${VERSIONS.join(', ')}`);
    return version;
  });
  const each = Number(values.minutes) / versions.length;
  const count = Math.ceil(each / Number(values.piece));
  const rounds = Array.from({length: count}, (_, index) =>
    versions.map((version) => ({
      version,
      seed: Number(values.seed) + index,
      minutes: each / count,
    })),
  );
  return rounds.flat();
}

function chosenNemeses(): Record<string, Nemesis> {
  if (values.nemesis === undefined) return {...NEMESES};
  const names = values.nemesis.split(',');
  return Object.fromEntries(
    names.map((name) => {
      const nemesis = NEMESES[name];
      if (nemesis === undefined)
        throw new Error(`--nemesis is of ${Object.keys(NEMESES).join(', ')}`);
      return [name, nemesis];
    }),
  );
}

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {encoding: 'utf8'}).trim();
}

function log(line: string): void {
  console.log(`${(performance.now() / 1_000).toFixed(1).padStart(7)} ${line}`);
}

async function runPiece({version, seed, minutes}: Piece, base: string): Promise<ChaosReport> {
  log(`etcd ${version}, seed ${seed}, ${minutes.toFixed(1)} minutes`);
  const ttlMs = Number(values.ttl);
  const groups = Number(values.groups);
  const shards = Number(values.shards);
  const bed = await Bed.start({version, ttlMs, groups, shards, everyMs: Number(values.every)});
  try {
    log('the bed is up');
    const startedMs = performance.now();
    const nemeses = chosenNemeses();
    const endMs = startedMs + 60_000 * minutes;
    const conductor = new Conductor({bed, random: new Random(seed), nemeses, endMs, log});
    await conductor.run();
    await bed.auditComplete();
    for (const group of bed.groups) group.close();
    const judge = await bed.judge.finish();
    const {done: faults, convergences, broken} = conductor;
    const report = reportOf({
      ...{version, seed, ttlMs, faults, convergences, broken, judge, commit: commit()},
      minutes: (performance.now() - startedMs) / 60_000,
      shards: APPS.length * shards,
      containers: APPS.length * groups,
      nemeses: Object.keys(nemeses),
      command: `npm run chaos -- ${process.argv.slice(2).join(' ')}`,
      audit: bed.audit.summary,
      auditFault: bed.auditFault,
    });
    writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 1)}\n`);
    writeFileSync(`${base}.txt`, textOf(report));
    const title = `etcd ${version}, seed ${seed}, T ${ttlMs} ms: ${faults.length} faults, ${report.overlaps} overlaps`;
    const {timeline: terms, overlaps} = judge;
    writeFileSync(`${base}.svg`, timelineSvg({title, terms, faults, overlaps, rows: ROWS}));
    if (report.violations.length > 0) keepTraces(bed, base);
    return report;
  } finally {
    await bed.stop();
  }
}

/** What the processes said, for who looks for the root of a violation. */
function keepTraces(bed: Bed, base: string): void {
  const said = [
    ...bed.daemons.map(({name, output}) => `== ${name}\n${output}`),
    ...bed.groups.map(({name, errors}) => `== ${name}\n${errors}`),
  ];
  writeFileSync(`${base}.traces`, said.join('\n'));
}

function kept(): ChaosReport[] {
  return readdirSync(values.out)
    .filter((name) => /^chaos-.*\.json$/.test(name))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(values.out, name), 'utf8')) as ChaosReport);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
mkdirSync(values.out, {recursive: true});
if (!values.sum) {
  for (const piece of pieces()) {
    const base = join(values.out, `chaos-${piece.version}-${piece.seed}`);
    if (existsSync(`${base}.json`)) log(`${base}.json is there already`);
    else console.log(textOf(await runPiece(piece, base)));
  }
}
const reports = kept();
const text = sumOf(reports);
console.log(text);
writeFileSync(join(values.out, 'sum.txt'), text);
process.exit(reports.some(({violations}) => violations.length > 0) ? 1 : 0);
