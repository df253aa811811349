/** What a mutant is: one rule of the protocol taken out of the source, and what has to notice. */

/** A test that fails while the mutant is planted, by its file and its full name. */
export interface KilledByTest {
  readonly by: 'test';
  readonly file: string;
  readonly test: string;
  /** Nothing shows but that what the test waits for never happens: here its time-out counts, and it is left out of `--quick`. */
  readonly waits?: true;
}

/** One of so many seeds of the simulation breaks a promise. `removal`: of those in which the app is removed. */
export interface KilledBySeeds {
  readonly by: 'seeds';
  readonly within: number;
  readonly removal?: true;
}

/** Nothing can notice, for another rule says the same: which one, and why. */
export interface Equivalent {
  readonly by: 'equivalent';
  readonly because: string;
}

export interface Mutant {
  readonly name: string;
  /** The rule that it breaks, with its section of protocol.md. */
  readonly breaks: string;
  /** Path below the repository. */
  readonly file: string;
  /** Text that is there exactly once: a mutant whose rule has moved is an error, not a mutant that lives. */
  readonly find: string;
  readonly replace: string;
  readonly killed: KilledByTest | KilledBySeeds | Equivalent;
}

/** The tests of a file, by their full names: `describe > it`. */
export function testsOf(file: string): (test: string) => KilledByTest {
  return (test) => ({by: 'test', file, test});
}

/** A test that waits in vain while the mutant is planted: see `waits`. */
export function inVain(killed: KilledByTest): KilledByTest {
  return {...killed, waits: true};
}

/** Mutants of one file. */
export function inFile(file: string, mutants: readonly Omit<Mutant, 'file'>[]): Mutant[] {
  return mutants.map((mutant) => ({file, ...mutant}));
}

/** Most seeds that a mutant may live through. */
export const SEEDS_LIMIT = 10_000;

/** The source with the mutant in it. @throws Error when its text is not there exactly once. */
export function planted(source: string, {name, file, find, replace}: Mutant): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(
      `mutant "${name}": its text is ${parts.length - 1} times in ${file}, not once: follow the rule to where it is now`,
    );
  return parts.join(replace);
}
