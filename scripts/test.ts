/**
 * `npm test`: every check, stage after stage, also after one that failed, and the simulation beside them; quiet when green, the whole
 * output of a step that failed. The last line counts the tests, and says what was not run because a program is missing.
 */
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {SIMULATION_HANG_MS} from '../test/simulation/hang.ts';
import {readReport} from './test-reports.ts';
import type {Counts, Report} from './test-reports.ts';
import {findTools} from './test-tools.ts';
import type {Tools} from './test-tools.ts';

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Vitest writes its counts here. */
  readonly report?: string;
}

const reports = mkdtempSync(join(tmpdir(), 'sm-test-'));
const tools = findTools();

function vitest(name: string, ...filters: string[]): Step {
  const report = join(reports, `${name}.json`);
  const command = [
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...tools.leftOut.map((glob) => `--exclude=${glob}`),
    '--passWithNoTests',
    ...filters,
  ];
  return {name, command, report};
}

const HEAVY = ['test/conformance', 'test/integration', 'test/e2e', 'test/simulation'];

/** Begins with the first stage: most of the others wait for clocks or end on one core, and what they leave is enough for most of it. */
const BACKGROUND: readonly Step[] = [
  // Files share a process: each would load all modules anew, and a process plays its first runs at a third of the speed of later ones.
  vitest('simulation', 'test/simulation', '--no-isolate', `--testTimeout=${SIMULATION_HANG_MS}`),
];

/** The steps of one stage run side by side. */
const STAGES: readonly (readonly Step[])[] = [
  [
    {name: 'lint', command: ['eslint', 'src', '--max-warnings', '0']},
    {name: 'types', command: ['oxlint', '--type-aware', '--type-check']},
    {name: 'format', command: ['oxfmt', '--check']},
    {name: 'build', command: ['tsx', 'scripts/build.ts']},
  ],
  // Files share a process: to load the modules anew for each takes longer than the tests.
  [vitest('unit', '--no-isolate', ...HEAVY.map((folder) => `--exclude=${folder}/**`))],
  [{name: 'mutants', command: ['tsx', 'test/mutants/run.ts', '--quick']}],
  [vitest('conformance', 'test/conformance', '--no-isolate')],
  // They wait for clocks and processes more than they compute. Files share a process, as in `unit`.
  [vitest('integration', 'test/integration', '--no-isolate', '--maxWorkers=4')],
  [vitest('e2e', 'test/e2e', '--no-isolate', '--maxWorkers=4')],
];

/** `background`: it takes the time that the others leave, and still gets a tenth of a core where they leave none. */
function run(step: Step, background: boolean): Promise<{code: number; output: string}> {
  const [name = '', ...words] = step.command;
  const own = [join('node_modules', '.bin', name), ...words];
  const [program = '', ...args] = background ? ['nice', '-n', '10', ...own] : own;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {...process.env, ...tools.env, FORCE_COLOR: '0', NODE_OPTIONS: ''},
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({code: 1, output: String(error)}));
    child.on('close', (code) => resolve({code: code ?? 1, output}));
  });
}

const EMPTY: Report = {counts: {passed: 0, failed: 0, skipped: 0}, failures: []};

/** Runs the step, says how it went, and reads its report; a step that fails without a failing test counts as one. */
async function reportedRun(step: Step, background = false): Promise<Report> {
  const startedMs = performance.now();
  const {code, output} = await run(step, background);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${step.name} ${seconds}s`);
  if (code !== 0) console.log(output);
  const report = step.report === undefined ? EMPTY : readReport(step.report);
  if (code === 0 || report.counts.failed > 0) return report;
  return {counts: {...report.counts, failed: 1}, failures: [`FAIL ${step.name}`]};
}

/** The last line: it counts the tests, and says what was not run because a program is missing. */
function summaryText({passed, failed, skipped}: Counts, {missing, leftOut}: Tools): string {
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  if (missing.length === 0) return counts;
  return `${counts}; not run without ${missing.join(', ')}: ${[...new Set(leftOut)].join(' ')}`;
}

function sumOf(left: Counts, right: Counts): Counts {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}

async function main(): Promise<void> {
  const only = process.argv.slice(2);
  const steps = [...BACKGROUND, ...STAGES.flat()].map(({name}) => name);
  const unknown = only.filter((name) => !steps.includes(name));
  if (unknown.length > 0) {
    console.error(`no step ${unknown.join(', ')}; there are ${[...new Set(steps)].join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const wanted = (steps: readonly Step[]): Step[] =>
    steps.filter(({name}) => only.length === 0 || only.includes(name));
  const background = wanted(BACKGROUND).map((step) => reportedRun(step, true));
  const reported: Report[] = [];
  for (const stage of STAGES)
    reported.push(...(await Promise.all(wanted(stage).map((step) => reportedRun(step)))));
  reported.push(...(await Promise.all(background)));
  rmSync(reports, {recursive: true, force: true});
  // Again, and last: the output of a step is long, and the first failure stands in its middle.
  for (const text of reported.flatMap(({failures}) => failures)) console.log(text);
  const total = reported.map(({counts}) => counts).reduce(sumOf, EMPTY.counts);
  console.log(summaryText(total, tools));
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await main();
