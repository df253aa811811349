/** Spin, the model checker: where it is, how it comes here, and one run of it. */
import {execFile} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import type {ModelCase} from './cases.ts';

const MODEL = readFileSync('docs/model/ownership.pml', 'utf8');
/** The user's own home: tests run with HOME and XDG folders that are empty, and must find what `npm run model` fetched. */
const CACHE = join(userInfo().homedir, '.cache', 'sm-model');
const CACHED_SPIN = join(CACHE, 'spin', 'usr', 'bin', 'spin');
/** The only checker to look for, if set: a path, or a name on the path. */
const NAMED_SPIN = process.env['SM_TEST_SPIN'];
/** Hash table of 2^26 entries; more states only make it slower. */
const HASH_BITS = 26;
const DEPTH_LIMIT = 1_000_000;
const OUTPUT_LIMIT_BYTES = 64 * 1_024 * 1_024;

interface Ran {
  readonly code: number;
  readonly output: string;
}

export interface Checked {
  readonly result: 'holds' | string;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly seconds: number;
  /** The steps that break it; empty when it holds. */
  readonly steps: readonly string[];
}

function run(program: string, args: readonly string[], cwd?: string): Promise<Ran> {
  return new Promise((resolve) => {
    const options = {cwd, maxBuffer: OUTPUT_LIMIT_BYTES};
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      resolve({code, output: stdout + stderr});
    });
  });
}

/** Another program of this name may be on the path. */
async function isSpin(program: string): Promise<boolean> {
  return (await versionOf(program)) !== '';
}

/** As it says it itself. */
export async function versionOf(spin: string): Promise<string> {
  return /^Spin Version \S+/.exec((await run(spin, ['-V'])).output)?.[0] ?? '';
}

async function hasCompiler(): Promise<boolean> {
  return (await run('gcc', ['--version'])).code === 0;
}

/** The checker, if it and a C compiler are here already. */
export async function findSpin(): Promise<string | undefined> {
  if (!(await hasCompiler())) return undefined;
  const programs = NAMED_SPIN === undefined ? ['spin', CACHED_SPIN] : [NAMED_SPIN];
  for (const program of programs) if (await isSpin(program)) return program;
  return undefined;
}

/** The checker; fetched as a Debian package into a cache outside the repository if need be. Returns what is missing otherwise. */
export async function obtainSpin(): Promise<{spin: string} | {missing: string}> {
  if (!(await hasCompiler()))
    return {missing: 'gcc (Spin makes a C program of the model); on Debian: apt-get install gcc'};
  const found = await findSpin();
  if (found !== undefined) return {spin: found};
  await fetchPackage();
  if (await isSpin(CACHED_SPIN)) return {spin: CACHED_SPIN};
  return {missing: 'spin; on Debian: apt-get install spin; otherwise put it on the path'};
}

async function fetchPackage(): Promise<void> {
  mkdirSync(CACHE, {recursive: true});
  await run('apt-get', ['download', 'spin'], CACHE);
  const file = readdirSync(CACHE).find((name) => name.startsWith('spin_') && name.endsWith('.deb'));
  if (file !== undefined) await run('dpkg-deb', ['-x', file, 'spin'], CACHE);
}

/** Tries every order of steps of one case. @throws Error when the model cannot be checked. */
export async function check(spin: string, modelCase: ModelCase): Promise<Checked> {
  const folder = mkdtempSync(join(tmpdir(), 'sm-model-'));
  try {
    writeFileSync(join(folder, 'ownership.pml'), MODEL);
    const defines = Object.entries(modelCase.constants).map(
      ([name, value]) => `-D${name}=${value}`,
    );
    await expectRun(spin, [...defines, '-a', 'ownership.pml'], folder);
    await expectRun('gcc', compilerArguments(modelCase), folder);
    return await search(spin, defines, folder);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** SAFETY: assertions only. NOREDUCE: every order. HC4: states are kept as 64-bit hashes. BFS: the shortest way first. */
function compilerArguments({shortest}: ModelCase): string[] {
  const search = shortest === true ? ['-DBFS'] : [];
  const options = ['-DSAFETY', '-DNOREDUCE', '-DNOBOUNDCHECK', '-DHC4', '-DVECTORSZ=1024'];
  return ['-O2', '-w', ...options, ...search, '-o', 'pan', 'pan.c'];
}

async function expectRun(program: string, args: readonly string[], cwd: string): Promise<void> {
  const {code, output} = await run(program, args, cwd);
  if (code !== 0 || output.includes('Error:'))
    throw new Error(`${program} failed:\n${output.slice(0, 2_000)}`);
}

async function search(spin: string, defines: readonly string[], cwd: string): Promise<Checked> {
  const startedMs = performance.now();
  const {output} = await run('./pan', [`-m${DEPTH_LIMIT}`, `-w${HASH_BITS}`], cwd);
  const seconds = (performance.now() - startedMs) / 1_000;
  const errors = figure(output, /errors: (\d+)/);
  if (errors === undefined || /max search depth too small|out of memory/.test(output))
    throw new Error(`the search did not end:\n${output.slice(0, 2_000)}`);
  const broken = existsSync(join(cwd, 'ownership.pml.trail'));
  const steps = broken ? await replay(spin, defines, cwd) : [];
  const last = /^(I\d) is broken$/.exec(steps.at(-1) ?? '');
  return {
    result: broken ? (last?.[1] ?? 'a check of the model') : 'holds',
    states: figure(output, /(\d+) states, stored/) ?? 0,
    transitions: figure(output, /(\d+) transitions/) ?? 0,
    depth: figure(output, /depth reached (\d+)/) ?? 0,
    seconds,
    steps,
  };
}

function figure(output: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The steps in words, as the model prints them. */
async function replay(spin: string, defines: readonly string[], cwd: string): Promise<string[]> {
  const args = [...defines, '-t', '-k', 'ownership.pml.trail', 'ownership.pml'];
  const {output} = await run(spin, args, cwd);
  const lines = output.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
  const end = lines.findIndex((line) => line.endsWith('is broken'));
  return end < 0 ? [] : lines.slice(0, end + 1).filter((line) => line !== '');
}
