/** Sorting of texts in steps, for whoever lets others run in between: a million at once take seconds. Pure. */
import {SORTED_PER_STEP} from './limits.ts';

/** Each text once, in the order of code units. */
export function* sortedSteps(texts: Iterable<string>): Generator<undefined, string[]> {
  let runs: string[][] = [];
  let run: string[] = [];
  for (const text of texts) {
    run.push(text);
    if (run.length < SORTED_PER_STEP) continue;
    runs.push(run.sort());
    run = [];
    yield;
  }
  runs.push(run.sort());
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let at = 0; at < runs.length; at += 2)
      merged.push(yield* mergedSteps(runs[at] ?? [], runs[at + 1] ?? []));
    runs = merged;
  }
  const [sorted = []] = runs;
  return yield* distinctSteps(sorted);
}

function* mergedSteps(a: readonly string[], b: readonly string[]): Generator<undefined, string[]> {
  const merged: string[] = [];
  let [inA, inB] = [0, 0];
  while (inA < a.length || inB < b.length) {
    const [first, second] = [a[inA], b[inB]];
    const isFirst = second === undefined || (first !== undefined && first <= second);
    merged.push((isFirst ? first : second) ?? '');
    if (isFirst) inA += 1;
    else inB += 1;
    if (merged.length % SORTED_PER_STEP === 0) yield;
  }
  return merged;
}

function* distinctSteps(sorted: readonly string[]): Generator<undefined, string[]> {
  const distinct: string[] = [];
  for (const [at, text] of sorted.entries()) {
    if (at === 0 || text !== sorted[at - 1]) distinct.push(text);
    if (at % SORTED_PER_STEP === 0) yield;
  }
  return distinct;
}
