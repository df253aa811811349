/** Runs seeds of the simulation with a mutant in the sources: a bundle with its text replaced, in a process of its own. */
import {spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {build} from 'esbuild';
import type {Plugin} from 'esbuild';
import {planted} from './mutant.ts';
import type {Mutant} from './mutant.ts';

/** The seed that noticed the mutant, and what it says. */
export interface BrokenSeed {
  readonly seed: number;
  readonly promise: string;
  readonly text: string;
}

/**
 * The first of these seeds that breaks a promise; undefined: none does. `removal`: the app is removed in each.
 * @throws Error when the process ends without an answer: the mutant has broken more than a promise.
 */
export async function firstBrokenSeed(
  root: string,
  mutant: Mutant,
  {first, count}: {readonly first: number; readonly count: number},
  removal = false,
): Promise<BrokenSeed | undefined> {
  mkdirSync(join(root, '.tmp'), {recursive: true});
  const folder = mkdtempSync(join(root, '.tmp', 'mutant-'));
  const bundle = join(folder, 'seeds.mjs');
  try {
    await bundleWith(root, mutant, bundle);
    const output = await outputOf([bundle, String(first), String(count), removal ? 'removal' : '']);
    const found = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Partial<BrokenSeed>;
    return found.seed === undefined ? undefined : (found as BrokenSeed);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

async function bundleWith(root: string, mutant: Mutant, outfile: string): Promise<void> {
  const path = join(root, mutant.file);
  const plugin: Plugin = {
    name: 'mutant',
    setup: ({onLoad}) =>
      onLoad({filter: /\.ts$/}, (args) =>
        args.path === path
          ? {contents: planted(readFileSync(path, 'utf8'), mutant), loader: 'ts'}
          : undefined,
      ),
  };
  const entry = join(root, 'test/mutants/seeds-child.ts');
  await build({
    ...{entryPoints: [entry], outfile, plugins: [plugin], logLevel: 'error'},
    ...{
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      target: 'node20',
      minifySyntax: true,
    },
  });
}

function outputOf(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'pipe']});
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`seeds ended with ${code}: ${errors}`)),
    );
  });
}
