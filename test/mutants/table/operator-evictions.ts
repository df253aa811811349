/** An eviction by an operator, and who has not heard of it. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const HOUSEKEEPING_TESTS = testsOf('test/server/governing/housekeeping.test.ts');
const PROXY_MACHINE_TESTS = testsOf('test/server/push/proxy-machine.test.ts');

export const OPERATOR_EVICTION_MUTANTS: readonly Mutant[] = [
  ...inFile('src/server/push/proxy-machine.ts', [
    {
      name: 'the next daemon registers a push container that an operator evicted',
      breaks: 'push-containers.md: an eviction by an operator holds as long as the session',
      find: "if (known?.state === 'evicting' || wasEvicted) session",
      replace: "if (known?.state === 'evicting' && !wasEvicted) session",
      killed: PROXY_MACHINE_TESTS(
        'an eviction by an operator > is known to the next daemon: the session gets no proxy heartbeat',
      ),
    },
  ]),
  ...inFile('src/server/governing/housekeeping.ts', [
    {
      name: 'an eviction by an operator leaves no word',
      breaks: '"Eviction": the governor names the incarnation in the id',
      find: 'then.push(isOrdered === true ? noted : deletion({key}));',
      replace: 'then.push(isOrdered === undefined ? deletion({key}) : deletion({...noted}));',
      killed: HOUSEKEEPING_TESTS(
        'an eviction > by an operator leaves its word in the id, which nobody holds then',
      ),
    },
  ]),
];
