/** Options of the scripts of this repository. */
import {readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import type {ParseArgsConfig} from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{options: T}>>['values'];

/**
 * What the command line says. `--help` prints the comment at the head of `file`, which has the usage, and ends the process with 0; an option
 * that there is not ends it with 2.
 */
export function scriptOptions<T extends Options>(file: string, options: T): Values<T> {
  return withUsage(file, () => parseArgs({options}).values);
}

/** The same of a script that takes words and no options. */
export function scriptWords(file: string): string[] {
  return withUsage(file, () => parseArgs({options: {}, allowPositionals: true}).positionals);
}

/** Ends the process with 2, and the usage, when what it was called with is of no use. */
export function misused(file: string, why: string): never {
  console.error(`${why}\n\n${usageOf(file)}`);
  process.exit(2);
}

function withUsage<T>(file: string, read: () => T): T {
  if (process.argv.includes('--help')) {
    console.log(usageOf(file));
    process.exit(0);
  }
  try {
    return read();
  } catch (error) {
    return misused(file, error instanceof Error ? error.message : String(error));
  }
}

function usageOf(file: string): string {
  const [, comment = ''] = /^\/\*\*(.*?)\*\//s.exec(readFileSync(file, 'utf8')) ?? [];
  return comment.replaceAll(/^ *\* ?/gm, '').trim();
}
