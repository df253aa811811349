import {createInterface} from 'node:readline/promises';
import {SmError} from '../model/errors.ts';

/** Severe changes: the name has to be typed, or given with --confirm. Without a terminal nothing is asked: exit 2, never a hang. */
export async function confirmByName(
  what: string,
  name: string,
  given: string | undefined,
): Promise<void> {
  const typed = given ?? (await ask(what, name));
  if (typed === name) return;
  throw new SmError('INVALID_INPUT', `not confirmed: ${what}`, {
    hint: `type the name, or add --confirm ${name}`,
  });
}

/** The same for several: all of them have to be named, in any order. More may be, so that one command serves for each run of a script. */
export async function confirmByNames(
  what: string,
  names: readonly string[],
  given: string | undefined,
): Promise<void> {
  const all = names.join(',');
  const typed = namesIn(given ?? (await ask(what, all)));
  const missing = names.filter((name) => !typed.has(name));
  if (missing.length === 0) return;
  throw new SmError('INVALID_INPUT', `not confirmed for ${missing.join(', ')}: ${what}`, {
    hint: `type all names, or add --confirm ${all}`,
  });
}

/** What --confirm names. */
export function namesIn(given: string): ReadonlySet<string> {
  return new Set(given.split(',').map((name) => name.trim()));
}

async function ask(what: string, name: string): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new SmError('INVALID_INPUT', `${what} needs a confirmation and there is no terminal`, {
      hint: `add --confirm ${name}`,
    });
  }
  const terminal = createInterface({input: process.stdin, output: process.stderr});
  const interrupt = new AbortController();
  terminal.once('SIGINT', () => interrupt.abort());
  try {
    const {signal} = interrupt;
    return (await terminal.question(`Type ${name} to ${what}: `, {signal})).trim();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    // Ctrl-C, or Ctrl-D: the end of what is typed. What follows begins on a line of its own.
    process.stderr.write('\n');
    if (!interrupt.signal.aborted) return '';
    throw new SmError('INTERRUPTED', 'nothing was done', {hint: `add --confirm ${name}`});
  } finally {
    terminal.close();
  }
}
