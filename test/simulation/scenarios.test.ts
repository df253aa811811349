/** Scenario files: runs that once failed, as small as they get. They are replayed without any chance. */
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {SIMULATION_HANG_MS} from './hang.ts';
import {readScenario, recordSeed, replay, writeScenario} from './scenario-file.ts';
import {WIDE_FROM_SEED} from './wider-faults.ts';

const FOLDER = 'test/simulation/scenarios';

describe('what once went wrong goes well', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'))) {
    const {open, ...file} = readScenario(readFileSync(join(FOLDER, name), 'utf8'));
    if (open === undefined)
      it(`${name}: ${file.about.slice(0, 100)}`, async () => {
        expect((await replay(file)).violation).toBeUndefined();
      });
    // Fails as soon as the code is repaired: then `open` goes out of the file.
    else
      it(`${name} is known to break ${open}`, async () => {
        expect((await replay(file)).violation?.promise).toBe(open);
      });
  }
});

/** etcd is restored in it: a fault of several moments. */
const WITH_RESTORE = 3_561_018_680;

describe('the file of a run', () => {
  it(
    'holds all that a fault draws, however late it strikes',
    {timeout: SIMULATION_HANG_MS},
    async () => {
      const {file, outcome} = await recordSeed(WITH_RESTORE);
      const again = await replay(readScenario(writeScenario(file)));
      expect([again.hash, again.events]).toEqual([outcome.hash, outcome.events]);
    },
  );

  for (const first of [1, WIDE_FROM_SEED])
    it(`holds all of it: from seed ${first}`, {timeout: SIMULATION_HANG_MS}, async () => {
      for (let seed = first; seed < first + 8; seed += 1) {
        const {file, outcome} = await recordSeed(seed);
        const again = await replay(readScenario(writeScenario(file)));
        expect([again.hash, again.events], `seed ${seed}`).toEqual([outcome.hash, outcome.events]);
      }
    });
});
