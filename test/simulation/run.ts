/** `npm run sim`: bundles the simulation, which is faster than loading it file by file, and plays the runs in so many processes. */
import {fork} from 'node:child_process';
import {randomInt} from 'node:crypto';
import {rmSync, writeFileSync} from 'node:fs';
import {build} from 'esbuild';
import {USAGE, isFresh, readCommand} from './command.ts';
import {coverageText} from './coverage.ts';
import {addTotals, noRuns, totalsText} from './totals.ts';
import type {Totals} from './totals.ts';

async function bundle(): Promise<string> {
  const outfile = `.tmp/simulation-${process.pid}.mjs`;
  await build({
    entryPoints: ['test/simulation/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Puts literals that are spread into literals together: V8 of Node 20 takes a hundred times as long for those.
    minifySyntax: true,
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  return outfile;
}

/** One process; the last that it says of itself is its totals. */
function play(script: string, args: readonly string[], part: number): Promise<Totals | undefined> {
  return new Promise((resolve) => {
    let totals: Totals | undefined;
    const child = fork(script, [...args, '--part', String(part)], {execArgv: EXEC_ARGS});
    child.on('message', (message) => (totals = message as Totals));
    child.on('close', () => resolve(totals));
  });
}

const EXEC_ARGS = process.env['SIM_NODE_OPTIONS']?.split(' ') ?? [];

async function main(given: readonly string[]): Promise<void> {
  if (given.includes('--help')) return console.log(USAGE);
  const seed = ['--seed', String(randomInt(2 ** 32))];
  const args = isFresh(given) ? [...given, ...seed] : given;
  const command = readCommand(args);
  if (isFresh(given)) console.log(`fresh seeds from ${command.from} on`);
  const script = await bundle();
  const startedMs = performance.now();
  const totals = noRuns();
  try {
    const parts = Array.from({length: command.parts}, (_, part) => play(script, args, part));
    for (const one of await Promise.all(parts)) {
      if (one === undefined) totals.failed += 1;
      else addTotals(totals, one);
    }
  } finally {
    rmSync(script, {force: true});
  }
  console.log(totalsText(totals, (performance.now() - startedMs) / 1000));
  if (command.coverage) console.log(coverageText(totals.coverage));
  if (command.json !== undefined) {
    const named = {command: `npm run sim -- ${args.join(' ')}`, ...totals};
    writeFileSync(command.json, `${JSON.stringify(named, null, 2)}\n`);
  }
  process.exitCode = totals.failed > 0 ? 1 : 0;
}

await main(process.argv.slice(2));
