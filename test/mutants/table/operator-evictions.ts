/** Push containers over handovers of daemons, and evictions by an operator. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const HOUSEKEEPING_TESTS = testsOf('test/server/governing/housekeeping.test.ts');
const PROXY_MACHINE_TESTS = testsOf('test/server/push/proxy-machine.test.ts');
const PROXY_LISTING_TESTS = testsOf('test/server/push/proxy-listing.test.ts');
const RANDOM_PUSH = testsOf('test/server/push/random-push.test.ts')(
  'push containers never run a shard beside its owner, and serve all shards once everything is well',
);

const FENCED_WRITES_TESTS = testsOf('test/server/push/fenced-writes.test.ts');
const PUSH_SESSION_TESTS = testsOf('test/ownership/push-session.test.ts');
const COME_BACK_TESTS = testsOf('test/governor/come-back.test.ts');

export const OPERATOR_EVICTION_MUTANTS: readonly Mutant[] = [
  ...inFile('src/server/push/proxy-machine.ts', [
    {
      name: 'a session that a listing does not show lives on',
      breaks:
        'push-containers.md: when a session has ended, its proxy heartbeat is renewed no more',
      find: 'if (!seen.has(session.key) && session.mod <= revision) this.end(session, nowMs);',
      replace: 'if (seen.size < 0) this.end(session, nowMs);',
      killed: PROXY_LISTING_TESTS(
        'a session that a listing does not show > has ended: nothing is written for it any more',
      ),
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
  ...inFile('src/ownership/push-session.ts', [
    {
      name: 'a drop is believed while a repeated call is under way',
      breaks: 'push-containers.md: a call that is under way may reach the container after the next',
      find: `  ): PushStep {
    if (this.calls.get(shard)?.inFlight === true) return WAIT;`,
      replace: '  ): PushStep {',
      killed: PUSH_SESSION_TESTS(
        'dropping > does not end while a repeated call is under way: it could reach the container after the next add',
      ),
    },
    {
      name: 'a drop is believed at the first heartbeat after it',
      breaks: 'push-containers.md: a heartbeat that was being made tells nothing of an answer',
      find: 'this.everListed.has(shard) ? 1 : BEATS_TO_BELIEVE',
      replace: '1',
      killed: PUSH_SESSION_TESTS(
        'dropping > of a shard that was never listed needs two heartbeats: the first may be older than the add',
      ),
    },
  ]),
  ...inFile('src/server/push/proxy-heartbeat.ts', [
    {
      name: 'a daemon that governs no more writes proxy heartbeats',
      breaks: '"Still governs": no write of a governor of before is taken',
      find: 'const compares = [stillGoverns(fencingKey), unchanged(key, known)];\n  if',
      replace: 'const compares = [unchanged(key, known)];\n  if',
      killed: FENCED_WRITES_TESTS('the first proxy heartbeat of a session'),
    },
  ]),
  ...inFile('src/governor/reconcile.ts', [
    {
      name: 'a shard goes elsewhere while a push container that came back runs it',
      breaks: 'push-containers.md: what such a container keeps is recorded there first',
      find: 'if (back !== undefined) return back;',
      replace: 'void back;',
      killed: COME_BACK_TESTS(
        'a shard that a push container runs by what it kept > goes nowhere while that one waits for its id (owned)',
      ),
    },
  ]),
  ...inFile('src/server/push/push-work.ts', [
    {
      name: 'a daemon that governs no more writes records for push containers',
      breaks: '"Still governs": no write of a governor of before is taken',
      find: "guards: [...transition.guards, {kind: 'fencingKey'}],",
      replace: 'guards: transition.guards,',
      killed: FENCED_WRITES_TESTS('the record of a shard'),
    },
    {
      name: 'whom the last call did not reach counts as unreachable for good',
      breaks: 'push-containers.md: whom no call reached is tried again with each heartbeat',
      find: 'if (!session.talk.isUnreachable || session.calls > 0',
      replace: 'if (!session.talk.isUnreachable || session.calls >= 0',
      killed: RANDOM_PUSH,
    },
    {
      name: 'whom an operator evicted counts as unreachable for good',
      breaks: 'push-containers.md: PUSH_UNREACHABLE speaks of the present',
      find: 'if (this.stopped || (!isRegistered && this.hasCalledEnough)) return;',
      replace: 'if (this.stopped || !isRegistered) return;',
      killed: testsOf('test/server/push/false-calls.test.ts')(
        'sessions that are not registered > are asked again whether they can be reached: their alarm speaks of the present',
      ),
    },
  ]),
  ...inFile('src/server/governing/housekeeping.ts', [
    {
      name: 'an eviction by an operator leaves no word',
      breaks: '"Eviction": the governor names the incarnation in the id',
      find: "if (isOrdered === true && idOf !== 'another')",
      replace: "if (isOrdered === true && idOf !== 'another' && idMod < 0)",
      killed: HOUSEKEEPING_TESTS(
        'an eviction > by an operator leaves its word in the id, which nobody holds then',
      ),
    },
    {
      name: 'an eviction by an operator replaces the id of another incarnation',
      breaks: '"Eviction": the id of another incarnation stays',
      find: "if (isOrdered === true && idOf !== 'another')",
      replace: 'if (isOrdered === true)',
      killed: HOUSEKEEPING_TESTS('an eviction > by an operator leaves the id of another'),
    },
  ]),
];
