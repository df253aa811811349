/** One container that leaves: what it may still do, and when it ends. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const SCENARIOS = testsOf('test/scenarios/scenarios.test.ts');
const SESSION_RULES_TESTS = testsOf('test/ownership/session-rules.test.ts');
const EVICTION_TESTS = testsOf('test/ownership/session-eviction.test.ts');
const SESSION_TESTS = testsOf('test/ownership/session.test.ts');
const CLEAN_TESTS = testsOf('test/container/clean-leave.test.ts');
const RANDOM_SESSION = testsOf('test/ownership/random-session.test.ts')(
  'a random session never has a second owner beside it, and serves its shards or ends',
);
const UNRESOLVED_TESTS = testsOf('test/ownership/unresolved.test.ts');

export const LEAVING_MUTANTS: readonly Mutant[] = [
  ...inFile('src/ownership/session.ts', [
    {
      name: 'leaves while shards are held',
      breaks: '"Container" 6: hb and id go only after every free has committed',
      find: 'return shards.allGone && !',
      replace: 'return !',
      killed: RANDOM_SESSION,
    },
    {
      name: 'one that registers anew deletes the id of its incarnation of before',
      breaks: '"Container" 6: heartbeat and id are deleted',
      find: 'this.idMod = 0;\n    this.idAttempt',
      replace: 'this.idAttempt',
      killed: RANDOM_SESSION,
    },
    {
      name: 'a try to take the id outlives its incarnation',
      breaks: '"Container" 2: evicted: register anew under a new incarnation',
      find: 'this.idAttempt = new IdAttempt(this.idAttempt, gone);\n    const {nextId',
      replace: 'const {nextId',
      killed: RANDOM_SESSION,
    },
    {
      name: 'who leaves waits for others to its end',
      breaks: '"Container" 6: what nobody has moved away in time is let go unasked',
      find: "if (this.phase === 'leaving' && nowMs >= this.releaseAtMs) this.release('releasing', nowMs);",
      replace: '',
      killed: SCENARIOS('session > leave-without-governor.txt'),
    },
    {
      name: 'leaves before `leaving` is stored',
      breaks: '"Container" 6: `leaving` is written first',
      find: "if (phase === 'leaving' ? !heartbeat.stateStored : !RELEASING.has(phase)) return false;",
      replace: "if (phase !== 'leaving' && !RELEASING.has(phase)) return false;",
      killed: SESSION_RULES_TESTS(
        'leaving > ends with the deletion: no heartbeat is sent after it',
      ),
    },
    {
      name: 'beats while deregistering',
      breaks: '"Container" 6: once the delete is sent, nothing is written any more',
      find: 'return BEATING.has(this.phase) && !this.isHalted;',
      replace:
        "return (BEATING.has(this.phase) || this.phase === 'deregistering') && !this.isHalted;",
      killed: SESSION_RULES_TESTS(
        'leaving > ends with the deletion: no heartbeat is sent after it',
      ),
    },
    {
      name: 'a deregister of unknown outcome is the end',
      breaks: '"Container" 6: hb and id are deleted',
      find: "if (answer.kind !== 'unknown') this.end();",
      replace: "if (answer.kind !== 'refused') this.end();",
      killed: SESSION_RULES_TESTS(
        'leaving > of unknown outcome is tried again; refused means that the heartbeat is gone already',
      ),
    },
    {
      name: 'claims while leaving',
      breaks: '"Container" 6: a leaving container claims nothing',
      find: "claiming: this.phase === 'ready' && !this.isHalted",
      replace: 'claiming: !this.isHalted',
      killed: SESSION_TESTS('leaving > claims nothing any more'),
    },
    {
      name: 'acts while its heartbeat is being deleted',
      breaks: '"Container" 6: once the delete is sent, nothing acts',
      find: 'this.deregisterAtMs = Number.POSITIVE_INFINITY;\n    // From the moment this is sent the heartbeat may be gone, whatever the answer: others may own shards whose records this incarnation has read as its own.\n    this.fenced = true;',
      replace: 'this.deregisterAtMs = Number.POSITIVE_INFINITY;',
      killed: UNRESOLVED_TESTS(
        'once a deregister is sent > the right to act is over, whatever the answer to it or to a heartbeat under way',
      ),
    },
    {
      name: 'an answer lifts the fence of one that has deregistered',
      breaks: '"Container" 6: once the delete is sent, nothing acts',
      find: 'if (!BEATING.has(this.phase) || nowMs >= this.softDeadlineMs()) return;',
      replace: "if (this.phase === 'releasing' || nowMs >= this.softDeadlineMs()) return;",
      killed: UNRESOLVED_TESTS(
        'once a deregister is sent > the right to act is over, whatever the answer to it or to a heartbeat under way',
      ),
    },
    {
      name: 'an answer lifts the fence of one that lets everything go',
      breaks: '"Container" 6: who lets everything go does not act again',
      find: 'if (!BEATING.has(this.phase) || nowMs >= this.softDeadlineMs()) return;',
      replace: 'if (this.isClosed || nowMs >= this.softDeadlineMs()) return;',
      killed: EVICTION_TESTS(
        'a container that leaves > does not act again once it lets everything go: a late answer lifts no fence',
      ),
    },
    {
      name: 'a heartbeat that was deregistered counts as evicted',
      breaks: '"Container" 6: a leave is no eviction',
      find: "if (this.phase === 'deregistering') return this.end();",
      replace: '',
      killed: UNRESOLVED_TESTS(
        'once a deregister is sent > a heartbeat that is found to be gone ends it: nobody has evicted it',
      ),
    },
    {
      name: 'who has nothing to free waits for the limit of its hooks',
      breaks: '"Container" 6: a leaving container ends',
      find: 'if (this.isClear) return nowMs;',
      replace: '',
      killed: EVICTION_TESTS(
        'a container that leaves > ends as soon as its last hook has returned, where there is nothing to free',
      ),
    },
    {
      name: 'a hint is taken while the heartbeat is being deleted',
      breaks: '"Container" 6: once the delete is sent, nothing is adopted or claimed',
      find: 'return CLOSED.has(this.phase);',
      replace: 'return this.ended;',
      killed: UNRESOLVED_TESTS('once a deregister is sent > a hint is neither read nor claimed'),
    },
    {
      name: 'one whose heartbeat is gone reads and frees its records',
      breaks: '"Container" 6: it drops what still runs, writes nothing more, and ends',
      find: 'halted: this.isHalted || this.isClosed,',
      replace: 'halted: this.isHalted,',
      killed: EVICTION_TESTS(
        'a container that leaves > and whose heartbeat is gone leaves the records alone, also one that it wanted to read',
      ),
    },
    {
      name: 'a late answer brings handles back to life where everything is let go',
      breaks: '"Container" 3: a handle whose right has ended stays without it',
      find: "if (lapsed) this.out.push({type: 'revokeAll'});",
      replace: "if (lapsed && BEATING.has(this.phase)) this.out.push({type: 'revokeAll'});",
      killed: EVICTION_TESTS(
        'a container that leaves > revokes what has lived through the end of its right to act, where a late answer brings that back',
      ),
    },
    {
      name: 'goes without asking whether the id has become its own',
      breaks: '"Container" 6: heartbeat and id are deleted',
      find: "return shards.allGone && !(phase === 'releasing' && this.idAttempt.isOpen);",
      replace: 'return shards.allGone;',
      killed: SESSION_RULES_TESTS(
        'the id > goes with the heartbeat of one that leaves, or is evicted, while its try to take it has no answer',
      ),
    },
    {
      name: 'leaving is forgotten by an eviction',
      breaks: '"Container" 6: a leaving container ends',
      find: "if (ending !== undefined) return this.release('unregistered', nowMs);",
      replace: '',
      killed: SESSION_TESTS(
        'a store that was restored, met late > while an operator evicts it, it goes all the same, writing nothing more',
      ),
    },
  ]),
  {
    name: 'who has ended by leaving has left nothing',
    breaks:
      '"Container" 6: at the end of its time the heartbeat is left to expire, and `leave` says so',
    file: 'src/container/joined-container.ts',
    find: '() => this.driver?.isUnregistered === true,',
    replace: '() => true,',
    killed: CLEAN_TESTS('is not clean where the store is doubted: its heartbeat is left to expire'),
  },
  {
    name: 'who asks for the end while it is under way is told at once that all is closed',
    breaks:
      'container.ts, `leave` and `abandon`: they resolve when listener and connections are closed',
    file: 'src/container/joined-container.ts',
    find: 'this.closing ??= this.carryOutClose();\n    return this.closing;',
    replace:
      'if (this.closing !== undefined) return Promise.resolve();\n    this.closing = this.carryOutClose();\n    return this.closing;',
    killed: CLEAN_TESTS(
      'has closed its connections when leave resolves, also for whoever asks while they are being closed',
    ),
  },
  {
    name: 'a deregister that was refused counts as done',
    breaks: '"Container" 6: heartbeat and id are deleted',
    file: 'src/container/transactions.ts',
    find: "(outcome.kind === 'refused' && outcome.answers[0] === undefined)",
    replace: "outcome.kind === 'refused'",
    killed: CLEAN_TESTS(
      'is not clean where another process has put the id away: its heartbeat still stands',
    ),
  },
];
