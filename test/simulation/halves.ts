/** What `npm test` plays of the simulation: two test files, one a core, each with every second run. */
import {describe, expect, it} from 'vitest';
import {playInProcess, withBundle} from './bundled.ts';
import {HANG_MS} from './hang.ts';
import {WIDE_FROM_SEED} from './wider-faults.ts';

/** Runs that `npm run sim` plays with these arguments, and how many there are at least in each half. */
interface Share {
  readonly name: string;
  readonly args: readonly string[];
  readonly atLeast: number;
}

/** So many of the first faults, and so many of the wider ones, which take four times as long. */
const FIRST_SEEDS = 750;
const WIDER_SEEDS = 250;
/** Of the directed faults of the small world, in each half. */
const LEAST_SINGLES = 1_500;

const SHARES: readonly Share[] = [
  {
    name: 'in the first seeds',
    args: ['--seed', '1', '--seeds', String(FIRST_SEEDS)],
    atLeast: FIRST_SEEDS / 2,
  },
  {
    name: 'in seeds of the wider kind',
    args: ['--seed', String(WIDE_FROM_SEED), '--seeds', String(WIDER_SEEDS)],
    atLeast: WIDER_SEEDS / 2,
  },
  {
    name: 'whatever single fault strikes',
    args: ['--directed', 'singles'],
    atLeast: LEAST_SINGLES,
  },
];

/** `half` 0: even numbers counted from the first, 1: odd ones. */
export function testHalf(half: 0 | 1): void {
  describe(`the promises hold, half ${half + 1} of 2,`, () => {
    it.each(SHARES)('$name', {timeout: HANG_MS}, async ({args, atLeast}) => {
      const totals = await withBundle((script) =>
        playInProcess(script, [...args, '--jobs', '2'], half),
      );
      const said = totals?.failures.map(
        ({run, violation, faults}) =>
          `${run}: ${violation.promise}: ${violation.text}\n  faults: ${faults.join(',')}\n  npm run sim -- ${again(run)} --trace`,
      );
      expect(said, 'the process ends with its totals').toEqual([]);
      expect(totals?.failed).toBe(0);
      expect(totals?.runs).toBeGreaterThanOrEqual(atLeast);
    });
  });
}

/** Arguments that play the run alone: runs are named `seed 17` and `directed singles 4711`. */
function again(run: string): string {
  const number = run.split(' ').at(-1) ?? '';
  return run.startsWith('seed')
    ? `--seed ${number}`
    : `--directed singles --from ${number} --count 1`;
}
