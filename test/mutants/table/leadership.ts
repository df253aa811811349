/** Who leads sm itself. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const LEADERSHIP_SILENCE_TESTS = testsOf('test/ownership/leadership-failure.test.ts');
const LEADERSHIP_TESTS = testsOf('test/ownership/leadership.test.ts');
const LEADERSHIP_SHELL_TESTS = testsOf('test/server/governing/leadership-shell.test.ts');

const USAGE_REPORT_TESTS = testsOf('test/server/governing/usage-report.test.ts');

export const LEADERSHIP_MUTANTS: readonly Mutant[] = [
  ...inFile('src/ownership/leadership.ts', [
    {
      name: 'a living leader is taken for lost',
      breaks: '"Among daemons": leadership ends by silence W',
      find: 'if (isThere && !this.failureDetector.silent(incarnation, nowMs)) return undefined;',
      replace: '',
      killed: LEADERSHIP_SILENCE_TESTS(
        'a leader that says nothing > is left alone when it has beaten meanwhile',
      ),
    },
    {
      name: 'old news of the leader believed',
      breaks: '"Among daemons": a watch is a hint, older news is none',
      find: 'if (mod < this.leaderMod) return;',
      replace: '',
      killed: LEADERSHIP_TESTS(
        'an attempt at the fencing key that came to nothing > is not repeated because of news that is older than what is known',
      ),
    },
    {
      name: 'leads before the first listing',
      breaks: '"Governor": reads everything first',
      find: 'if (!this.listed) return actions;',
      replace: '',
      killed: LEADERSHIP_SILENCE_TESTS(
        'the fencing key > is not taken before everything was listed: absence means nothing yet',
      ),
    },
    {
      name: 'one that waits for its id leads at once',
      breaks: '"Among daemons": one that waits for its id leads only when nobody else comes',
      find: '(this.leaderlessSinceMs ?? nowMs) + STANDBY_LEADS_AFTER_MS',
      replace: 'nowMs',
      killed: LEADERSHIP_SILENCE_TESTS(
        'the fencing key > is taken by one that waits for its id only when nobody else has come for a second',
      ),
    },
    {
      name: 'one that waits for its id never leads',
      breaks: '"Among daemons": nobody else could evict those that all wait for',
      find: 'if (!me.standby) return Number.POSITIVE_INFINITY;',
      replace: 'if (!me.eligible) return Number.POSITIVE_INFINITY;',
      killed: LEADERSHIP_SILENCE_TESTS(
        'the fencing key > is taken by one that waits for its id only when nobody else has come for a second',
      ),
    },
    {
      name: 'old news of a heartbeat restarts its silence',
      breaks: '"Silence": a stale read tells nothing',
      find: 'if (known !== undefined && known.mod >= mod) return;',
      replace: '',
      killed: LEADERSHIP_SILENCE_TESTS(
        'a leader is not taken for gone because an old listing does not show its heartbeat',
      ),
    },
    {
      name: 'lost fencing key goes unnoticed',
      breaks: '"Still governs": the key is another: governs no more',
      find: "if (this.fencingKey !== undefined) actions.push({type: 'lostLeadership'});",
      replace: '',
      killed: LEADERSHIP_SILENCE_TESTS('the fencing key > is over as soon as the key is another'),
    },
  ]),
  ...inFile('src/server/governing/leadership-shell.ts', [
    {
      name: 'a leader is created over another',
      breaks: '"Among daemons": created if absent',
      find: "{key, target: 'create', op: '=', value: 0},\n      {key: keys.heartbeat",
      replace: '{key: keys.heartbeat',
      killed: LEADERSHIP_SHELL_TESTS(
        'a daemon > does not become the leader over one that was faster',
      ),
    },
    {
      name: 'a leader without a heartbeat',
      breaks: '"Among daemons": [hb exists]',
      find: "{key: keys.heartbeat(keys.service, incarnation), target: 'create', op: '!=', value: 0},",
      replace: '',
      killed: LEADERSHIP_SHELL_TESTS(
        'a daemon > does not become the leader without a heartbeat: nobody could take its key away again',
      ),
    },
    {
      name: 'deposes whoever leads now',
      breaks: '"Among daemons": [key create revision]',
      find: "{key, target: 'create', op: '=', value: action.create},",
      replace: '',
      killed: LEADERSHIP_SHELL_TESTS(
        'a daemon > does not remove a leader that was elected meanwhile',
      ),
    },
    {
      name: 'deposes a leader that beats',
      breaks: '"Among daemons": [hb mod = seen]',
      find: "{key: heartbeat, target: 'mod', op: '=', value: action.hbMod},",
      replace: '',
      killed: LEADERSHIP_SHELL_TESTS(
        'a daemon > does not remove a leader that has beaten meanwhile',
      ),
    },
    {
      name: 'a leader that an operator evicted may come back',
      breaks: '"Eviction": the governor of sm names it in the id',
      find: 'if (isLoss(action)) then.push(',
      replace: 'if (action.hbMod !== 0) then.push(',
      killed: LEADERSHIP_SHELL_TESTS(
        'a daemon > leaves the heartbeat of a silent leader that an operator evicts to the governor of sm',
      ),
    },
    {
      name: 'resigns for another',
      breaks: '"Among daemons": [key create revision]',
      find: "compares: [{key, target: 'create', op: '=', value: create}],",
      replace: 'compares: [],',
      killed: LEADERSHIP_SHELL_TESTS(
        'a daemon > that resigns takes away its own key, and not that of the next leader',
      ),
    },
  ]),
  ...inFile('src/server/governing/usage-report.ts', [
    {
      name: 'who leads no more counts quotas',
      breaks: '"Leadership": no write of a leader of before is taken',
      find: 'const compares = [stillGoverns(fencingKey)];',
      replace: 'const compares: never[] = [];\n        void stillGoverns;',
      killed: USAGE_REPORT_TESTS(
        'writes nothing once another daemon leads: that one would leave what came late as it is',
      ),
    },
  ]),
];
