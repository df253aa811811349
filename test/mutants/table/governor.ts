/** The governor of an app: whom it evicts, what it gives to whom. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const ARRIVALS_TESTS = testsOf('test/governor/admission-queue.test.ts');
const COME_BACK_TESTS = testsOf('test/governor/come-back.test.ts');
const EVICTION_TESTS = testsOf('test/governor/eviction.test.ts');
const HINTS_TESTS = testsOf('test/governor/hints.test.ts');
const HOLDINGS_TESTS = testsOf('test/governor/holdings.test.ts');
const MOVES_TESTS = testsOf('test/governor/moves.test.ts');
const UNDER_WAY_TESTS = testsOf('test/governor/moves-under-way.test.ts');
const WAITS_TESTS = testsOf('test/governor/move-waits.test.ts');
const REMOVAL_TESTS = testsOf('test/governor/removal.test.ts');

export const GOVERNOR_MUTANTS: readonly Mutant[] = [
  ...inFile('src/governor/eviction.ts', [
    {
      name: 'no circuit breaker',
      breaks: '"Eviction circuit breaker": more than max(2, 30 %) silent: hold for 2T',
      find: '(isOnHold && !hasSuccessor) ||',
      replace: '',
      killed: EVICTION_TESTS(
        'the circuit breaker > holds for 2T when more than 30 % fall silent at once, says so, then believes it',
      ),
    },
    {
      name: 'a loss with a successor counts for the circuit breaker',
      breaks: '"Eviction circuit breaker": a container whose successor is heard is not counted',
      find: 'filter(({hasSuccessor}) => !hasSuccessor)',
      replace: 'filter(() => true)',
      killed: EVICTION_TESTS(
        'the circuit breaker > does not hold two that are gone beside many that restart',
      ),
    },
    {
      name: 'no recovery time',
      breaks: '"Evict": at max(W, maxRecoveryTime)',
      find: 'return Math.max(safeMs, 1_000 * (view.spec?.value.maxRecoveryTime ?? 0));',
      replace: 'return safeMs;',
      killed: EVICTION_TESTS(
        'a silent container > is given its recovery time, counted from its last heartbeat',
      ),
    },
    {
      name: 'a successor waits for the recovery time',
      breaks: '"Evict": at W when a successor of the same id waits',
      find: "if (state !== 'ready' || hasSuccessor || this.replaced.has(incarnation)) return safeMs;",
      replace: "if (state !== 'ready' || this.replaced.has(incarnation)) return safeMs;",
      killed: EVICTION_TESTS(
        'a silent container > is given no recovery time when a successor waits for its id',
      ),
    },
    {
      name: 'one that waited for an id and has died counts as a container that is missed',
      breaks: '"Evict": at max(W, maxRecoveryTime)',
      find: 'if (holdsId(view, container, incarnation)) silent',
      replace: 'if (container !== undefined) silent',
      killed: EVICTION_TESTS(
        'a silent container > is given its recovery time when the successor that waited for its id has died, too',
      ),
    },
    {
      name: 'evicted before W',
      breaks: '"Evict": at max(W, maxRecoveryTime)',
      find: 'if (!detector.silent(incarnation, nowMs)) continue;',
      replace: 'if (!detector.suspect(incarnation, nowMs)) continue;',
      killed: EVICTION_TESTS(
        'the circuit breaker > holds for 2T when more than 30 % fall silent at once, says so, then believes it',
      ),
    },
    {
      name: 'evictions are not counted as losses',
      breaks: '"Eviction circuit breaker": silent or evicted within one window',
      find: 'if (!loss.hasSuccessor) this.breaker.lost(loss, nowMs);',
      replace: '',
      killed: EVICTION_TESTS(
        'the circuit breaker, as time passes > counts losses, not silence at one instant: six of eight that fall silent one by one',
      ),
    },
  ]),
  ...inFile('src/governor/eviction-circuit-breaker.ts', [
    {
      name: 'the circuit breaker never lets go',
      breaks: '"Eviction circuit breaker": hold for 2T, then believe it',
      find: 'return nowMs < this.holdUntilMs;',
      replace: 'return true;',
      killed: EVICTION_TESTS(
        'the circuit breaker > holds for 2T when more than 30 % fall silent at once, says so, then believes it',
      ),
    },
    {
      name: 'the circuit breaker lets go after T',
      breaks: '"Eviction circuit breaker": hold for 2T',
      find: 'nowMs + 2 * Math.max',
      replace: 'nowMs + Math.max',
      killed: EVICTION_TESTS(
        'the circuit breaker, as time passes > holds for all of 2T, even when the losses before it lie more than W back by then',
      ),
    },
    {
      name: 'the circuit breaker holds for two',
      breaks: '"Eviction circuit breaker": more than max(2, 30 %)',
      find: 'Math.max(LOSSES_ALLOWED, LOSSES_ALLOWED_SHARE * all.size)',
      replace: 'LOSSES_ALLOWED_SHARE * all.size',
      killed: EVICTION_TESTS(
        'a silent container > keeps its shards until its heartbeat is gone, then they go to the others',
      ),
    },
    {
      name: 'the circuit breaker bypassed',
      breaks: '"Eviction circuit breaker": silent or evicted within one window of W',
      find: 'this.recent.set(container, nowMs + silenceMs(ttlMs));',
      replace: '',
      killed: EVICTION_TESTS(
        'the circuit breaker, as time passes > counts losses, not silence at one instant: six of eight that fall silent one by one',
      ),
    },
    {
      name: 'the circuit breaker counts every loss there ever was',
      breaks: '"Eviction circuit breaker": within one window of W',
      find: 'if (untilMs <= nowMs) this.recent.delete(container);',
      replace: 'void [container, untilMs, nowMs];',
      killed: EVICTION_TESTS(
        'the circuit breaker, as time passes > does not add up losses that lie further apart than W',
      ),
    },
  ]),
  ...inFile('src/appstate/app-view.ts', [
    {
      name: 'old news of a record believed',
      breaks: '"Governor": a watch is a hint; older than what is known is none',
      find: 'if (known !== undefined && known.mod >= mod) return false;\n  if (entry',
      replace: 'if (entry',
      killed: MOVES_TESTS('a failed add > waits 1 s doubling, and tries another container'),
    },
  ]),
  ...inFile('src/governor/governor.ts', [
    {
      name: 'a write of unknown outcome is forgotten',
      breaks: '"Governor": unknown: read before anything else is written',
      find: "if (answer.kind === 'unknown') return [{type: 'reread', shard}];",
      replace:
        "if (answer.kind === 'unknown') {\n      this.settlePending(shard);\n      return [];\n    }",
      killed: MOVES_TESTS(
        'a planned move > of unknown outcome is read before anything else is written',
      ),
    },
    {
      name: 'probes do not reach the clock',
      breaks: '"Silence": while its own probe writes kept committing',
      find: 'probeCommitted(nowMs: number): void {\n    this.failureDetector.probeCommitted(nowMs);',
      replace: 'probeCommitted(nowMs: number): void {\n    void nowMs;',
      killed: EVICTION_TESTS(
        'a silent container > keeps its shards until its heartbeat is gone, then they go to the others',
      ),
    },
    {
      name: 'a heartbeat seen is not observed',
      breaks: '"Silence": counts from the version seen',
      find: 'this.failureDetector.observe(incarnation, entry.mod, ttlMs, nowMs, sentAtMs);',
      replace: 'void [ttlMs, sentAtMs];',
      killed: EVICTION_TESTS(
        'a silent container > is evicted W after it joined, if it has never beaten again',
      ),
    },
    {
      name: 'a removed app is governed on',
      breaks: 'protocol.md, "App removal"',
      find: 'if (this.view.spec?.value.deleting === true)\n      actions.push',
      replace: 'if (this.view.spec?.value.deleting === undefined)\n      actions.push',
      killed: HOLDINGS_TESTS(
        'a container that serves what is not recorded as its own > is noticed at the second answer',
      ),
    },
    {
      name: 'a failed shard is tried again at once',
      breaks: '"Hints": back-off 1 s doubling to 60 s',
      find: 'const mustWait = this.retries.mustWait(shard, nowMs) && ',
      replace: 'const mustWait = false && ',
      killed: MOVES_TESTS('a failed add > waits 1 s doubling, and tries another container'),
    },
    {
      name: 'a refused write is tried again at once',
      breaks: 'style rule 6: every retry has a pause',
      find: 'this.changed(own, nowMs);\n    this.retries.pause(shard, nowMs + REFUSED_RETRY_MS);',
      replace: 'this.changed(own, nowMs);',
      killed: ARRIVALS_TESTS('a refused write > is tried again after a pause and not at once'),
    },
  ]),
  ...inFile('src/governor/move-gate.ts', [
    {
      name: 'moves without a budget',
      breaks: '"Budgets": voluntary moves at most 20 per container end',
      find: 'return slow ?? inFlightMoves.refusal(from, to, urgency, nowMs);',
      replace: 'return slow;',
      killed: MOVES_TESTS(
        'budgets > one container gives at most its share of voluntary moves at once',
      ),
    },
    {
      name: 'a new container gets a second running shard beside its trial',
      breaks: '"Joining containers": at most one running shard moves to it, on trial',
      find: 'if (inFlightMoves.arrivingAt(to) > 0) return false;',
      replace: '',
      killed: WAITS_TESTS(
        'a planned move > to a container that has not proved itself, to which a running shard is on its way > waits its turn (drain), be it on trial itself',
      ),
    },
    {
      name: 'a departure waits for the trial of its target',
      breaks: 'planner.md: shards of a container that leaves have limited time',
      find: "if (urgency !== 'departure' && !mayTake(move, gate))",
      replace: 'if (!mayTake(move, gate))',
      killed: WAITS_TESTS(
        'a planned move > to a container that has not proved itself, to which a running shard is on its way > begins all the same where its own leaves: that has limited time',
      ),
    },
  ]),
  ...inFile('src/governor/reconcile.ts', [
    {
      name: 'forgets what a living container has',
      breaks: 'transition table: -> absent: free, or its hb absent',
      find: "if (state === 'free' || !context.view.hasHeartbeat(incarnation))",
      replace: "if (state !== 'owned')",
      killed: REMOVAL_TESTS(
        'an app that is being deleted > is not finished while a container without shards lives',
      ),
    },
    {
      name: 'what a push container runs goes elsewhere while that one waits for its id',
      breaks: 'push-containers.md: what a session lists is recorded there before it goes elsewhere',
      find: "if (there?.incarnation !== running) return {step: 'wait', for: 'session'};",
      replace: 'if (there?.incarnation !== running) return undefined;',
      killed: COME_BACK_TESTS(
        'a shard that a push container runs by what it kept > goes nowhere while that one waits for its id (dropping)',
      ),
    },
  ]),
  ...inFile('src/governor/hints.ts', [
    {
      name: 'hints are not repeated',
      breaks: '"Hints": repeat with back-off until the record is ready or free',
      find: 'else if (hint.atMs <= nowMs) this.send(hint, batches, nowMs);',
      replace: '',
      killed: HINTS_TESTS(
        'a hint > to claim is not repeated to a container that claims others, but for 5 s: it may have been lost',
      ),
    },
    {
      name: 'hints are repeated without back-off',
      breaks: '"Hints": repeat with back-off',
      find: 'backOff(hint.repeats + 1, REPEAT_MIN_MS, REPEAT_MAX_MS)',
      replace: 'REPEAT_MIN_MS',
      killed: HINTS_TESTS(
        'a hint > to claim is not repeated to a container that claims others, but for 5 s: it may have been lost',
      ),
    },
  ]),
  ...inFile('src/governor/removal.ts', [
    {
      name: 'removal ignoring a living heartbeat',
      breaks: 'protocol.md, "App removal": records and containers go first',
      find: 'if (recordsLeft(view) > 0 || view.heartbeats.size > 0) return [];',
      replace: 'if (recordsLeft(view) > 0) return [];',
      killed: REMOVAL_TESTS(
        'an app that is being deleted > is not finished while a container without shards lives',
      ),
    },
    {
      name: 'removal ignoring a record',
      breaks: 'protocol.md, "App removal": records and containers go first',
      find: 'if (recordsLeft(view) > 0 || view.heartbeats.size > 0) return [];',
      replace: 'if (view.heartbeats.size > 0) return [];',
      killed: REMOVAL_TESTS(
        'an app that is being deleted > is not finished while a container lives or a record stands',
      ),
    },
  ]),
  ...inFile('src/governor/in-flight-moves.ts', [
    {
      name: 'what a hung drop keeps counts as on its way to a new container',
      breaks:
        'planner.md: until a shard has become ready there a container gets one running shard at a time',
      find: 'if (!leaves || !stuck) add(this.arrivals, to, by);',
      replace: 'add(this.arrivals, to, by);',
      killed: UNDER_WAY_TESTS(
        'moves whose hooks hang > keep no other from a new container before anything has come there',
      ),
    },
    {
      name: 'a move that waits for a full container keeps its place among those under way',
      breaks:
        'planner.md: pinned shards on full containers can change places, whatever the budgets are',
      find: 'if ((this.leaving.get(to) ?? 0) === 0) this.end(shard);',
      replace: '',
      killed: MOVES_TESTS(
        'moves to full containers > 1 at once are enough for 1 pairs that change places on full containers',
      ),
    },
    {
      name: 'a move gives its place up although room is being made for it',
      breaks: 'planner.md: at most maxMoving planned moves at once',
      find: 'if ((this.leaving.get(to) ?? 0) === 0) this.end(shard);',
      replace: 'this.end(shard);',
      killed: MOVES_TESTS(
        'moves to full containers > a shard whose target is being left keeps its place',
      ),
    },
    {
      name: 'budgets forget what has ended',
      breaks: '"Budgets": at most 100 per app at once',
      find: 'this.count(move, -1);',
      replace: '',
      killed: MOVES_TESTS(
        'budgets > one container gives at most its share of voluntary moves at once',
      ),
    },
  ]),
  ...inFile('src/governor/holdings.ts', [
    {
      name: 'one difference is enough',
      breaks: 'protocol.md, "Container" 8: a lying container: two answers in a row',
      find: '.filter((one) => before?.differences.has(one) === true)',
      replace: ".filter((one) => one !== '')",
      killed: HOLDINGS_TESTS(
        'a difference of a moment > is none when the record has changed between two answers',
      ),
    },
    {
      name: 'doubts never end',
      breaks: 'protocol.md, "Container" 8',
      find: 'if (agreeing >= AGREEING_TO_TRUST) return this.doubted.delete(incarnation);',
      replace: '',
      killed: HOLDINGS_TESTS(
        'a container that does not hold what is recorded as its own > gets nothing new from the second answer on, keeps what it has, and is trusted after two that agree',
      ),
    },
  ]),
];
