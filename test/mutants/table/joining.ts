/** One bad container takes nothing from the others: each rule has a test of its own. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const CAUSE_TESTS = testsOf('test/server/admin/one-cause.test.ts');
const JOINING_TESTS = testsOf('test/governor/joining.test.ts');
const BREAKS = '"Joining containers"';
const TRIAL_TESTS = testsOf('test/planner/trials.test.ts');

export const JOINING_MUTANTS: readonly Mutant[] = [
  {
    name: 'who ends again and again is told to fix its add',
    breaks: 'docs/alarms/REFUSING.md: what leads out of it fits the cause',
    file: 'src/governor/container-trust.ts',
    find: "return {cause: 'ends', text};",
    replace: "return {cause: 'adds', text};",
    killed: JOINING_TESTS(
      'what crashes again and again > under one id waits longer each time, with an alarm',
    ),
  },
  {
    name: 'the way out of an alarm does not know its cause',
    breaks: 'docs/alarms/REFUSING.md: what leads out of it fits the cause',
    file: 'src/server/admin/read/alarm-views.ts',
    find: 'others: sameProcess(view, object), cause});',
    replace: 'others: sameProcess(view, object)});',
    killed: CAUSE_TESTS('what leads out of a refusing container fits its cause: ends'),
  },
  ...inFile('src/governor/containers.ts', [
    {
      name: 'all refuse, and nobody gets anything',
      breaks: BREAKS,
      find: "for (const one of staying) living.set(one.container, {...one, mode: 'open'});",
      replace: '',
      killed: JOINING_TESTS(
        'where every container refuses > what runs nowhere is given out at once, and not one by one',
      ),
    },
  ]),
  ...inFile('src/governor/trial-planner.ts', [
    {
      name: 'a cold start waits for proofs',
      breaks: BREAKS,
      find: 'if (proved.size > 0 && joining.size <= Math.max(JOINERS_SUSPECTED, suspected)) return;',
      replace: 'if (suspected >= 0) return;',
      killed: JOINING_TESTS(
        'a container that joins > with many others beside one that serves takes its share of what runs nowhere, unproved',
      ),
    },
    {
      name: 'whoever joins is trusted',
      breaks: BREAKS,
      find: '!this.trust.isTrusted(one.incarnation);',
      replace: 'false;',
      killed: JOINING_TESTS(
        'a container that refuses > takes one shard at a time from two healthy ones, and gives it back at once',
      ),
    },
    {
      name: 'a trial on a host does not wait for the one before it',
      breaks: BREAKS,
      find: 'if (busy.has(host)) continue;',
      replace: '',
      killed: JOINING_TESTS(
        'what crashes again and again > keeps another host from its trial for a limited time where its add hangs',
      ),
    },
    {
      name: 'any number of trials at once',
      breaks: BREAKS,
      find: 'else if (free > 0) {',
      replace: 'else {',
      killed: JOINING_TESTS(
        'a container that joins > and many more each prove themselves, at most a hundredth of the shards at a time',
      ),
    },
  ]),
  ...inFile('src/planner/trials.ts', [
    {
      name: 'a trial that balance would not make',
      breaks: BREAKS,
      find: 'return this.counts.gain(shard, from, container) > 0;',
      replace: 'return true;',
      killed: TRIAL_TESTS(
        'an unproved container > gets none while its trial is not due, nor one that balance would not bring there',
      ),
    },
    {
      name: 'a running shard is tried before one that runs nowhere',
      breaks: BREAKS,
      find: 'const hasFailed = homeless === undefined || this.failuresOf(homeless) > 0;',
      replace: 'const hasFailed = true;',
      killed: TRIAL_TESTS(
        'an unproved container > is tried with what runs nowhere, the fewest failures first, before anything that runs',
      ),
    },
  ]),
  ...inFile('src/planner/check.ts', [
    {
      name: 'nobody checks what unproved containers get',
      breaks: BREAKS,
      find: 'return runsAllowed(table, shard) ?',
      replace: 'return shard < 0 ?',
      killed: TRIAL_TESTS(
        'a bad plan for an unproved container stops the governor > a running shard beside the trial',
      ),
    },
  ]),
  ...inFile('src/governor/container-trust.ts', [
    {
      name: 'a shard that failed on trial is forgotten at once',
      breaks: BREAKS,
      find: 'if (trial !== undefined) this.unserved.set',
      replace: 'if (trial !== undefined && nowMs < 0) this.unserved.set',
      killed: JOINING_TESTS(
        'a container that refuses > gets no second one while the first is not served again elsewhere',
      ),
    },
    {
      name: 'nobody refuses',
      breaks: BREAKS,
      find: 'if (standing === undefined || standing.proved) return undefined;',
      replace: 'return undefined;',
      killed: JOINING_TESTS(
        'a container that refuses > is shown with its last error, and raises an alarm, until a shard becomes ready there',
      ),
    },
    {
      name: 'trials without back-off',
      breaks: BREAKS,
      find: 'backOff(failed, TRIAL_WAIT_MIN_MS, TRIAL_WAIT_MAX_MS)',
      replace: 'TRIAL_WAIT_MIN_MS',
      killed: JOINING_TESTS(
        'a container that refuses > takes one shard at a time from two healthy ones, and gives it back at once',
      ),
    },
    {
      name: 'a shard that fails everywhere makes its containers refuse',
      breaks: BREAKS,
      find: 'else if (failures === 1) standing.failed.add(shard);',
      replace: 'else standing.failed.add(`${shard} ${failures}`);',
      killed: JOINING_TESTS(
        'a container that refuses > is not who has met a shard that fails everywhere',
      ),
    },
    {
      name: 'unclean ends are forgotten',
      breaks: BREAKS,
      find: 'this.ends.note({container, host, hadProved: standing.proved, livedMs}, nowMs);',
      replace: '',
      killed: JOINING_TESTS(
        'what crashes again and again > under one id waits longer each time, with an alarm',
      ),
    },
    {
      name: 'what served before its governor began has a short life',
      breaks: BREAKS,
      find: '??= Number.NEGATIVE_INFINITY;',
      replace: '??= nowMs;',
      killed: JOINING_TESTS(
        'ends of what served before its governor began > do not make their host refuse, as all that a restored etcd knows would',
      ),
    },
    {
      name: 'leaving counts as an unclean end',
      breaks: BREAKS,
      find: "|| last.state !== 'ready') return;",
      replace: ') return;',
      killed: JOINING_TESTS('what crashes again and again > is not what left in order'),
    },
  ]),
];

/** Together they take the rules for joiners out: a container gets all of its share at once, and failures at it count for nothing. */
const RULES = ['whoever joins is trusted', 'nobody refuses'];
export const WITHOUT_JOINING_RULES: readonly Mutant[] = JOINING_MUTANTS.filter(({name}) =>
  RULES.includes(name),
);
