/** Runs seeds of the simulation with a mutant in the sources. */
import {outputWith} from './bundle.ts';
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
  const args = [String(first), String(count), removal ? 'removal' : ''];
  const output = await outputWith(root, [mutant], 'test/mutants/seeds-child.ts', args);
  const found = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Partial<BrokenSeed>;
  return found.seed === undefined ? undefined : (found as BrokenSeed);
}
