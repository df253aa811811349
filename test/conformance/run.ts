/**
 * `npm run conformance -- [--sequences N] [--seed S] [--pairs P] [--against etcd|embedded]`: random sequences of operations on a real etcd
 * and on the embedded server (or a second etcd, which must show no differences: it proves the comparison). Each sequence has a seed of
 * its own, S, S+1, ...; exits 1 when any differs.
 */
import {Pair, describeFailure} from './compare.ts';
import {scriptOptions} from '../support/script-options.ts';

const MOST_SHOWN = 10;
const REPORT_EVERY_MS = 30_000;

const values = scriptOptions(import.meta.filename, {
  sequences: {type: 'string', default: '1000'},
  seed: {type: 'string'},
  pairs: {type: 'string', default: '4'},
  against: {type: 'string', default: 'embedded'},
});
if (values.against !== 'etcd' && values.against !== 'embedded')
  throw new Error('--against is etcd or embedded');

const count = Number(values.sequences);
const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const right = values.against;
const startedMs = performance.now();
let next = first;
let done = 0;
let differences = 0;

async function work(): Promise<void> {
  const pair = new Pair('etcd', right);
  await pair.start();
  try {
    while (next < first + count) {
      const seed = next;
      next += 1;
      const failure = await pair.runSeed(seed);
      done += 1;
      if (failure === undefined) continue;
      differences += 1;
      if (differences > MOST_SHOWN) continue;
      console.log(describeFailure(failure));
      const target = right === 'embedded' ? '' : ` --against ${right}`;
      console.log(`  again: npm run conformance -- --sequences 1 --seed ${seed}${target}`);
    }
  } finally {
    await pair.stop();
  }
}

const reporting = setInterval(() => {
  console.log(`${done} of ${count} sequences, ${differences} differences`);
}, REPORT_EVERY_MS);
await Promise.all(Array.from({length: Math.min(count, Number(values.pairs))}, work));
clearInterval(reporting);
const seconds = (performance.now() - startedMs) / 1000;
console.log(
  `${done} sequences from seed ${first} on etcd and ${right}: ${differences} differences, ${seconds.toFixed(0)} s`,
);
process.exitCode = differences > 0 ? 1 : 0;
