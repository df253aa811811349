/** Heartbeats, deadlines and silence. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const EVICTION_TESTS = testsOf('test/governor/eviction.test.ts');
const HEARTBEAT_FIGURES_TESTS = testsOf('test/ownership/heartbeat-figures.test.ts');
const HEARTBEAT_TESTS = testsOf('test/ownership/heartbeat.test.ts');
const SESSION_TESTS = testsOf('test/ownership/session.test.ts');
const SLOW_STORE_TESTS = testsOf('test/simulation/slow-store.test.ts');
const SILENCE_TESTS = testsOf('test/ownership/failure-detector.test.ts');

export const HEARTBEAT_MUTANTS: readonly Mutant[] = [
  ...inFile('src/model/container.ts', [
    {
      name: 'deadline T',
      breaks: '"Container" 2: the deadline is T(1-rho) - eps after the send',
      find: 'Math.floor(ttlMs * (1 - CLOCK_DRIFT) - EFFECT_SLACK_MS)',
      replace: 'ttlMs',
      killed: HEARTBEAT_FIGURES_TESTS(
        'the figures of a heartbeat > are T(1-rho)-eps to act, T(1+rho)+eps to evict, T/5 between two',
      ),
    },
    {
      name: 'no eps in the deadline',
      breaks: '"Assumptions" A3: an effect may leave eps after its guard',
      find: '(1 - CLOCK_DRIFT) - EFFECT_SLACK_MS',
      replace: '(1 - CLOCK_DRIFT)',
      killed: HEARTBEAT_FIGURES_TESTS(
        'the figures of a heartbeat > are T(1-rho)-eps to act, T(1+rho)+eps to evict, T/5 between two',
      ),
    },
    {
      name: 'no drift in the deadline',
      breaks: '"Assumptions" A2: clock rates differ by up to rho',
      find: 'ttlMs * (1 - CLOCK_DRIFT)',
      replace: 'ttlMs',
      killed: HEARTBEAT_FIGURES_TESTS(
        'the figures of a heartbeat > are T(1-rho)-eps to act, T(1+rho)+eps to evict, T/5 between two',
      ),
    },
    {
      name: 'W = T',
      breaks: '"Silence": W = T(1+rho) + eps',
      find: 'Math.ceil(ttlMs * (1 + CLOCK_DRIFT) * (1 + excess) + EFFECT_SLACK_MS)',
      replace: 'ttlMs * (1 + excess)',
      killed: HEARTBEAT_FIGURES_TESTS(
        'the figures of a heartbeat > are T(1-rho)-eps to act, T(1+rho)+eps to evict, T/5 between two',
      ),
    },
    {
      name: 'no eps in the silence',
      breaks: '"Silence": W = T(1+rho) + eps',
      find: '(1 + excess) + EFFECT_SLACK_MS',
      replace: '(1 + excess)',
      killed: HEARTBEAT_FIGURES_TESTS(
        'the figures of a heartbeat > are T(1-rho)-eps to act, T(1+rho)+eps to evict, T/5 between two',
      ),
    },
    {
      name: 'heartbeats every 2T/5',
      breaks: '"Container" 2: a heartbeat every T/5',
      find: 'return Math.floor(ttlMs / HEARTBEATS_PER_TTL);',
      replace: 'return Math.floor((2 * ttlMs) / HEARTBEATS_PER_TTL);',
      killed: HEARTBEAT_FIGURES_TESTS(
        'the figures of a heartbeat > are T(1-rho)-eps to act, T(1+rho)+eps to evict, T/5 between two',
      ),
    },
  ]),
  ...inFile('src/ownership/heartbeat.ts', [
    {
      name: 'a late registration of its own is a clone',
      breaks: '"Container" 1: who was evicted registers again',
      find: "return this.registrations.has(answer.value.nonce) ? 'evicted' : 'cloned';",
      replace: "return 'cloned';",
      killed: HEARTBEAT_TESTS(
        'a registration that is written only after the eviction is an eviction, and no clone',
      ),
    },
    {
      name: 'attempts hurry on after the deadline',
      breaks: '"Container" 2: steps grow to T/5; a slow store is not asked for more',
      find: 'sentAtMs < this.deadlineMs ? this.ttlMs * RETRY_STEP_SHARE : heartbeatIntervalMs(this.ttlMs);',
      replace: 'this.ttlMs * RETRY_STEP_SHARE;',
      killed: SLOW_STORE_TESTS('whose small calls take 100 ms for a minute, real wiring: false'),
    },
    {
      name: 'the next beat does not look at what the found one has left',
      breaks:
        '"Container" 2: after an attempt that found an earlier one the next is due T/5 after that',
      find: 'Math.min(this.nextAtMs, this.nextBeatMs(sentAtMs))',
      replace: 'this.nextAtMs',
      killed: HEARTBEAT_TESTS(
        'an attempt whose answer was lost > that was written all the same counts for a beat of its own time: the next one is due T/5 after it, at once where that is over',
      ),
    },
    {
      name: 'the deadline may go back',
      breaks: '"Container" 2: a late answer takes nothing away',
      find: 'Math.max(this.deadlineMs, sentAtMs + actingMs(this.ttlMs))',
      replace: 'sentAtMs + actingMs(this.ttlMs)',
      killed: HEARTBEAT_FIGURES_TESTS(
        'a heartbeat > that is committed late, after newer ones, takes nothing away',
      ),
    },
    {
      name: 'two heartbeats in flight',
      breaks: '"Container" 2: one in flight',
      find: 'if (this.inFlight !== undefined || nowMs < this.nextAtMs)',
      replace: 'if (nowMs < this.nextAtMs)',
      killed: HEARTBEAT_TESTS('the deadline > has one attempt in flight, and never two'),
    },
    {
      name: 'a timeout extends',
      breaks: '"Container" 2: a timeout extends nothing',
      find: "if (sentAtMs !== undefined) this.retrySoon(sentAtMs);\n      return 'unanswered';",
      replace: 'return this.renewed(sentAtMs, state, this.mod, this.create);',
      killed: HEARTBEAT_FIGURES_TESTS('a heartbeat > without an answer extends nothing'),
    },
    {
      name: 'a heartbeat that failed waits for the next beat',
      breaks: '"Container" 2: the promise I4 rests on trying again at once',
      find: 'this.nextAtMs = Math.min(this.nextAtMs, sentAtMs + stepMs);',
      replace: 'void stepMs;',
      killed: SESSION_TESTS(
        'the fence > that is lifted before the deadline leaves all handles alive',
      ),
    },
    {
      name: 'an absent heartbeat is waited for',
      breaks: '"Container" 2: absent means evicted',
      find: "if (answer.kind === 'absent') return 'evicted';",
      replace: "if (answer.kind === 'absent') return 'unanswered';",
      killed: SESSION_TESTS(
        'losing the heartbeat > an answer to the incarnation of before is not taken',
      ),
    },
    {
      name: 'who is evicted before it heard of its registration has no heartbeat to delete',
      breaks: '"Container" 2: state `evicting` means fence, drop, free, leave',
      find: 'if (this.create === 0) this.create = answer.create;',
      replace: '',
      killed: testsOf('test/ownership/session-eviction.test.ts')(
        'an evicted container > deletes its heartbeat where the answer to its registration never came',
      ),
    },
    {
      name: '`evicting` ignored',
      breaks: '"Container" 2: state `evicting` means fence, drop, free, leave',
      find: "if (answer.value.state === 'evicting') return 'evicting';",
      replace: '',
      killed: SESSION_TESTS(
        'a store that was restored, met late > while an operator evicts it, it goes all the same, writing nothing more',
      ),
    },
    {
      name: 'foreign nonce accepted',
      breaks: '"Container" 2: a foreign nonce is a clone',
      find: "if (!this.unanswered.has(answer.value.nonce)) return 'cloned';",
      replace: '',
      killed: SESSION_TESTS(
        'losing the heartbeat > a foreign nonce means a clone lives: it ends at once',
      ),
    },
    {
      name: 'own unanswered nonce is a clone',
      breaks: '"Container" 2: one of my unanswered nonces renews',
      find: '!this.unanswered.has(answer.value.nonce)',
      replace: 'answer.value.nonce !== write.value.nonce',
      killed: SESSION_TESTS(
        'losing the heartbeat > a nonce of its own that had no answer is not a clone',
      ),
    },
    {
      name: 'a proven attempt counts from the newest send',
      breaks: '"Container" 2: the deadline counts from the send of the attempt that is proven',
      find: 'return this.renewed(firstSentAtMs, answer.value.state, answer.mod, answer.create);',
      replace: 'return this.renewed(sentAtMs, answer.value.state, answer.mod, answer.create);',
      killed: HEARTBEAT_TESTS(
        'the deadline > an attempt whose answer never came is proven by a later read, from its own send',
      ),
    },
    {
      name: 'the version is not followed',
      breaks: '"Container" 2: each heartbeat compares the last version of mine',
      find: 'this.mod = mod;\n    this.create = create;',
      replace: 'this.create = create;',
      killed: HEARTBEAT_TESTS(
        'the deadline > an attempt whose answer never came is proven by a later read, from its own send',
      ),
    },
    {
      name: 'each heartbeat is a new registration',
      breaks: '"Records": the create revision of hb is that of its registration',
      find: 'this.create === 0 ? answer.revision : this.create',
      replace: 'answer.revision',
      killed: HEARTBEAT_FIGURES_TESTS('a heartbeat > keeps the create revision of the first'),
    },
    {
      name: 'a new state waits for the next beat',
      breaks: '"Container" 6: `leaving` is written at once',
      find: 'this.state = state;\n    this.nextAtMs = Number.NEGATIVE_INFINITY;',
      replace: 'this.state = state;',
      killed: HEARTBEAT_FIGURES_TESTS('a heartbeat > tells a new state at once'),
    },
    {
      name: 'no probe between two beats',
      breaks: '"Silence": a governor probes at a fifth of the smallest T it watches',
      find: 'Math.min(heartbeatIntervalMs(this.ttlMs), this.everyMs())',
      replace: 'heartbeatIntervalMs(this.ttlMs)',
      killed: HEARTBEAT_FIGURES_TESTS(
        'the figures of a heartbeat > are those of the probe where that is needed more often',
      ),
    },
    {
      name: 'an attempt without limit',
      breaks: '"Container" 2: an attempt lasts at most min(2000, T/5) ms',
      find: 'Math.min(HEARTBEAT_ATTEMPT_LIMIT_MS, heartbeatIntervalMs(this.ttlMs));',
      replace: '10 * this.ttlMs;',
      killed: HEARTBEAT_FIGURES_TESTS(
        'the figures of a heartbeat > limit an attempt to T/5, and to 2 s',
      ),
    },
  ]),
  ...inFile('src/ownership/failure-detector.ts', [
    {
      name: 'half the silence',
      breaks: '"Silence": evict after W, not before',
      find: '    return nowMs - count.sinceMs;',
      replace: '    return 2 * (nowMs - count.sinceMs);',
      killed: HEARTBEAT_TESTS(
        'the failure detector > counts anew after a gap between probes of more than 2T/5, and is never silent within one',
      ),
    },
    {
      name: 'silence without probes',
      breaks: '"Silence": counted while own probes keep committing',
      find: 'count === undefined || nowMs - this.lastProbeMs > maxGapMs(count)',
      replace: 'count === undefined',
      killed: HEARTBEAT_TESTS(
        'the failure detector > counts anew after a gap between probes of more than 2T/5, and is never silent within one',
      ),
    },
    {
      name: 'probe gap ignored',
      breaks: '"Silence": a gap above 2T/5 restarts the count',
      find: 'if (gapMs > maxGapMs(count)) count.sinceMs = nowMs;',
      replace: 'void gapMs, count;',
      killed: SILENCE_TESTS(
        'silence > counts from zero after a gap in which the store took no writes',
      ),
    },
    {
      name: 'a gap of T is none',
      breaks: '"Silence": a gap above 2T/5 restarts the count',
      find: 'return (PROBE_GAP_HEARTBEATS * ttlMs) / HEARTBEATS_PER_TTL;',
      replace: 'return ttlMs;',
      killed: SILENCE_TESTS('silence > does not count while the store is not known to take writes'),
    },
    {
      name: 'one T for all',
      breaks: '"Records": W follows from the T in the heartbeat',
      find: '{mod, ttlMs, sinceMs: nowMs, rate}',
      replace: '{mod, ttlMs: 3_000, sinceMs: nowMs, rate}',
      killed: HEARTBEAT_TESTS(
        'the failure detector > counts anew after a gap between probes of more than 2T/5, and is never silent within one',
      ),
    },
    {
      name: 'a new version does not restart the count',
      breaks: '"Silence": the version unchanged for W',
      find: '{mod, ttlMs, sinceMs: nowMs, rate}',
      replace: '{mod, ttlMs, sinceMs: count?.sinceMs ?? nowMs, rate}',
      killed: EVICTION_TESTS('the circuit breaker > does not hold for 30 %, nor for two of few'),
    },
    {
      name: 'the same version restarts the count',
      breaks: '"Silence": W from when that version was seen first',
      find: 'count !== undefined && count.mod >= mod',
      replace: 'count !== undefined && count.mod > mod',
      killed: SILENCE_TESTS(
        'silence > is over W since the version was first seen, told again or not',
      ),
    },
    {
      name: 'an old version restarts the count',
      breaks: '"Silence": a stale read tells nothing',
      find: 'count !== undefined && count.mod >= mod',
      replace: 'count?.mod === mod',
      killed: SILENCE_TESTS(
        'silence > is over W since the version was first seen, told again or not',
      ),
    },
  ]),
];
