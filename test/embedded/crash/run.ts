/**
 * `npm run crashes -- [--minutes N] [--seed S] [--processes]`: crashes of the embedded store, seed after seed; exits 1 at the first that loses,
 * invents or reorders anything. With --processes each is a kill -9 of a process, at any moment, also one that was stopped before.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {runCrashes} from './crash-run.ts';
import {runKills} from './kill-run.ts';
import {scriptOptions} from '../../support/script-options.ts';

const CRASHES_PER_SEED = 100;

const values = scriptOptions(import.meta.filename, {
  minutes: {type: 'string', default: '1'},
  seed: {type: 'string'},
  processes: {type: 'boolean', default: false},
});
const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const endMs = performance.now() + Number(values.minutes) * 60_000;
const total = {crashes: 0, answered: 0, underway: 0, kept: 0, snapshots: 0};

for (let seed = first; performance.now() < endMs; seed += 1) {
  const folder = mkdtempSync(join(tmpdir(), 'sm-crash-'));
  try {
    const path = join(folder, 'data');
    const options = {path, seed, crashes: CRASHES_PER_SEED};
    const counts = values.processes
      ? await runKills(options)
      : await runCrashes({...options, kind: seed % 2 === 0 ? 'kill' : 'power'});
    total.crashes += CRASHES_PER_SEED;
    total.answered += counts.answered;
    total.underway += counts.underway;
    total.kept += counts.kept;
    total.snapshots += counts.snapshots;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
const {crashes, answered, underway, kept, snapshots} = total;
console.log(
  `${crashes} crashes from seed ${first}: ${answered} commands answered, all there; of ${underway} under way ${kept} there; ${snapshots} snapshots`,
);
