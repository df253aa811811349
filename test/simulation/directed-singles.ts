/** Every single directed fault in the life of a small world: two test files share them, one a core. */
import {expect} from 'vitest';
import {DirectedRuns, SMALL_WORLD} from './directed.ts';
import {replay} from './scenario-file.ts';

/** Plays number `from`, `from + 2`, ...; says how many it played. */
export async function playEverySecond(from: number): Promise<number> {
  const runs = await DirectedRuns.of(SMALL_WORLD, 'singles');
  const failed: string[] = [];
  let played = 0;
  for (let number = from; number < runs.count && failed.length < 3; number += 2) {
    const file = runs.run(number);
    const {violation} = await replay(file);
    played += 1;
    if (violation === undefined) continue;
    const {promise, text} = violation;
    failed.push(
      `${promise}: ${text}\n  ${file.about}\n  npm run sim -- --directed singles --from ${number} --count 1 --trace`,
    );
  }
  expect(failed.join('\n')).toBe('');
  return played;
}
