/**
 * `tsx test/bench/bundled.ts FILE [ARGUMENT...]`: runs a bench as what ships is made, by esbuild. tsx gives every inner function its name when it is made, which
 * costs a planner more than its work. One thread collects garbage, as CPU times of all threads are measured.
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'esbuild';

const FLAGS = ['--expose-gc', '--single-threaded-gc', '--max-old-space-size=8192'];

const [file = '', ...rest] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'sm-bench-'));
const outfile = join(folder, 'bench.mjs');
try {
  await build({
    entryPoints: [file],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
  });
  const {status} = spawnSync(process.execPath, [...FLAGS, outfile, ...rest], {stdio: 'inherit'});
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, {recursive: true, force: true});
}
