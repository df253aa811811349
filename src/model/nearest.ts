import {COMPARED_MAX_CHARACTERS, NEAREST_SHOWN} from './limits.ts';

/** The words closest to `word` by edits, nearest first; those further than half its length are left out. */
export function nearestWords(
  word: string,
  words: Iterable<string>,
  most = NEAREST_SHOWN,
): string[] {
  const limit = Math.max(2, Math.ceil(word.length / 2));
  return [...words]
    .map((candidate) => ({candidate, edits: editDistance(word, candidate)}))
    .filter(({edits}) => edits <= limit)
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, most)
    .map(({candidate}) => candidate);
}

/** Levenshtein distance. Texts over COMPARED_MAX_CHARACTERS count as far apart. */
function editDistance(a: string, b: string): number {
  if (Math.max(a.length, b.length) > COMPARED_MAX_CHARACTERS) return Number.POSITIVE_INFINITY;
  let row = Array.from({length: b.length + 1}, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
