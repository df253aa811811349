/** What has to be certain before somebody may go on: who lives, how long a clock is waited for, who may be stopped. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const LIVENESS_TESTS = testsOf('test/transfer/liveness-check.test.ts');
const LIVE_IMPORT_TESTS = testsOf('test/transfer/live-import.test.ts');
const CLOCK_RATE_TESTS = testsOf('test/ownership/clock-rate.test.ts');
const STORE_TRUST_TESTS = testsOf('test/ownership/store-trust.test.ts');
const CLOCK_TESTS = testsOf('test/runtime/clock.test.ts');
const STOP_GATE_TESTS = testsOf('test/governor/stop-gate.test.ts');
const STOP_PERMISSION_TESTS = testsOf('test/server/admin/stop-permissions.test.ts');

const LIVENESS_MUTANTS: readonly Mutant[] = [
  ...inFile('src/transfer/liveness-check.ts', [
    {
      name: 'who renews its heartbeat is not alive',
      breaks: 'I1: nothing is imported over somebody who lives',
      find: 'return watched.get(keyOf(beat))?.mod !== beat.mod;',
      replace: 'return !watched.has(keyOf(beat));',
      killed: LIVENESS_TESTS('a container > lives while its heartbeat changes, and is named'),
    },
    {
      name: 'who joins while others are waited for is not alive',
      breaks: 'I1: nothing is imported over somebody who lives',
      find: 'return watched.get(keyOf(beat))?.mod !== beat.mod;',
      replace: 'return (watched.get(keyOf(beat))?.mod ?? beat.mod) !== beat.mod;',
      killed: LIVENESS_TESTS('a container > lives that joins while the others are waited for'),
    },
    {
      name: 'the last look of an import is not taken',
      breaks: 'I1: a heartbeat counts until W is over',
      find: 'if (leftMs === 0) return [];',
      replace: 'if (leftMs <= LOOK_EVERY_MS) return [];',
      killed: LIVENESS_TESTS(
        'a container > lives though its heartbeat changes only at the very end of W',
      ),
    },
    {
      name: 'an import trusts clocks that it has not watched',
      breaks: 'decision 8: unknown is not good',
      find: 'const untilMs = nowMs + silenceMs(ttlMs, UNWATCHED_CLOCK_EXCESS);',
      replace: 'const untilMs = nowMs + silenceMs(ttlMs, 0 * UNWATCHED_CLOCK_EXCESS);',
      killed: LIVENESS_TESTS(
        'a container > has stopped when its heartbeat has not changed for W, of clocks that nobody has watched',
      ),
    },
    {
      name: 'an import does not wait for a heartbeat that it cannot read',
      breaks: '"Times": a heartbeat that cannot be read counts as one with T = 60 s',
      find: 'const ttlMs = record.ok ? record.value.ttlMs : TTL_MAX_MS;',
      replace: 'const ttlMs = record.ok ? record.value.ttlMs : 0 * TTL_MAX_MS;',
      killed: LIVENESS_TESTS(
        'a container > whose heartbeat cannot be read may have the longest T there is',
      ),
    },
    {
      name: 'an import does not see push containers',
      breaks: 'a push container lives as long as its leased key is there',
      find: 'entries.filter((entry) => pushSessions && isPushSession(below(entry)))',
      replace: 'entries.filter((entry) => !pushSessions && isPushSession(below(entry)))',
      killed: LIVENESS_TESTS(
        'a push container > lives while its session is there, however long nothing changes',
      ),
    },
  ]),
  ...inFile('src/transfer/import.ts', [
    {
      name: 'what was restored is imported over at once',
      breaks: '"Restore": nobody acts by an old right when claims go on',
      find: 'return cluster.ok && cluster.value.restored !== undefined;',
      replace: 'return false;',
      killed: LIVE_IMPORT_TESTS(
        'what was noticed to be restored is imported over only when the last right of before has ended',
      ),
    },
    {
      name: 'an export with living containers is imported at once',
      breaks: 'I1: a container may still act by a right from the store that is gone',
      find: 'if (file.header.living.length === 0 && !isRestored) return;',
      replace: 'if (!isRestored) return;',
      killed: LIVE_IMPORT_TESTS(
        'an export with living containers is imported only when the last right from its store has ended',
      ),
    },
  ]),
];

const CLOCK_RATE_MUTANTS: readonly Mutant[] = inFile('src/ownership/clock-rate.ts', [
  {
    name: 'a clock that runs slow makes no wait longer',
    breaks: '"Times": W is longer by the part of the measured difference that exceeds rho',
    find: 'Math.max(0, greatest - CLOCK_DRIFT)',
    replace: 'Math.min(0, greatest - CLOCK_DRIFT)',
    killed: CLOCK_RATE_TESTS(
      'the rate of a clock > makes W long enough though two of three heartbeats are late by any time up to 2 s',
    ),
  },
  {
    name: 'a clock that nobody has watched is a good one',
    breaks: '"Times": the excess is 10 % while a clock has been watched for less than 2T',
    find: 'if (last === undefined || earlier.length === 0) return UNWATCHED_CLOCK_EXCESS;',
    replace: 'if (last === undefined || earlier.length === 0) return 0 * UNWATCHED_CLOCK_EXCESS;',
    killed: CLOCK_RATE_TESTS(
      'W > is T(1+rho)+eps for clocks that were watched for 3T and are good, and a tenth longer before',
    ),
  },
  {
    name: 'a step of a clock is a rate',
    breaks: 'decision 8: again after a step of the clock, the excess is 10 %',
    find: 'if (this.isStep(sentAtMs, offsetMs)) this.stretches = [];',
    replace: '',
    killed: CLOCK_RATE_TESTS(
      'the rate of a clock > begins anew at a step of the clock, and ignores a heartbeat that is older than what is known',
    ),
  },
  {
    name: 'the last heartbeat of a stretch counts, however late it is',
    breaks: 'decision 8: delays only ever add, so the least difference counts',
    find: 'else if (offsetMs <= last.offsetMs) Object',
    replace: 'else Object',
    killed: CLOCK_RATE_TESTS(
      'the rate of a clock > is known within 0.3 % and a tenth of itself when delays differ by less than 40 ms',
    ),
  },
  {
    name: 'a clock may make the wait as long as it likes',
    breaks: 'decision 8: W stays below 2T',
    find: 'Math.min(CLOCK_EXCESS_MOST_SHARE, Math.max(0, greatest - CLOCK_DRIFT))',
    replace: 'Math.min(9 + CLOCK_EXCESS_MOST_SHARE, Math.max(0, greatest - CLOCK_DRIFT))',
    killed: CLOCK_RATE_TESTS('the rate of a clock > is bounded, whatever a container says'),
  },
]);

const TRUST_MUTANTS: readonly Mutant[] = [
  ...inFile('src/ownership/store-trust.ts', [
    {
      name: 'an accepted history has to be as long as the one before',
      breaks: '"Restore": the accepted store is the one from now on',
      find: 'this.newest = 0;\n    this.isExplained',
      replace: 'this.isExplained',
      killed: STORE_TRUST_TESTS(
        'an accepted restore > that was doubted is not doubted, however young its history is',
      ),
    },
    {
      name: 'one acceptance accepts two histories',
      breaks: '"Restore": an operator must accept it',
      find: 'this.newest = 0;\n    this.isExplained = false;\n    return {kind',
      replace: 'this.newest = 0;\n    return {kind',
      killed: STORE_TRUST_TESTS(
        'an accepted restore > of a cluster without a name is one: the next is doubted',
      ),
    },
  ]),
  ...inFile('src/governor/eviction.ts', [
    {
      name: 'whoever falls silent counts as evicted by an operator',
      breaks: 'decision 17: the id names whom an operator has evicted',
      find: "...(state === 'evicting' && {isOrdered: true})",
      replace: "...(state !== 'evicting' && {isOrdered: true})",
      killed: testsOf('test/governor/ordered-eviction.test.ts')(
        'an eviction is said to be ordered where an operator has ordered it, and only there',
      ),
    },
  ]),
  ...inFile('src/runtime/clock.ts', [
    {
      name: 'a watcher looks at the time only when it is asked',
      breaks: 'I6: a container that is silent is evicted at W',
      find: 'timer = clock.after(ATTENTION_TICK_MS, tick);',
      replace: '',
      killed: CLOCK_TESTS(
        'the clock of a watcher > looks at the time by itself, so that quiet hours count, until it is closed',
      ),
    },
  ]),
];

const STOP_MUTANTS: readonly Mutant[] = [
  ...inFile('src/server/admin/write/stop-permissions.ts', [
    {
      name: 'two daemons permit two stops at once',
      breaks: 'the decision and the permission are one',
      find: 'if ((stored?.mod ?? 0) !== checkedMod) throw new Overtaken();',
      replace: '',
      killed: STOP_PERMISSION_TESTS(
        'can-stop > agrees with another daemon that is asked at the same time',
      ),
    },
    {
      name: 'a container is stopped though nobody knows what is served',
      breaks: 'while no write commits nobody knows who still serves what',
      find: "unknown: writes.kind === 'none' ?",
      replace: "unknown: writes.kind !== 'none' && writes.kind === 'none' ?",
      killed: STOP_PERMISSION_TESTS(
        'can-stop > counts what is lost, what is silent and what has no service',
      ),
    },
    {
      name: 'what is lost may be stopped once more',
      breaks: 'what is away already counts',
      find: "({state, incarnation}) => state === 'lost' && incarnation !== '',",
      replace: "({state, incarnation}) => state === 'lost' && incarnation === '',",
      killed: STOP_PERMISSION_TESTS(
        'can-stop > counts what is lost, what is silent and what has no service',
      ),
    },
  ]),
  ...inFile('src/governor/stop-gate.ts', [
    {
      name: 'what others may stop is not away',
      breaks: 'it counts what others were permitted to take away',
      find: 'if (!away.has(container)) away.set(container, `${holder}',
      replace: 'if (away.has(container)) away.set(container, `${holder}',
      killed: STOP_GATE_TESTS(
        'permissions together > never take more away than may be, whoever asks in whatever order',
      ),
    },
    {
      name: 'what one holder may stop another may stop, too',
      breaks: 'a process has one who may stop it',
      find: 'const others = inForce.filter(({container}) => fresh.includes(container));',
      replace:
        'const others = inForce.filter(({container}) => !fresh.includes(container) && false);',
      killed: STOP_GATE_TESTS(
        'a permission > counts against others until its lease and the slack have ended',
      ),
    },
    {
      name: 'a yes is good for a container beside it',
      breaks: 'what was permitted stays permitted, and nothing else',
      find: 'return inForce.some((one) => one.container === container && one.holder === holder);',
      replace: 'return inForce.some((one) => one.holder === holder);',
      killed: STOP_GATE_TESTS(
        'a permission > is renewed for its holder whatever happens meanwhile, and keeps its beginning',
      ),
    },
    {
      name: 'what has no service already may be as many once more',
      breaks: 'shards that may be without service or place all the same',
      find: 'const allowed = Math.max(0, maxUnserved - known.size);',
      replace: 'const allowed = Math.max(0, maxUnserved);',
      killed: STOP_GATE_TESTS(
        'a container may be stopped > not when its shards would find no place; whoever is away is taken for gone',
      ),
    },
    {
      name: 'a stop is permitted while many were lost',
      breaks: 'many containers were lost at once, so that one more is one too many',
      find: 'if (!isBreakerOpen || added(fresh, away).length === 0) return [];',
      replace: 'if (isBreakerOpen || added(fresh, away).length === 0) return [];',
      killed: STOP_GATE_TESTS(
        'a container may be stopped > not while many were lost at once, nor while nobody knows what is served',
      ),
    },
  ]),
  ...inFile('src/model/stop-permission.ts', [
    {
      name: 'a permission ends by the clock of whoever asks next',
      breaks: 'it counts for the slack of clocks after its lease',
      find: 'if (!(wallMs < endsMs + PERMISSION_CLOCK_SLACK_MS)) return false;',
      replace: 'if (!(wallMs < endsMs + 0 * PERMISSION_CLOCK_SLACK_MS)) return false;',
      killed: STOP_GATE_TESTS(
        'a permission > counts against others until its lease and the slack have ended',
      ),
    },
    {
      name: 'a permission holds for the process that comes after it',
      breaks: 'one that comes back under the same id is another process',
      find: 'now.incarnation === incarnation || !isAvailable(now.state);',
      replace: 'now.incarnation !== "" || !isAvailable(now.state);',
      killed: STOP_GATE_TESTS(
        'a permission > ends when its container has come back as another process that serves',
      ),
    },
    {
      name: 'a permission ends with the process, though the next does not serve yet',
      breaks: 'the container has come back as another process that serves',
      find: 'now.incarnation === incarnation || !isAvailable(now.state);',
      replace: 'now.incarnation === incarnation;',
      killed: STOP_GATE_TESTS(
        'a permission > ends when its container has come back as another process that serves',
      ),
    },
  ]),
];

export const GATE_MUTANTS: readonly Mutant[] = [
  ...LIVENESS_MUTANTS,
  ...CLOCK_RATE_MUTANTS,
  ...TRUST_MUTANTS,
  ...STOP_MUTANTS,
];
