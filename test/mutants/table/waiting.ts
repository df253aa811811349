/** What a governor waits for, and what it does not wait for: claims, retries, the first plan, successors. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const ADMISSION_TESTS = testsOf('test/governor/admission-queue.test.ts');
const CLAIMS_TESTS = testsOf('test/governor/claims.test.ts');
const ENDS_TESTS = testsOf('test/governor/unclean-ends.test.ts');
const FIRST_PLAN_TESTS = testsOf('test/governor/first-plan.test.ts');
const EVICTION_TESTS = testsOf('test/governor/eviction.test.ts');
const MOVES_TESTS = testsOf('test/governor/moves.test.ts');
const UNREACHABLE = '"Hints": unclaimed for 5 s counts as unreachable until a call has succeeded';
const FIRST = '"First placement": 500 ms without a join, 3 s at most';
const SUCCESSOR = '"Eviction": a successor with the same id gets its shards first';
const JOINING = '"Joining containers"';

export const WAITING_MUTANTS: readonly Mutant[] = [
  ...inFile('src/governor/claim-monitor.ts', [
    {
      name: 'who claims nothing is waited for without end',
      breaks: UNREACHABLE,
      find: 'if (nowMs - (this.progressAtMs.get(incarnation) ?? nowMs) < UNCLAIMED_LIMIT_MS) continue;',
      replace: 'if (nowMs > 0) continue;',
      killed: CLAIMS_TESTS(
        'a container that claims nothing > counts as unreachable after 5 s, and what waits for it goes elsewhere',
      ),
    },
    {
      name: 'a call that is only made clears it',
      breaks: UNREACHABLE,
      find: 'due.push({container, incarnation, endpoint});',
      replace:
        'due.push({container, incarnation, endpoint});\n      this.unreachable.delete(incarnation);',
      killed: CLAIMS_TESTS(
        'a container that claims nothing > is given nothing new until a call to it has succeeded, however long that takes',
      ),
    },
    {
      name: 'calls without back-off',
      breaks: UNREACHABLE,
      find: 'backOff(calls.made + 1, CALL_MIN_MS, CALL_MAX_MS)',
      replace: 'CALL_MIN_MS',
      killed: CLAIMS_TESTS(
        'a container that claims nothing > is called at once, then with a back-off of 1 to 4 s, and nobody else is',
      ),
    },
    {
      name: 'who only answers calls is called as if new',
      breaks: UNREACHABLE,
      find: 'const made = this.onlyCalled.has(incarnation) ? CALLS_SKIPPED : 0;',
      replace: 'const made = 0;',
      killed: CLAIMS_TESTS(
        'a container that claims nothing > that can be called and claims nothing all the same is called rarely from then on',
      ),
    },
    {
      name: 'a claim does not show that it is reached',
      breaks: UNREACHABLE,
      find: 'this.claimedAtMs.set(incarnation, nowMs);\n    this.unreachable.delete(incarnation);',
      replace: 'this.claimedAtMs.set(incarnation, nowMs);',
      killed: CLAIMS_TESTS(
        'a container that claims nothing > counts as reachable again as soon as it claims: hints reach it after all',
      ),
    },
    {
      name: 'a claim does not restart the count',
      breaks: UNREACHABLE,
      find: "if (after.state === 'owned') this.progressAtMs.set(after.incarnation, nowMs);",
      replace: '',
      killed: CLAIMS_TESTS(
        'a container that claims nothing > whose claims come one by one is not deaf',
      ),
    },
  ]),
  ...inFile('src/governor/retry.ts', [
    {
      name: 'failed adds without back-off',
      breaks: '"Hints": a shard that failed to add tries again after 1 s doubling to 60 s',
      find: 'backOff(record.failures, FAILED_MIN_MS, FAILED_MAX_MS)',
      replace: 'FAILED_MIN_MS',
      killed: MOVES_TESTS('a failed add > waits 1 s doubling, and tries another container'),
    },
    {
      name: 'a refused write is not looked at again',
      breaks: '"Governor": every decision looks at all that is known',
      find: 'this.lookAt(shard, Math.max(untilMs, this.notBeforeMs.get(shard) ?? untilMs));',
      replace: '',
      killed: ADMISSION_TESTS('a refused write > is tried again after a pause and not at once'),
    },
  ]),
  ...inFile('src/governor/successors.ts', [
    {
      name: 'nobody waits for a successor',
      breaks: SUCCESSOR,
      find: 'if (waiting.has(container)) this',
      replace: 'if (nowMs < 0) this',
      killed: EVICTION_TESTS(
        'a successor that waits for the id > gets the shards of the last holder, where its id is the first that is gone',
      ),
    },
    {
      name: 'a successor that has crashed is waited for',
      breaks: SUCCESSOR,
      find: "value.state === 'waiting' && !detector.suspect(incarnation, nowMs)",
      replace: "value.state === 'waiting'",
      killed: EVICTION_TESTS(
        'a successor that waits for the id > and has crashed is not waited for: the shards go to others at once',
      ),
    },
    {
      name: 'a successor that does not come is waited for without end',
      breaks: SUCCESSOR,
      find: 'nowMs + SUCCESSOR_WAIT_MS',
      replace: 'Number.POSITIVE_INFINITY',
      killed: EVICTION_TESTS(
        'a successor that waits for the id > and does not take it is waited for 5 s: then they go to others',
      ),
    },
    {
      name: 'successors that come one after the other hold plans up without end',
      breaks: SUCCESSOR,
      find: 'Math.min(untilMs, this.holdEndsMs(nowMs))',
      replace: 'untilMs',
      killed: EVICTION_TESTS(
        'a successor that waits for the id > keeps others no longer than 5 s from a plan, where one after the other returns so',
      ),
    },
  ]),
  ...inFile('src/governor/plan-cache.ts', [
    {
      name: 'the first that joins is a magnet',
      breaks: FIRST,
      find: 'if (!this.settling) return nextAtMs;',
      replace: 'if (nextAtMs < Number.POSITIVE_INFINITY) return nextAtMs;',
      killed: FIRST_PLAN_TESTS('the first plan > waits until nobody has joined for half a second'),
    },
    {
      name: 'the first plan waits for whoever joins next',
      breaks: FIRST,
      find: 'this.settleFromMs + LONGEST_BEFORE_FIRST_MS,',
      replace: 'Number.POSITIVE_INFINITY,',
      killed: FIRST_PLAN_TESTS('the first plan > waits for three seconds at most'),
    },
    {
      name: 'no plan waits for a successor',
      breaks: '"Evict": its successor gets its shards first',
      find: 'Math.max(pausedUntilMs, this.notBeforeMs)',
      replace: 'pausedUntilMs',
      killed: FIRST_PLAN_TESTS('a plan > waits for successors, and no longer than for them'),
    },
  ]),
  ...inFile('src/governor/unclean-ends.ts', [
    {
      name: 'ends count for ever',
      breaks: JOINING,
      find: 'const left = ends.filter((atMs) => atMs > fromMs);',
      replace: 'const left = ends;',
      killed: ENDS_TESTS(
        'an end without leaving > counts for ten minutes, for its id and for its host',
      ),
    },
    {
      name: 'the end of a long service counts',
      breaks: JOINING,
      find: 'if (hadProved && livedMs >= SHORT_LIFE_MS) return;',
      replace: '',
      killed: ENDS_TESTS(
        'an end without leaving > is not held against what had served its shards for long',
      ),
    },
  ]),
];
