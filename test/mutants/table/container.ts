/** The container as a process: guards, hooks, transactions. */
import {inFile, inVain, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const APP_WATCH_TESTS = testsOf('test/container/app-watch.test.ts');
const BATCH_ORDER_TESTS = testsOf('test/container/batch-order.test.ts');
const HANDLE_TESTS = testsOf('test/container/handle.test.ts');
const MEMBER_RIGHTS_TESTS = testsOf('test/container/session-driver-rights.test.ts');
const TRANSACTIONS_TESTS = testsOf('test/container/transactions.test.ts');
const CLOCK_TESTS = testsOf('test/runtime/clock.test.ts');

export const CONTAINER_MUTANTS: readonly Mutant[] = [
  ...inFile('src/container/shard.ts', [
    {
      name: 'guard never throws',
      breaks: '"Container" 3: guard compares clock and deadline and throws',
      find: 'if (this.owned) return;\n',
      replace: 'if (this.id !== undefined) return;\n',
      killed: HANDLE_TESTS(
        'the guard > passes before the deadline, and throws from it on, without any timer',
      ),
    },
    {
      name: 'revoked handles live',
      breaks: '"Container" 3: a revoked handle is worthless for good',
      find: 'this.#revoked = true;',
      replace: '',
      killed: BATCH_ORDER_TESTS(
        'application code within a batch > sees every shard revoked in an abort listener when the container is stopped',
      ),
    },
    {
      name: 'the guard does not know of the revoke',
      breaks: '"Container" 3: a revoked handle is worthless for good',
      find: 'return !this.#revoked && this.#owner.remainingMs() > 0;',
      replace: 'return this.#owner.remainingMs() > 0;',
      killed: BATCH_ORDER_TESTS(
        'application code within a batch > sees every shard revoked in an abort listener when the container is stopped',
      ),
    },
    {
      name: 'the guard passes at the deadline',
      breaks: '"Container" 3: throws when past the deadline',
      find: 'this.#owner.remainingMs() > 0;',
      replace: 'this.#owner.remainingMs() > -1_000;',
      killed: HANDLE_TESTS(
        'the guard > passes before the deadline, and throws from it on, without any timer',
      ),
    },
    {
      name: '`run` not counted',
      breaks: '"Container" 5: free waits for all shard.run work',
      find: 'this.workChanged(1);',
      replace: '',
      killed: HANDLE_TESTS('work > that throws has settled, too'),
    },
    {
      name: '`run` without a guard',
      breaks: '"Container" 3: each effect is guarded',
      find: 'this.guard();\n    this.workChanged(1);',
      replace: 'this.workChanged(1);',
      killed: HANDLE_TESTS('work > does not begin without the right to act'),
    },
    {
      name: 'work that throws is never over',
      breaks: '"Container" 5: free waits until the work has settled',
      find: '    try {\n      return await work(this.signal);\n    } finally {\n      this.workChanged(-1);\n    }',
      replace:
        '    const value = await work(this.signal);\n    this.workChanged(-1);\n    return value;',
      killed: HANDLE_TESTS('work > that throws has settled, too'),
    },
    {
      name: 'the signal never aborts',
      breaks: '"Container" 3: shard.signal aborts before the deadline',
      find: 'if (!this.signal.aborted) this.#controller.abort(reason);',
      replace: 'void reason;',
      killed: BATCH_ORDER_TESTS(
        'application code within a batch > sees every shard revoked in an abort listener when the container is stopped',
      ),
    },
  ]),
  ...inFile('src/container/session-driver.ts', [
    {
      name: 'guard without a clock',
      breaks: '"Container" 3: guard compares clock and deadline synchronously',
      find: 'return this.session.deadlineMs - this.options.clock.ownerMs();',
      replace: 'return this.session.deadlineMs > 0 ? 1_000 : -1;',
      killed: MEMBER_RIGHTS_TESTS(
        'the right to act ends by the owner clock, which counts what the monotonic one has missed, and without a timer',
      ),
    },
    {
      name: 'suspension stops the clock of the owner',
      breaks: '"Container" 3: elapsed is the largest step of three clocks',
      find: 'return this.session.deadlineMs - this.options.clock.ownerMs();',
      replace: 'return this.session.deadlineMs - this.options.clock.nowMs();',
      killed: MEMBER_RIGHTS_TESTS(
        'the right to act ends by the owner clock, which counts what the monotonic one has missed, and without a timer',
      ),
    },
    {
      name: 'rights end one after another',
      breaks: '"Container" 3: what is revoked passes no guard of any shard',
      find: 'for (const action of actions) this.endRights(action);',
      replace: '',
      killed: BATCH_ORDER_TESTS(
        'application code within a batch > cannot, in an abort listener, act for another shard that is revoked in the same moment',
      ),
    },
    {
      name: 'revokeAll revokes nothing',
      breaks: '"Container" 2: revoke all',
      find: 'revokeAll: () => this.revokeAll(),',
      replace: 'revokeAll: () => undefined,',
      killed: {
        by: 'equivalent',
        because:
          'the right of every handle has ended before any action is carried out, and each shard that was lost is revoked by an action of its own',
      },
    },
    {
      name: 'a stopped container goes on',
      breaks: '"Container": whoever has ended adds nothing',
      find: '    // An action before this one may have ended it all.\n    if (this.driver.isStopped) return;',
      replace: '',
      killed: BATCH_ORDER_TESTS(
        'application code within a batch > that stops the container gets no further add',
      ),
    },
    {
      name: 'stopping revokes nothing',
      breaks: '"Container" 3: the end of the session is the end of every right',
      find: 'this.driver.stop();\n    this.revokeAll();',
      replace: 'this.driver.stop();',
      killed: BATCH_ORDER_TESTS(
        'application code within a batch > sees every shard revoked in an abort listener when the container is stopped',
      ),
    },
    {
      name: 'what an answer revokes waits a turn',
      breaks: '"Container" 3: revoked before any other callback may pass a guard',
      find: '// At once: what the answer revokes must be revoked before any other callback may pass a guard.\n    this.driver.turn();',
      replace: 'this.driver.queueTurn();',
      killed: MEMBER_RIGHTS_TESTS(
        'what an answer revokes is revoked before any other callback of the process',
      ),
    },
  ]),
  ...inFile('src/container/record-reads.ts', [
    {
      name: 'a failed read is an empty one',
      breaks: '"Container" 4: what could not be read says nothing',
      find: 'const reading = reply && {\n      revision: reply.revision,\n      own: versionedRecord(reply.entries[2 * index]),\n      spec: readableSpec(shard, reply.entries[2 * index + 1]),',
      replace:
        'const reading = {\n      revision: reply?.revision ?? Number.MAX_SAFE_INTEGER,\n      own: versionedRecord(reply?.entries[2 * index]),\n      spec: readableSpec(shard, reply?.entries[2 * index + 1]),',
      killed: MEMBER_RIGHTS_TESTS('a read that fails > says nothing: what is served is served on'),
    },
    {
      name: 'reads are not ordered by the store',
      breaks: '"Container" 6: an unresolved claim is read in the order of writes',
      find: 'if (!ordered) return store.getMany(paths)',
      replace: 'if (paths.length > 0) return store.getMany(paths)',
      killed: MEMBER_RIGHTS_TESTS(
        'a claim of unknown outcome > is read in the order of the store, never from what a member of it knows',
      ),
    },
  ]),
  ...inFile('src/container/transactions.ts', [
    {
      name: 'an ordered read writes',
      breaks: '"Container" 6: an unresolved claim is read in the order of writes',
      find: "{key, target: 'create', op: '=', value: 0},\n      {key, target: 'create', op: '!=', value: 0},",
      replace: "{key, target: 'create', op: '!=', value: 0},",
      killed: TRANSACTIONS_TESTS(
        'an ordered read > answers the keys and writes nothing, whether its own key is there or not',
      ),
    },
    {
      name: 'a heartbeat written blindly',
      breaks: '"Container" 2: [hb mod = my last version]',
      find: "const compares: Compare[] = [{key, target: 'mod', op: '=', value: write.expectedMod}];",
      replace: 'const compares: Compare[] = [];',
      killed: TRANSACTIONS_TESTS('a heartbeat > that was taken away does not come back'),
    },
    {
      name: 'registers for an app that is gone',
      breaks: '"Container" 8: nothing of an app is created once its removal has begun',
      find: 'compares.push(specUnchanged(keys, app, specMod));',
      replace: '',
      killed: TRANSACTIONS_TESTS(
        'a heartbeat > that registers does so for the app as it was found, or as it is then',
      ),
    },
    {
      name: 'an unreadable heartbeat is an eviction',
      breaks: '"Container" 2: only absent means evicted',
      find: "if (!decoded.ok) return {kind: 'unknown'};",
      replace: "if (!decoded.ok) return {kind: 'absent'};",
      killed: TRANSACTIONS_TESTS('a heartbeat > that cannot be read tells nothing'),
    },
    {
      name: 'id stolen',
      breaks: '"Container" 1: never steal: [hb of its holder absent]',
      find: "if (action.holder !== '')\n    compares.push(",
      replace: "if (action.holder === '')\n    compares.push(",
      killed: TRANSACTIONS_TESTS(
        'a container id > whose holder lives is not stolen, not even by one that believes it dead',
      ),
    },
    {
      name: 'id stolen on sight',
      breaks: '"Container" 1: an id whose incarnation has its hb: wait',
      find: "return alive ? {kind: 'occupied', holder, ...noted} : {kind: 'free', idMod, holder, ...noted};",
      replace:
        "return alive ? {kind: 'free', idMod, holder: ''} : {kind: 'free', idMod, holder, ...noted};",
      killed: TRANSACTIONS_TESTS(
        'a container id > whose holder lives is not stolen, not even by one that believes it dead',
      ),
    },
    {
      name: 'id taken from whoever has it now',
      breaks: '"Container" 1: the id as it was seen',
      find: "{key, target: 'mod', op: '=', value: action.idMod},\n    {key: keys.heartbeat",
      replace: '{key: keys.heartbeat',
      killed: TRANSACTIONS_TESTS('a container id > that another has taken meanwhile stays with it'),
    },
    {
      name: 'id taken by one that is gone',
      breaks: '"Container" 1: an id belongs to one with a heartbeat',
      find: "    {key: keys.heartbeat(app, action.incarnation), target: 'create', op: '=', value: action.create},\n",
      replace: '',
      killed: TRANSACTIONS_TESTS(
        'a container id > is not taken by one whose own heartbeat is gone',
      ),
    },
    {
      name: 'its own id is held by another',
      breaks: '"Container" 1: a take of unknown outcome is read',
      find: "if (holder === action.incarnation) return {kind: 'taken', idMod: entry.mod};",
      replace: '',
      killed: TRANSACTIONS_TESTS(
        'a container id > that is mine already is mine: the answer to the take was lost',
      ),
    },
    {
      name: 'deregisters another',
      breaks: '"Container" 6: [hb/mine created]',
      find: "const compares: Compare[] = [{key: heartbeat, target: 'create', op: '=', value: action.create}];\n  const then: Operation[] = [{op: 'delete', key: heartbeat}];",
      replace:
        "const compares: Compare[] = [];\n  const then: Operation[] = [{op: 'delete', key: heartbeat}];",
      killed: TRANSACTIONS_TESTS(
        'a container that goes > leaves a heartbeat alone that is not of its registration',
      ),
    },
    {
      name: 'deletes the id of a successor',
      breaks: '"Container" 6: hb and id, both mine',
      find: "compares.push({key, target: 'mod', op: '=', value: action.idMod});\n    then",
      replace: 'then',
      killed: TRANSACTIONS_TESTS('a container that goes > leaves the id of its successor alone'),
    },
  ]),
  ...inFile('src/container/cluster-look.ts', [
    {
      name: 'a restore that was written down is not read',
      breaks: '"Records": restored: containers stop claiming',
      find: 'const {epoch, restored, clusterId} = decoded.value;',
      replace: 'const {epoch, clusterId} = decoded.value;\n  const restored = undefined;',
      killed: APP_WATCH_TESTS(
        'the cluster record > that says the store was restored stops the container until a newer epoch is accepted',
      ),
    },
  ]),
  ...inFile('src/container/app-lookup.ts', [
    {
      name: 'a cluster record that cannot be read is of the first epoch',
      breaks: 'I3: the token of a new owner is newer than all before',
      find: 'if (!decoded.ok) {',
      replace: 'if (!decoded.ok) return 1;\n  if (!decoded.ok) {',
      killed: APP_WATCH_TESTS(
        'an app that is there > is not joined where the cluster record cannot be read: its tokens would be of a guessed epoch',
      ),
    },
    {
      name: 'joins an app that is being removed',
      breaks: '"Container" 8: deleting means end',
      find: 'if (isDeleting(spec.value))',
      replace: "if (spec.value === '')",
      killed: APP_WATCH_TESTS(
        'an app that is there > is not joined while it is being removed, nor in a store that was restored',
      ),
    },
  ]),
  ...inFile('src/container/removal-watch.ts', [
    {
      name: 'a removed app is not noticed',
      breaks: '"Container" 8: deleting means drop all, free all, end',
      find: 'if (!this.closed && (value === undefined || isDeleting(value)))',
      replace: 'if (!this.closed && value === undefined)',
      killed: APP_WATCH_TESTS(
        'the app of a container > that is being removed is told of, as it is when it is gone, and no other change is',
      ),
    },
    {
      name: 'the spec is never read again',
      breaks: '"Container" 8: a watch may lose the removal without a word',
      find: 'this.readAfter(jittered(SPEC_READ_INTERVAL_MS, Math.random()));',
      replace: '',
      killed: inVain(
        APP_WATCH_TESTS(
          'the app of a container > that is removed while its watch loses events is found by a read, 30 s +-20 % later',
        ),
      ),
    },
    {
      name: 'a read of the past says the app is gone',
      breaks: '"Container" 8: only a read of the present says that the app is gone',
      find: 'if (revision >= this.stoodAt) this.take',
      replace: 'this.take',
      killed: APP_WATCH_TESTS(
        'the app of a container > is not missing because a read shows the time before it was created, or fails',
      ),
    },
  ]),
  ...inFile('src/runtime/clock.ts', [
    {
      name: 'a lost processor is a suspension',
      breaks: '"Container" 3: the clocks are read at one moment',
      find: 'if (tries >= CLOCK_READ_TRIES) return readings;',
      replace: 'if (tries >= 1) return readings;',
      killed: CLOCK_TESTS(
        'the owner clock of a process that loses the processor > for 40 ms before any one read goes with the monotonic clock',
      ),
    },
    {
      name: 'a coarse boot time hides short suspensions',
      breaks: '"Container" 3: elapsed counts suspension',
      find: 'leadMs: WALL_JUMP_MS}',
      replace: 'leadMs: COARSE_BOOT_GRAIN_MS}',
      killed: CLOCK_TESTS(
        'the owner clock where boot time tells whole seconds only > is behind by little once a second has passed, however short the suspensions are',
      ),
    },
    {
      name: 'boot time does not count',
      breaks: '"Container" 3: elapsed counts suspension',
      find: 'step += this.bootLeadMs;',
      replace: '',
      killed: CLOCK_TESTS(
        'the owner clock > counts many short suspensions, each below the grain of boot time',
      ),
    },
    {
      name: 'a wall clock jump does not count',
      breaks: '"Container" 3: elapsed counts a wall clock jump forward',
      find: 'if (wall - monotonic > WALL_JUMP_MS)',
      replace: 'if (wall - monotonic > 1e12)',
      killed: CLOCK_TESTS(
        'the owner clock > counts a jump forward of the wall clock as time that has passed',
      ),
    },
    {
      name: "a watcher's own stall is silence",
      breaks: '"Silence": counted on a clock of its own',
      find: 'this.missedMs += Math.max(0, monotonicMs - this.lastMs - this.limitMs);',
      replace: '',
      killed: CLOCK_TESTS(
        'the clock of a watcher > never goes back and never runs ahead of the time that passed',
      ),
    },
  ]),
];
