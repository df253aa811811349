/** npm run sim -- --seeds N [--seed S] [--trace] [--faults a,b]: many seeds, or one with everything it does. */
import {parseArgs} from 'node:util';
import {FAULTS} from './faults.ts';
import type {FaultName} from './faults.ts';
import {runScenario} from './scenario.ts';

const {values} = parseArgs({
  options: {
    seeds: {type: 'string', default: '1'},
    seed: {type: 'string', default: '1'},
    trace: {type: 'boolean', default: false},
    faults: {type: 'string'},
    'keep-going': {type: 'boolean', default: false},
  },
});

const first = Number(values.seed);
const count = Number(values.seeds);
const faults =
  values.faults === undefined
    ? undefined
    : values.faults.split(',').filter((name): name is FaultName => name in FAULTS);

const startedMs = performance.now();
let failed = 0;
let simulatedMs = 0;
let events = 0;
let recordWrites = 0;
let done = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const outcome = await runScenario(seed, {
    ...(faults === undefined ? {} : {faults}),
    ...(values.trace ? {trace: (line: string) => console.log(line)} : {}),
  });
  done += 1;
  simulatedMs += outcome.simulatedMs;
  events += outcome.events;
  recordWrites += outcome.recordWrites;
  if (outcome.violation === undefined) continue;
  failed += 1;
  const {promise, text, atMs} = outcome.violation;
  console.log(`seed ${seed}: ${promise} at ${(atMs / 1000).toFixed(3)} s: ${text}`);
  console.log(`  faults: ${outcome.faults.join(',')}`);
  console.log(`  again: npm run sim -- --seed ${seed} --trace`);
  if (!values['keep-going']) break;
}
const seconds = (performance.now() - startedMs) / 1000;
console.log(
  `${done} seeds, ${failed} failed, ${(done / seconds).toFixed(1)} seeds/s, ` +
    `${(simulatedMs / done / 1000).toFixed(0)} simulated s, ${Math.round(events / done)} events and ` +
    `${Math.round(recordWrites / done)} record writes a seed`,
);
process.exitCode = failed > 0 ? 1 : 0;
