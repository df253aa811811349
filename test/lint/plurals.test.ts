/** `1 shards` is said by who writes the number beside the noun: `counted` of src/model/counted.ts knows the singular. */
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';

const NOUNS = 'shards|containers|apps|daemons|moves|keys|changes|revisions';
/** Limits have names in capitals, and are more than one. */
const BESIDE = new RegExp(String.raw`\$\{(?!\s*[A-Z_]+\s*\})[^}]*\} (${NOUNS})\b.*`, 'g');
/** What stands before the noun is a name, `N of M`, or a number of which 1 is a bug. */
const NO_COUNTS: ReadonlySet<string> = new Set([
  // `most` is `N of M`.
  'src/model/move-wait.ts',
  // Said only of more containers than a summary has room for.
  'src/governor/status-size.ts',
  // The noun is a verb.
  'src/server/admin/write/audit.ts',
  // A broken invariant, for who fixes sm.
  'src/planner/check.ts',
]);

it('a number stands beside a noun only by `counted`', () => {
  const found = readdirSync('src', {recursive: true, encoding: 'utf8'})
    .map((path) => join('src', path))
    .filter((path) => /\.tsx?$/.test(path) && !NO_COUNTS.has(path))
    .flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(BESIDE)].map(([text]) => `${path}: ${text}`),
    );
  expect(found).toEqual([]);
});
