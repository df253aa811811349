/** One bad container takes nothing from the others: each rule has a test of its own. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const JOINING_TESTS = testsOf('test/governor/joining.test.ts');
const BREAKS = '"Joining containers"';

export const JOINING_MUTANTS: readonly Mutant[] = [
  ...inFile('src/governor/trial-planner.ts', [
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
        'what crashes again and again > under new ids each second holds one shard at a time',
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
  ...inFile('src/governor/container-trust.ts', [
    {
      name: 'trials without back-off',
      breaks: BREAKS,
      find: 'TRIAL_WAIT_MIN_MS * 2 ** Math.max(0, failed - 1)',
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
      name: 'leaving counts as an unclean end',
      breaks: BREAKS,
      find: "|| last.state !== 'ready') return;",
      replace: ') return;',
      killed: JOINING_TESTS('what crashes again and again > is not what left in order'),
    },
  ]),
];
