/** Listings and watches of an app. */
import {inFile, inVain, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const SHARED_VIEW_TESTS = testsOf('test/integration/shared-view.test.ts');
const ETCD_TRAPS_TESTS = testsOf('test/integration/etcd-traps.test.ts');
const OBSERVER_TESTS = testsOf('test/appview/list-and-watch.test.ts');

export const APPVIEW_MUTANTS: readonly Mutant[] = [
  ...inFile('src/appview/list-and-watch.ts', [
    {
      name: 'no periodic relisting',
      breaks: '"Governor": a full re-list every 30 s',
      find: 'this.again(false, jittered(relistIntervalMs ?? RELIST_INTERVAL_MS, Math.random()));',
      replace: '',
      killed: inVain(
        OBSERVER_TESTS(
          'the observer of a store that answers with the past > refuses a listing older than what the watch had told when it began',
        ),
      ),
    },
    {
      name: 'a watch that is lost again and again is opened without a pause',
      breaks:
        '"Governor": a full re-list at once after a lost watch, and with pauses after losses in a row',
      find: 'this.again(true, pauseMs);',
      replace: 'this.again(true, 1);',
      killed: OBSERVER_TESTS(
        'a store that loses every watch at once is asked for a listing at most 40 times in a minute',
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
      find: 'if (watched.size === 0 || !isWatched(key)) yield change;',
      replace: 'if (watched.size === 0 || isWatched(key) || key !== "") yield change;',
      killed: OBSERVER_TESTS(
        'the observer > takes a listing during which the watch tells on, and brings nothing old back',
      ),
    },
    {
      name: 'a lost watch is not opened again',
      breaks: '"Governor": on compaction: list again',
      find: 'this.again(true, pauseMs);',
      replace: '',
      killed: inVain(
        OBSERVER_TESTS(
          'the observer whose watch is lost > lists again and opens another one, from the listing on',
        ),
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
    {
      name: 'a relisting leaves the watch where it was',
      breaks: 'architecture.md, "How an app is read": a lost connection costs etcd no past',
      find: 'for (const watch of this.watches) watch.advance?.(revision);',
      replace: '',
      killed: ETCD_TRAPS_TESTS(
        'the watch of a key that nobody writes > asks after a lost connection only for what came after the last reading: listings',
      ),
    },
  ]),
  ...inFile('src/server/daemon.ts', [
    {
      name: "readers list what the daemon's governor keeps",
      breaks: 'Decision 0011: a daemon lists and watches an app that it governs once',
      find: 'this.governing.governors.kept(app)',
      replace: 'undefined',
      killed: inVain(
        SHARED_VIEW_TESTS(
          'reads, streams and waits bring no listing and no watch of shards beside the one of the governor',
        ),
      ),
    },
  ]),
];
