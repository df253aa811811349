/** Push containers over handovers of daemons, and evictions by an operator. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const HOUSEKEEPING_TESTS = testsOf('test/server/governing/housekeeping.test.ts');
const PROXY_MACHINE_TESTS = testsOf('test/server/push/proxy-machine.test.ts');
const RANDOM_PUSH = testsOf('test/server/push/random-push.test.ts')(
  'push containers never run a shard beside its owner, and serve all shards once everything is well',
);

export const OPERATOR_EVICTION_MUTANTS: readonly Mutant[] = [
  ...inFile('src/server/push/proxy-machine.ts', [
    {
      name: 'a session that a listing does not show lives on',
      breaks:
        'push-containers.md: when a session has ended, its proxy heartbeat is renewed no more',
      find: 'if (!seen.has(session.key) && session.mod <= revision) this.end(session, nowMs);',
      replace: 'if (seen.size < 0) this.end(session, nowMs);',
      killed: RANDOM_PUSH,
    },
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
  ...inFile('src/server/push/push-work.ts', [
    {
      name: 'whom the last call did not reach counts as unreachable for good',
      breaks: 'push-containers.md: whom no call reached is tried again with each heartbeat',
      find: 'if (!session.talk.isUnreachable || session.calls > 0',
      replace: 'if (!session.talk.isUnreachable || session.calls >= 0',
      killed: RANDOM_PUSH,
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
