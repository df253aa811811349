/** The shells of a governor: clocks, writes beside records, listings, restores. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const GOVERNOR_RUN_TESTS = testsOf('test/server/governing/governor-run.test.ts');
const HOUSEKEEPING_TESTS = testsOf('test/server/governing/housekeeping.test.ts');
const OBSERVER_TESTS = testsOf('test/server/governing/observer.test.ts');

export const GOVERNING_MUTANTS: readonly Mutant[] = [
  ...inFile('src/server/governing/governor-shell.ts', [
    {
      name: 'a broken governor goes on',
      breaks: 'style rule 5: a bad plan stops its governor',
      find: 'if (this.stopped) return;\n    this.stop();\n    this.options.onBroken(error);',
      replace: 'void error;',
      killed: GOVERNOR_RUN_TESTS(
        'a governor whose invariant breaks > governs again once the cause is gone, and the alarm ends when it has gone on for a while',
      ),
    },
  ]),
  ...inFile('src/server/governing/housekeeping.ts', [
    {
      name: 'eviction of whatever version',
      breaks: '"Evict": [hb/X mod = seen]',
      find: "this.stillGoverns(),\n      {key: heartbeat, target: 'mod', op: '=', value: mod},",
      replace: 'this.stillGoverns(),',
      killed: HOUSEKEEPING_TESTS(
        'an eviction > is not told of when the container came back in time, or nothing was written',
      ),
    },
  ]),
  ...inFile('src/server/governing/observer.ts', [
    {
      name: 'no periodic relisting',
      breaks: '"Governor": a full re-list every 30 s',
      find: 'this.again(false, RELIST_INTERVAL_MS * (0.8 + 0.4 * Math.random()));',
      replace: '',
      killed: OBSERVER_TESTS(
        'the observer of a store that answers with the past > refuses a listing older than what the watch had told when it began',
      ),
    },
    {
      name: 'old listing believed',
      breaks: '"Governor": on a revision going backwards: list again',
      find: "if (revision < newestBefore) throw new Error('the listing is older than the watch');",
      replace: '',
      killed: OBSERVER_TESTS(
        'the observer of a store that answers with the past > refuses a listing older than what the watch had told when it began',
      ),
    },
    {
      name: 'a listing brings back what the watch saw deleted',
      breaks: '"Governor": a listing tells of its revision',
      find: 'overlay(found, told, revision);',
      replace: '',
      killed: OBSERVER_TESTS(
        'the observer > takes a listing during which the watch tells on, and brings nothing old back',
      ),
    },
    {
      name: 'the watch begins too late',
      breaks: '"Governor": watches from the next revision',
      find: 'if (rewatch) this.watchFrom(revision + 1);',
      replace: 'if (rewatch) this.watchFrom(revision + 2);',
      killed: OBSERVER_TESTS(
        'the observer > takes a listing during which the watch tells on, and brings nothing old back',
      ),
    },
  ]),
];
