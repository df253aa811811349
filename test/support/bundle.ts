/** A program of the sources in one file: as a process it starts in a fraction of the time that loading each source takes. */
import {mkdirSync, rmSync} from 'node:fs';
import {basename, join} from 'node:path';
import {buildSync} from 'esbuild';

const ROOT = join(import.meta.dirname, '..', '..');
const made = new Map<string, string>();

/** Path of the file; it lies where it finds its packages, and goes when this process ends. */
export function bundled(entry: string): string {
  const known = made.get(entry);
  if (known !== undefined) return known;
  const folder = join(ROOT, '.tmp');
  mkdirSync(folder, {recursive: true});
  const outfile = join(folder, `${basename(entry, '.ts')}-${process.pid}.mjs`);
  const shape = {bundle: true, platform: 'node', format: 'esm', packages: 'external'} as const;
  buildSync({entryPoints: [entry], outfile, ...shape});
  if (made.size === 0) process.once('exit', removeAll);
  made.set(entry, outfile);
  return outfile;
}

function removeAll(): void {
  for (const outfile of made.values()) rmSync(outfile, {force: true});
}
