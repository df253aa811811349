/** `npm run sim`: bundles the simulation, which is faster than loading it file by file, and plays the runs in so many processes. */
import {randomInt} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {playInProcess, withBundle} from './bundled.ts';
import {USAGE, isFresh, readCommand} from './command.ts';
import {coverageText} from './coverage.ts';
import {addTotals, noRuns, totalsText} from './totals.ts';

/** An interrupted command still says what it has played. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

async function main(given: readonly string[]): Promise<void> {
  if (given.includes('--help')) return console.log(USAGE);
  const seed = ['--seed', String(randomInt(2 ** 32))];
  const args = isFresh(given) ? [...given, ...seed] : given;
  const command = readCommand(args);
  if (isFresh(given)) console.log(`fresh seeds from ${command.from} on`);
  const startedMs = performance.now();
  const totals = noRuns();
  const stop = interrupted();
  const parts = Array.from({length: command.parts}, (_, part) => part);
  const played = await withBundle((script) =>
    Promise.all(parts.map((part) => playInProcess(script, [args], part, stop))),
  );
  for (const [one] of played) {
    if (one !== undefined) addTotals(totals, one);
    else if (!stop.aborted) {
      console.log('a process has died and does not say what it has played');
      totals.failed += 1;
    }
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
