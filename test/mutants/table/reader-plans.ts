/** Plans for readers from rows that are kept: what has changed since the last one is sent, and nothing is kept for long. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const READER_TESTS = testsOf('test/server/reader-plans.test.ts');
const KEPT = 'planner.md: a what-if costs what has changed';
const SENT =
  'a plan for a reader > sends nothing of a shard of which nothing has changed, whoever is left out';
const FEW =
  'a plan for a reader > leaves the rows of few apps, for a short while, and none of a listing that is nobody else’s';

export const READER_PLAN_MUTANTS: readonly Mutant[] = [
  ...inFile('src/governor/compared-rows.ts', [
    {
      name: 'a changed shard keeps its old row',
      breaks: KEPT,
      find: 'if (now === before) continue;',
      replace: 'if (before !== undefined) continue;',
      killed: READER_TESTS(SENT),
    },
    {
      name: 'a removed shard keeps its row',
      breaks: KEPT,
      find: 'if (spec === undefined) return undefined;',
      replace: 'if (spec === undefined) return before;',
      killed: READER_TESTS(SENT),
    },
    {
      name: 'everything is sent for each reader',
      breaks: KEPT,
      find: 'if (isSame && before.isCooling === isCooling && areSame(before.load, load)) return before;',
      replace: '',
      killed: READER_TESTS(SENT),
    },
  ]),
  ...inFile('src/server/reader-plans.ts', [
    {
      name: 'the rows of an old view are taken for the new one',
      breaks: KEPT,
      find: 'if (known?.view === view) return known;',
      replace: 'if (known !== undefined) return known;',
      killed: READER_TESTS(
        'a plan for a reader > of an app that is viewed anew takes nothing of the old view',
      ),
    },
    {
      name: 'rows of every app are kept',
      breaks: KEPT,
      find: 'if (this.kept.size + this.inUse <= READER_TABLES) return;',
      replace: 'if (this.inUse >= 0) return;',
      killed: READER_TESTS(FEW),
    },
    {
      name: 'rows are kept for nobody',
      breaks: KEPT,
      find: 'if (isGood && listing.ids !== undefined &&',
      replace: 'if (isGood &&',
      killed: READER_TESTS(FEW),
    },
    {
      name: 'a reader is told that the thread ended long ago',
      breaks: KEPT,
      find: 'if (known !== undefined) return this.plan(listing, living, asked);',
      replace: '',
      killed: READER_TESTS(
        'a plan for a reader, where the thread ends > is made anew when the thread has ended since the last one',
      ),
    },
  ]),
];
