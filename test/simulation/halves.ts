/** What `npm test` plays of the simulation: two test files, one a core, each with every second run. */
import {beforeAll, describe, expect, it} from 'vitest';
import {playInProcess, withBundle} from './bundled.ts';
import {SIMULATION_HANG_MS} from './hang.ts';
import type {Totals} from './totals.ts';
import {WIDE_FROM_SEED} from './wider-faults.ts';

/** Runs that `npm run sim` plays with these arguments, and how many there are at least in each half. */
interface Share {
  readonly name: string;
  readonly args: readonly string[];
  readonly atLeast: number;
}

/** So many of the first faults, and so many of the wider ones, which take four times as long. */
const FIRST_SEEDS = 1_000;
const WIDER_SEEDS = 250;
/** With the app removed amid the faults. */
const REMOVALS = 60;
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
    name: 'where an app is removed: it is let go in order and leaves nothing',
    args: ['--removal', '--seed', '1', '--seeds', String(REMOVALS)],
    atLeast: REMOVALS / 2,
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
    let played: readonly Totals[] = [];
    beforeAll(async () => {
      const commands = SHARES.map(({args}) => [...args, '--jobs', '2']);
      played = await withBundle((script) => playInProcess(script, commands, half));
    }, SIMULATION_HANG_MS);

    it.each(SHARES)('$name', (share) => {
      const totals = played[SHARES.indexOf(share)];
      const said = totals?.failures.map(
        ({run, violation, faults}) =>
          `${run}: ${violation.promise}: ${violation.text}\n  faults: ${faults.join(',')}\n  npm run sim -- ${again(run)} --trace`,
      );
      expect(said, 'the process ends with its totals').toEqual([]);
      expect(totals?.failed).toBe(0);
      expect(totals?.runs).toBeGreaterThanOrEqual(share.atLeast);
    });
  });
}

/** Arguments that play the run alone: runs are named `seed 17`, `seed 17 with removal` and `directed singles 4711`. */
function again(run: string): string {
  const number = /\d+/.exec(run)?.[0] ?? '';
  if (!run.startsWith('seed')) return `--directed singles --from ${number} --count 1`;
  return `--seed ${number}${run.endsWith('removal') ? ' --removal' : ''}`;
}
