/** The part of `npm run bench:joiner` that is bundled: with the sources as they are, or with mutants in them. Writes `JoinerRun[]` as JSON. */
import {JOINER_FAULTS, LOOK_MS, unservedWhile} from '../simulation/bad-joiner.ts';
import type {JoinerFault} from '../simulation/bad-joiner.ts';

export interface JoinerRun {
  readonly fault: JoinerFault;
  readonly seed: number;
  /** By second since the joiner's start: the most shards not served at one look. */
  readonly most: readonly number[];
  /** Shards not served, times the seconds for which they are not. */
  readonly shardSeconds: number;
}

const LOOKS_PER_SECOND = 1_000 / LOOK_MS;
const [shards = 0, seeds = 0, seconds = 0] = process.argv.slice(2).map(Number);

async function run(fault: JoinerFault, seed: number): Promise<JoinerRun> {
  const looks = await unservedWhile({seed, shards, fault, watchedMs: 1_000 * seconds});
  const most = Array.from({length: seconds}, (_, second) =>
    Math.max(...looks.slice(second * LOOKS_PER_SECOND, (second + 1) * LOOKS_PER_SECOND)),
  );
  const sum = looks.reduce((total, count) => total + count, 0);
  return {fault, seed, most, shardSeconds: sum / LOOKS_PER_SECOND};
}

const runs: JoinerRun[] = [];
for (const fault of JOINER_FAULTS)
  for (let seed = 1; seed <= seeds; seed += 1) runs.push(await run(fault, seed));
console.log(JSON.stringify(runs));
