/**
 * `npm run bench [-- NAME ...]`: the figures of docs/benchmarks.md, measured on this machine with real processes, printed as a table. Names:
 * add move kill kill-leader stop daemon 10k 100k idle plan embedded dev load. Exits 0 whatever it sees; only a measurement that could not be made is an error.
 */
import {execFileSync} from 'node:child_process';
import {cpus} from 'node:os';
import {join} from 'node:path';
import {
  containerKilled,
  containerKilledLeaderChange,
  containerStopped,
  daemonKilled,
} from './failures.ts';
import {devFigures} from './dev.ts';
import type {Figure} from './figure.ts';
import {addShard, plannedMove} from './latency.ts';
import {embeddedFigures} from './embedded.ts';
import {reportFigures} from './load.ts';
import {planFigures} from './plan.ts';
import {hundredThousand, idleWrites, tenThousand} from './scale.ts';

const BENCHES: Record<string, () => Figure[] | Promise<Figure[]>> = {
  add: addShard,
  move: plannedMove,
  kill: containerKilled,
  'kill-leader': containerKilledLeaderChange,
  stop: containerStopped,
  daemon: daemonKilled,
  '10k': tenThousand,
  '100k': hundredThousand,
  idle: idleWrites,
  plan: planFigures,
  embedded: embeddedFigures,
  dev: devFigures,
  load: reportFigures,
};

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => BENCHES[name] === undefined);
  if (unknown.length > 0) {
    console.error(
      `no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const build = join(import.meta.dirname, '..', '..', 'scripts', 'build.ts');
  execFileSync(process.execPath, ['--import', 'tsx', build], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}\n`);
  console.log('| what | goal | seen | |\n| --- | --- | --- | --- |');
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    for (const {what, goal, seen, met} of await bench())
      console.log(`| ${what} | ${goal} | ${seen} | ${met ? 'met' : 'NOT MET'} |`);
  }
}

await main();
