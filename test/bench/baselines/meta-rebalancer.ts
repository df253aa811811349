/** Meta's `rebalancer` of PyPI, where a Python has it: local search for even load, then for few moves. It runs in a process of its own. */
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import type {Instance} from './instance.ts';

/** From the root of the repository: a bundle stands elsewhere. */
const SCRIPT = join('test', 'bench', 'baselines', 'meta_rebalancer.py');
const MOST_OUTPUT_BYTES = 2 ** 30;

export interface Solved {
  readonly target: Int32Array;
  /** Of the search alone. */
  readonly seconds: number;
}

/** Undefined where that Python does not have it. `most`: nobody is to have more, as a multiple of the mean load. `seconds`: the limit of its search. */
export function metaRebalancer(
  python: string,
  {containers, current, load}: Instance,
  most: number,
  seconds: number,
): Solved | undefined {
  const input = JSON.stringify({containers, current: [...current], load: [...load], most, seconds});
  const options = {input, encoding: 'utf8', maxBuffer: MOST_OUTPUT_BYTES} as const;
  const {status, stdout} = spawnSync(python, [SCRIPT], options);
  if (status !== 0) return undefined;
  const answer = JSON.parse(stdout) as {target: number[]; seconds: number};
  return {target: Int32Array.from(answer.target), seconds: answer.seconds};
}
