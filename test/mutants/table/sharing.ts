/** What is heavy leaves the event loop to others, and what is kept for many has a bound: no tenant hurts another. */
import {inFile, inVain, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const DRIVER_TESTS = testsOf('test/runtime/machine-driver.test.ts');
const SHELL_TESTS = testsOf('test/server/governing/governor-shell.test.ts');
const SLICES_TESTS = testsOf('test/runtime/slices.test.ts');
const INTAKE_TESTS = testsOf('test/etcd/watch-intake.test.ts');
const BODIES_TESTS = testsOf('test/server/http/heavy-bodies.test.ts');
const LISTS_TESTS = testsOf('test/server/http/long-lists.test.ts');
const IDS_TESTS = testsOf('test/model/visible.test.ts');
const BULK_TESTS = testsOf('test/runtime/bulk-work.test.ts');
const BATCH_TESTS = testsOf('test/server/admin/write/batches.test.ts');
const FEED_TESTS = testsOf('test/server/admin/stream/watch-feed.test.ts');
const WATCHES_TESTS = testsOf('test/server/admin/stream/shared-watches.test.ts');
const WRITTEN_TESTS = testsOf('test/server/http/event-stream.test.ts');
const ROWS_TESTS = testsOf('test/server/planner-thread.test.ts');
const PLAN_TESTS = testsOf('test/server/admin/plan-in-use.test.ts');

const HEAVY = 'SECURITY.md, 14: fairness';
const IN_USE = 'planner.md, "Where a plan is made": the plan in use';
const BOUNDED = 'SECURITY.md, 6: limits of size';

export const SHARING_MUTANTS: readonly Mutant[] = [
  ...inFile('src/runtime/bulk-work.ts', [
    {
      name: 'bulk work waits for no rest of the event loop',
      breaks: HEAVY,
      find: 'restedMs >= BULK_REST_SHARE * workedMs',
      replace: 'restedMs >= 0',
      killed: BULK_TESTS(
        'bulk work while another app is used > begins when the loop has rested for its share of the work since the last piece',
      ),
    },
    {
      name: 'bulk work never begins where the event loop never rests',
      breaks: HEAVY,
      find: 'if (!isRested && !isLate && ',
      replace: 'if (!isRested && ',
      killed: BULK_TESTS(
        'bulk work while another app is used > begins after a while where the loop never rests, one piece at a time',
      ),
    },
    {
      name: 'an app that is alone waits with its bulk work',
      breaks: HEAVY,
      find: ' && !this.isAlone(app)) return false;',
      replace: ') return false;',
      killed: BULK_TESTS('bulk work of an app that is alone > begins at once'),
    },
  ]),
  ...inFile('src/server/admin/write/shard-batches.ts', [
    {
      name: 'large batches do not wait as bulk work',
      breaks: HEAVY,
      find: 'if (this.isLarge) await',
      replace: 'if (!this.isLarge) await',
      killed: BATCH_TESTS(
        'the transactions of a batch > each wait for their turn as bulk work where the batch is large',
      ),
    },
  ]),
  ...inFile('src/server/admin/read/plan-in-use.ts', [
    {
      name: 'a wait is answered from an old plan',
      breaks: IN_USE,
      find: 'const mustBeNewest = newest ||',
      replace: 'const mustBeNewest =',
      killed: PLAN_TESTS(
        'of a large app, while the next plan is due > nobody is said to be done by an old plan',
      ),
    },
    {
      name: 'a reader plans although the plan of the governor is there',
      breaks: IN_USE,
      find: '(live.isNewest || !mustBeNewest)',
      replace: 'live.isNewest',
      killed: PLAN_TESTS(
        'of a large app, while the next plan is due > answers say by which revision the plan is',
      ),
    },
  ]),
  ...inFile('src/server/admin/plan/why.ts', [
    {
      name: 'a shard that the plan does not cover has no homes',
      breaks: IN_USE,
      find: 'return isCovered ?',
      replace: 'return isCovered || true ?',
      killed: PLAN_TESTS(
        'of a large app, while the next plan is due > a shard that the plan does not cover has its homes by a newer one',
      ),
    },
  ]),
  ...inFile('src/server/governing/governor-shell.ts', [
    {
      name: 'the governor of a large app does not rest',
      breaks: HEAVY,
      find: 'restsAfterTurns: true,',
      replace: '',
      killed: SHELL_TESTS(
        'a governor whose turn was long > leaves the event loop to others as long as the turn took, whatever news come meanwhile',
      ),
    },
  ]),
  ...inFile('src/runtime/machine-driver.ts', [
    {
      name: 'news end the rest of a machine',
      breaks: HEAVY,
      find: 'if (restMs < TURN_MS) setImmediate(begin);\n    else',
      replace: 'setImmediate(begin);\n    if (restMs > 1e9)',
      killed: DRIVER_TESTS(
        'a driver that rests > leaves the event loop to others as long as its turn took, whatever comes meanwhile',
      ),
    },
    {
      name: 'a machine rests after short turns, too',
      breaks: HEAVY,
      find: ' || tookMs < HEAVY_TURN_MS',
      replace: '',
      killed: DRIVER_TESTS('a driver that rests > takes short turns as they come'),
    },
  ]),
  ...inFile('src/runtime/slices.ts', [
    {
      name: 'work in slices does not rest',
      breaks: HEAVY,
      find: 'const restMs = restAfter(this.spentMs);',
      replace: 'const restMs = 0;',
      killed: SLICES_TESTS(
        'work in slices > rests after a turn for as long as that took, however many there are',
      ),
    },
    {
      name: 'what is short waits behind long work',
      breaks: HEAVY,
      find: 'if (leftMs <= 0) this.waiting.push(part);',
      replace: 'if (leftMs <= 0 || this.waiting.length > 0) this.waiting.push(part);',
      killed: SLICES_TESTS(
        'work in slices > that is short need not wait behind the long, as far as the budget goes',
      ),
    },
  ]),
  ...inFile('src/etcd/watch-intake.ts', [
    {
      name: 'a short response overtakes a long one',
      breaks: 'architecture.md, "How an app is read": in the order of revisions',
      find: 'this.waiting.length === 0 && response',
      replace: 'response',
      killed: INTAKE_TESTS(
        'what a watch brings > keeps its order: a short one waits behind a long one of its own watch, and of no other',
      ),
    },
    {
      name: 'a stream goes on while a long response is taken in',
      breaks: BOUNDED,
      find: 'this.stream.pause();',
      replace: '',
      killed: INTAKE_TESTS(
        'what a watch brings > lets others run in between where it is long, and the rest stays with the sender meanwhile',
      ),
    },
  ]),
  ...inFile('src/server/http/json-body.ts', [
    {
      name: 'a large body is parsed and looked through in one piece',
      breaks: HEAVY,
      find: 'const value = parse(text);\n  yield;',
      replace: 'const value = parse(text);',
      killed: BODIES_TESTS(
        'large bodies > are read in pieces: others come between any two looks at one',
      ),
    },
  ]),
  ...inFile('src/server/http/long-lists.ts', [
    {
      name: 'a long list is checked in one piece',
      breaks: HEAVY,
      find: 'if (checked.length % ITEMS_PER_PIECE === 0) yield;',
      replace: '',
      killed: LISTS_TESTS('a long list > is looked at no more than a piece at a time'),
    },
    {
      name: 'what is wrong beside a long list is not seen',
      breaks: 'protocol.md: input is checked',
      find: 'return rest.success ? {success: true, data: withListAt(rest.data, path, checked)} : rest;',
      replace: 'return {success: true, data: withListAt(rest.data, path, checked)};',
      killed: LISTS_TESTS('a long list > does not hide what is wrong beside it'),
    },
  ]),
  ...inFile('src/model/ids.ts', [
    {
      name: 'a plain shard id of any length',
      breaks: 'protocol.md: shard ids have 200 bytes at most',
      find: '^[!-~]{1,${SHARD_ID_MAX_BYTES}}$',
      replace: '^[!-~]+$',
      killed: IDS_TESTS('a shard id > is no longer than 200 bytes, whether it is plain or not'),
    },
  ]),
  ...inFile('src/server/planner-thread.ts', [
    {
      name: 'rows reach the planner thread without what they are',
      breaks: 'planner.md: the same plan wherever it is made',
      find: 'batch: JSON.stringify(batch)',
      replace: "batch: JSON.stringify(batch, ['isFresh', 'set', 'removed', 'row', 'shard', 'id'])",
      killed: inVain(
        ROWS_TESTS(
          'the planner thread > plans with all that a row says as it would in the thread of the daemon',
        ),
      ),
    },
  ]),
  ...inFile('src/server/admin/stream/watch-feed.ts', [
    {
      name: 'a slow reader of long values keeps any amount',
      breaks: BOUNDED,
      find: 'if (this.waiting <= BACKLOG_LIMIT && isShort)',
      replace: 'if (this.waiting <= BACKLOG_LIMIT || isShort)',
      killed: FEED_TESTS(
        'keeps no more than 8 MiB for such a caller, and gives a batch beyond that to one that reads',
      ),
    },
  ]),
  ...inFile('src/server/admin/stream/shared-watches.ts', [
    {
      name: 'batches of long values are kept for all',
      breaks: BOUNDED,
      find: ' || this.keptCharacters > RING_CHARACTERS',
      replace: '',
      killed: WATCHES_TESTS(
        'watches that are shared > keep no more than 8 MiB for whoever begins behind the newest, whatever the values',
      ),
    },
  ]),
  ...inFile('src/server/http/event-stream.ts', [
    {
      name: 'what was written once is kept for ever',
      breaks: BOUNDED,
      find: 'written.delete(oldest);',
      replace: 'break;',
      killed: WRITTEN_TESTS('no more than 8 MiB of texts are kept for further callers: the newest'),
    },
  ]),
];
