/** Random walks of a machine, against the transition table in the comment above its states. */
import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {expect} from 'vitest';

const ROW = /^ \* \| (?!from)(\w+) \| [^|]+ \| (\w+) \|$/gm;

export interface Walk<Step> {
  /** Changes so far, each as "from to". */
  readonly seen: ReadonlySet<string>;
  take(step: Step): void;
}

export interface Walks<Step extends string> {
  /** How often each step comes, against the others. */
  readonly steps: Readonly<Record<Step, number>>;
  /** Least steps of a walk. */
  readonly minLength: number;
  readonly numRuns: number;
  /** Changes that may be seen, as "from to". */
  readonly allowed: ReadonlySet<string>;
}

/** The rows of the table in a source file, each as "from to". */
export function rowsIn(source: string): string[] {
  const text = readFileSync(new URL(`../../src/${source}`, import.meta.url), 'utf8');
  return [...text.matchAll(ROW)].map(([, from = '', to = '']) => `${from} ${to}`);
}

/** Fails on a walk with a change that is not allowed. Returns all changes that were seen. */
export function changesSeen<Step extends string, W extends Walk<Step>>(
  {steps, minLength, numRuns, allowed}: Walks<Step>,
  begin: () => W,
  check: (walk: W) => void = () => undefined,
): Set<string> {
  const seen = new Set<string>();
  const step = fc.oneof(
    ...(Object.entries(steps) as [Step, number][]).map(([name, weight]) => ({
      weight,
      arbitrary: fc.constant(name),
    })),
  );
  fc.assert(
    fc.property(fc.array(step, {minLength, maxLength: 60}), (taken) => {
      const walk = begin();
      for (const one of taken) walk.take(one);
      for (const change of walk.seen) seen.add(change);
      expect([...walk.seen].filter((change) => !allowed.has(change))).toEqual([]);
      check(walk);
    }),
    {numRuns},
  );
  return seen;
}
