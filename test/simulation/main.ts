/**
 * One process of `npm run sim`: plays its part of the runs, says what failed, and hands its totals to the process that started it. Commands
 * with `--then` between them are played one after the other: a process plays its first runs at a third of the speed of later ones.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {DirectedRuns, SMALL_WORLD} from './directed.ts';
import {commandsOf, readCommand} from './command.ts';
import type {Command} from './command.ts';
import {Coverage} from './coverage.ts';
import {FAULTS} from './faults.ts';
import type {FaultName} from './faults.ts';
import {readScenario, recordSeed, replay, writeScenario} from './scenario-file.ts';
import type {ScenarioFile} from './scenario-file.ts';
import {runScenario} from './scenario.ts';
import type {Outcome, ScenarioOptions} from './scenario.ts';
import {shrink} from './shrink.ts';
import {addRun, noRuns, totalsText} from './totals.ts';

/** Runs by number. */
interface Runs {
  /** From this one on, below that one. */
  readonly from: number;
  readonly below: number;
  name(number: number): string;
  play(number: number): Promise<Outcome>;
  /** The same run as a file. */
  file(number: number): Promise<ScenarioFile>;
}

function seeds(command: Command, coverage: Coverage | undefined): Runs {
  const {trace, removes, faults, steer} = command;
  const options: ScenarioOptions = {
    ...(coverage === undefined ? {} : {coverage}),
    removes,
    ...(trace ? {trace: (line: string) => console.log(line)} : {}),
    ...(faults === undefined ? {} : {faults: faults as FaultName[]}),
  };
  const kinds = Object.keys(FAULTS) as FaultName[];
  let more: readonly FaultName[] = [];
  return {
    from: command.from,
    below: command.from + command.count,
    name: (seed) => `seed ${seed}${removes ? ' with removal' : ''}`,
    play: (seed) => {
      if (steer) more = coverage?.rarestPair(kinds) ?? [];
      return runScenario(seed, {...options, more});
    },
    file: async (seed) => (await recordSeed(seed, {...options, more})).file,
  };
}

async function directed(command: Command, coverage: Coverage | undefined): Promise<Runs> {
  const options = {...traced(command), ...(coverage === undefined ? {} : {coverage})};
  const {depth = 'singles', from, count} = command;
  const runs = await DirectedRuns.of(SMALL_WORLD, depth);
  const below = Math.min(runs.count, from + count);
  return {
    from,
    below,
    name: (number) => `directed ${depth} ${number}`,
    play: (number) => replay(runs.run(number), options),
    file: (number) => Promise.resolve(runs.run(number)),
  };
}

function files({files: paths, ...command}: Command): Runs {
  const read = (number: number): ScenarioFile =>
    readScenario(readFileSync(paths[number] ?? '', 'utf8'));
  return {
    from: 0,
    below: paths.length,
    name: (number) => paths[number] ?? '',
    play: (number) => replay(read(number), traced(command)),
    file: (number) => Promise.resolve(read(number)),
  };
}

function traced({trace}: {trace: boolean}): {trace?: (line: string) => void} {
  return trace ? {trace: (line) => console.log(line)} : {};
}

/** A failing run, as small as it gets, is written where it can be looked at and kept. */
async function keepSmall(runs: Runs, number: number, command: Command): Promise<void> {
  const file = await runs.file(number);
  const trial = async (tried: ScenarioFile): Promise<Outcome['violation']> =>
    (await replay(tried)).violation;
  const violation = await trial(file);
  if (violation === undefined) {
    console.log('  it does not fail when it is replayed: that is a fault of the simulation');
    return;
  }
  const small = await shrink(file, violation, trial, {longestMs: command.shrinkMs});
  mkdirSync(command.out, {recursive: true});
  const path = join(command.out, `${runs.name(number).replace(/\W+/g, '-')}.yaml`);
  writeFileSync(path, writeScenario({...small.file, about: file.about}));
  console.log(`  as small as it gets after ${small.trials} trials: ${small.violation.text}`);
  console.log(`  again: npm run sim -- --scenario ${path} --trace`);
}

function chosenRuns(command: Command, coverage: Coverage | undefined): Runs | Promise<Runs> {
  if (command.files.length > 0) return files(command);
  return command.depth === undefined ? seeds(command, coverage) : directed(command, coverage);
}

/** The run that goes on comes to its end, and what was played is said. */
function stopAtSignal(): () => boolean {
  let isStopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isStopped = true));
  // Once the process that started this one is gone, nobody reads the totals.
  return () => isStopped || (process.send !== undefined && !process.connected);
}

async function playAll(command: Command, isStopped: () => boolean): Promise<void> {
  const coverage = command.coverage ? new Coverage() : undefined;
  const runs = await chosenRuns(command, coverage);
  const totals = noRuns();
  const endsAtMs = performance.now() + command.longestMs;
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  for (let number = runs.from + command.part; number < runs.below; number += command.parts) {
    if (isStopped() || performance.now() > endsAtMs) break;
    const outcome = await runs.play(number);
    addRun(totals, number, outcome);
    if (outcome.violation === undefined) continue;
    const {violation, faults} = outcome;
    totals.failed += 1;
    totals.failures.push({run: runs.name(number), violation, faults});
    console.log(
      `${runs.name(number)}: ${violation.promise} at ${(violation.atMs / 1000).toFixed(3)} s: ${violation.text}`,
    );
    if (faults.length > 0) console.log(`  faults: ${faults.join(',')}`);
    if (totals.failed <= command.keep && command.files.length === 0)
      await keepSmall(runs, number, command);
    if (!command.keepGoing) break;
  }
  const {user, system} = process.cpuUsage(cpuBefore);
  totals.coverage = coverage?.counts ?? {};
  totals.cpuSeconds = (user + system) / 1e6;
  if (process.send === undefined)
    console.log(totalsText(totals, (performance.now() - startedMs) / 1000));
  else if (process.connected) process.send(totals);
  if (totals.failed > 0) process.exitCode = 1;
}

// Errors are answers here: nobody reads where they were made.
Error.stackTraceLimit = 0;
const commands = commandsOf(process.argv.slice(2)).map((args) => readCommand(args));
const missing = commands.flatMap(({files: paths}) => paths).find((path) => !existsSync(path));
if (missing !== undefined) throw new Error(`there is no file ${missing}`);
const isStopped = stopAtSignal();
for (const command of commands) await playAll(command, isStopped);
if (process.connected) process.disconnect();
