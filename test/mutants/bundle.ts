/** Runs a file with mutants in the sources: a bundle with their texts replaced, in a process of its own. */
import {spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {build} from 'esbuild';
import type {Plugin} from 'esbuild';
import {planted} from './mutant.ts';
import type {Mutant} from './mutant.ts';

/**
 * What the file `entry` (its path below the root) writes to stdout.
 * @throws Error when the text of a mutant is not there exactly once, and when the process ends with another code than 0.
 */
export async function outputWith(
  root: string,
  mutants: readonly Mutant[],
  entry: string,
  args: readonly string[],
): Promise<string> {
  // Below the root: the bundle finds packages there.
  mkdirSync(join(root, '.tmp'), {recursive: true});
  const folder = mkdtempSync(join(root, '.tmp', 'mutant-'));
  const outfile = join(folder, 'bundle.mjs');
  try {
    await bundleWith(root, mutants, join(root, entry), outfile);
    return await outputOf([outfile, ...args]);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

async function bundleWith(
  root: string,
  mutants: readonly Mutant[],
  entry: string,
  outfile: string,
): Promise<void> {
  const plugin: Plugin = {
    name: 'mutants',
    setup: ({onLoad}) =>
      onLoad({filter: /\.ts$/}, ({path}) => {
        const inFile = mutants.filter(({file}) => join(root, file) === path);
        if (inFile.length === 0) return undefined;
        return {contents: inFile.reduce(planted, readFileSync(path, 'utf8')), loader: 'ts'};
      }),
  };
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
      code === 0 ? resolve(output) : reject(new Error(`it ended with ${code}: ${errors}`)),
    );
  });
}
