/**
 * npm run soak -- --hours H [--shards N] [--containers N] [--daemons N] [--interval-s N] [--out FILE]: daemons and containers as
 * processes through hours of moves, changed specs, joins and leaves; what they hold is written down each interval, a minute unless said
 * otherwise. The first 30 % are warm-up; ten points must follow. The verdict is good, missed or undecided against the goal: the heap of the
 * daemons after a full collection grows by at most a MB an hour, and their memory by no more as far as its noise shows. Exit code 0 when it is
 * good, 1 when not; 130 when interrupted.
 */
import {execFileSync} from 'node:child_process';
import {appendFileSync, mkdirSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname, join} from 'node:path';
import {BenchBed} from '../bench/bed.ts';
import {shardIds} from '../bench/figure.ts';
import {observed} from './observation.ts';
import type {Observation} from './observation.ts';
import {verdictOf} from './verdict.ts';
import {churn} from './churn.ts';
import {scriptOptions} from '../support/script-options.ts';

const values = scriptOptions(import.meta.filename, {
  hours: {type: 'string', default: '1'},
  shards: {type: 'string', default: '100000'},
  containers: {type: 'string', default: '100'},
  daemons: {type: 'string', default: '2'},
  'interval-s': {type: 'string', default: '60'},
  out: {type: 'string'},
});

const APP = 'soak';
const TTL_MS = 10_000;
const SETTLE_LIMIT_MS = 900_000;
const PROCESSES = 4;
const HEAP_PROBE = new URL('heap-probe.mjs', import.meta.url).href;
const MINUTE_MS = 60_000;
const INTERVAL_MS = Number(values['interval-s']) * 1_000;

function stamp(): string {
  return new Date().toISOString().slice(0, 16).replaceAll(':', '');
}

async function main(): Promise<void> {
  const build = join(import.meta.dirname, '..', '..', 'scripts', 'build.ts');
  execFileSync(process.execPath, ['--import', 'tsx', build], {
    stdio: 'ignore',
  });
  const file = values.out ?? join('docs', 'results', `soak-${stamp()}.txt`);
  mkdirSync(dirname(file), {recursive: true});
  const {hours, shards, containers, daemons} = values;
  const head = `npm run soak -- --hours ${hours} --shards ${shards} --containers ${containers} --daemons ${daemons} --interval-s ${values['interval-s']}`;
  writeFileSync(
    file,
    `${head}\n${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}\n`,
  );
  const say = (line: string): void => {
    appendFileSync(file, `${line}\n`);
    console.log(line);
  };
  // The bed ends its processes; here it is only noted, before it does.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.prependOnceListener(signal, () => say(`ended by ${signal}: no verdict`));
  const bed = await BenchBed.start({ttlMs: TTL_MS, daemons: 0});
  for (let count = 0; count < Number(daemons); count += 1) await bed.startDaemon(HEAP_PROBE);
  try {
    const {isGood, line} = await soak(bed, say);
    say(line);
    process.exitCode = isGood ? 0 : 1;
  } finally {
    await bed.stop();
  }
}

async function soak(
  bed: BenchBed,
  say: (line: string) => void,
): Promise<{isGood: boolean; line: string}> {
  const ids = shardIds(Number(values.shards));
  const log = await bed.createApp(APP);
  await bed.addShards(APP, ids);
  const each = Math.ceil(Number(values.containers) / PROCESSES);
  for (let index = 0; index < PROCESSES; index += 1) bed.startContainers(APP, `base${index}`, each);
  await log.untilReady(ids, () => true, SETTLE_LIMIT_MS);
  const startMs = performance.now();
  const endMs = startMs + Number(values.hours) * 3_600_000;
  const series: Observation[] = [];
  for (let turn = 0; performance.now() < endMs; turn += 1) {
    const nextMs = performance.now() + INTERVAL_MS;
    const note = await churn(bed, APP, ids, turn).catch(
      (error: unknown) => `churn: ${String(error)}`,
    );
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextMs - performance.now())));
    // In the middle of moves the daemons hold more, and not each time the same. On a busy machine a reading is better than no hour.
    const rest = await bed.untilBalanced(APP).then(
      () => '',
      (error: unknown) => `, ${String(error)}`,
    );
    const one = await observed(bed, (performance.now() - startMs) / MINUTE_MS);
    series.push(one);
    say(`${one.text}, ${note}${rest}`);
  }
  return verdictOf(series);
}

await main();
