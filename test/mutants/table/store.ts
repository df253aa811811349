/** Guards and batches in the store. */
import {inFile, inVain, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const BATCHER_TESTS = testsOf('test/store/batcher.test.ts');
const GUARDS_TESTS = testsOf('test/store/guards.test.ts');

const WATCH_RESUME_TESTS = testsOf('test/etcd/watch-resume.test.ts');
const LOST_LOGINS_TESTS = testsOf('test/etcd/lost-logins.test.ts');
const SILENT_ENDPOINTS_TESTS = testsOf('test/etcd/silent-endpoints.test.ts');
const ETCD_TRAPS_TESTS = testsOf('test/integration/etcd-traps.test.ts');

export const STORE_MUTANTS: readonly Mutant[] = [
  ...inFile('src/etcd/watch.ts', [
    {
      name: 'what etcd reports of its own accord moves no watch on',
      breaks: 'architecture.md, "How an app is read": a lost connection costs etcd no past',
      find: 'if (watch_id !== WHOLE_STREAM) this.advance(revision);',
      replace: '',
      killed: WATCH_RESUME_TESTS("'a report of its own accord': it asks from 500 on"),
    },
  ]),
  ...inFile('src/etcd/connection.ts', [
    {
      name: 'every call without an answer costs a login',
      breaks: 'limits.md, LOGIN_KEPT_MS: a slow etcd is asked for few logins',
      find: '!isAnswer(translateError(error)) && nowMs - endedMs >= LOGIN_KEPT_MS',
      replace: '!isAnswer(translateError(error))',
      killed: LOST_LOGINS_TESTS(
        'a call without an answer ends the login of its client, at most once in 10 s',
      ),
    },
    {
      name: 'a call without an answer keeps its login',
      breaks: 'limits.md, LOGIN_KEPT_MS: a restored etcd answers once the login is new',
      find: 'if ((isOld || isLost) && authenticator.awaitingMetadata === used) {',
      replace: 'if (isOld && authenticator.awaitingMetadata === used) {',
      killed: LOST_LOGINS_TESTS(
        'a call without an answer ends the login of its client, at most once in 10 s',
      ),
    },
  ]),
  ...inFile('src/etcd/silent-endpoints.ts', [
    {
      name: 'a call stays with an endpoint from which nothing comes back',
      breaks: 'limits.md, CONNECT_SHARE_MIN_MS: a machine that is gone costs a share of the time',
      find: 'rotation.failed(index, true);',
      replace: '',
      killed: SILENT_ENDPOINTS_TESTS(
        'an endpoint from which nothing comes back gives way to the next',
      ),
    },
  ]),
  ...inFile('src/etcd/connection-resets.ts', [
    {
      name: 'a late call closes its connection',
      breaks: 'architecture.md, "How an app is read": a slow store costs no connections',
      find: 'if (this.isAnswering(host) || this.isOpening(host)) return;',
      replace: 'if (this.isOpening(host)) return;',
      killed: ETCD_TRAPS_TESTS(
        'a call that is late > ends nothing else that is under way on its connection',
      ),
    },
    {
      name: 'a late call begins a connection anew that is being opened',
      breaks: 'architecture.md, "How an app is read": a slow store costs no connections',
      find: 'this.nowMs() - this.openingMs >= CONNECTING_LIMIT_MS',
      replace: 'this.nowMs() - this.openingMs >= 0',
      killed: inVain(
        ETCD_TRAPS_TESTS(
          'a call that is late > lets a connection be opened that takes longer than a call may',
        ),
      ),
    },
    {
      name: 'a silent connection is kept',
      breaks: 'liveness.md: a member that is cut off is back when a new connection is',
      find: 'this.nowMs() - this.heardMs >= SILENT_CONNECTION_MS',
      replace: 'this.nowMs() - this.heardMs >= 1e9',
      killed: ETCD_TRAPS_TESTS(
        'a call that is late > gives up a connection over which nothing comes any more, before pings find out',
      ),
    },
  ]),
  ...inFile('src/store/ownership-transactions.ts', [
    {
      name: 'no compare of the record',
      breaks: 'transition table: mod',
      find: "return equal(keys.ownership(app, guard.shard), 'mod', guard.mod);",
      replace:
        "return {key: keys.ownership(app, guard.shard), target: 'mod', op: '!=', value: -1};",
      killed: GUARDS_TESTS('a record > as last seen passes; any other version, and none, do not'),
    },
    {
      name: 'no compare of what was hinted',
      breaks: 'transition table: mod',
      find: 'value: encodeRecord(guard.record),',
      replace: "value: encodeRecord({...guard.record}) && '',",
      killed: GUARDS_TESTS(
        'a record > as hinted passes; one that differs in anything, and none, do not',
      ),
    },
    {
      name: 'a hint is compared with nothing',
      breaks: 'transition table: mod',
      find: "return {\n        key: keys.ownership(app, guard.shard),\n        target: 'value',\n        op: '=',\n        value: encodeRecord(guard.record),\n      };",
      replace:
        "return {key: keys.ownership(app, guard.shard), target: 'mod', op: '!=', value: -1};",
      killed: GUARDS_TESTS(
        'a record > as hinted passes; one that differs in anything, and none, do not',
      ),
    },
    {
      name: 'no compare of the cluster record',
      breaks: '"Records": an etcd that was restored is not claimed in',
      find: "return equal(keys.cluster(), 'mod', guard.mod);",
      replace: "return {key: keys.cluster(), target: 'mod', op: '!=', value: -1};",
      killed: GUARDS_TESTS('the cluster record and the spec > pass as they were looked at'),
    },
    {
      name: 'no compare of the fencing key',
      breaks: '"Still governs": every write of a governor',
      find: 'return equal(key, target, value);',
      replace: "return {key, target, op: '!=', value: -1};",
      killed: GUARDS_TESTS(
        'the fencing key > of the leader passes for the key of its election only',
      ),
    },
    {
      name: 'a heartbeat need not exist',
      breaks: 'transition table: hb/Y exists',
      find: "{key: keys.heartbeat(app, guard.incarnation), target: 'create', op: '!=', value: 0}",
      replace:
        "{key: keys.heartbeat(app, guard.incarnation), target: 'create', op: '!=', value: -1}",
      killed: GUARDS_TESTS('a heartbeat > that must exist passes while it does'),
    },
    {
      name: 'a heartbeat need not be absent',
      breaks: 'transition table: hb/X absent',
      find: "return equal(keys.heartbeat(app, guard.incarnation), 'create', 0);",
      replace:
        "return {key: keys.heartbeat(app, guard.incarnation), target: 'create', op: '!=', value: -1};",
      killed: GUARDS_TESTS('a heartbeat > that must be gone passes while it is'),
    },
    {
      name: 'whoever holds the heartbeat',
      breaks: 'transition table: hb/Y create revision mine',
      find: "return equal(keys.heartbeat(app, guard.incarnation), 'create', guard.create);",
      replace:
        "return {key: keys.heartbeat(app, guard.incarnation), target: 'create', op: '!=', value: 0};",
      killed: GUARDS_TESTS(
        'a heartbeat > that must be mine passes through all my beats, and no other registration does',
      ),
    },
    {
      name: 'a lost fencing key is a lost race',
      breaks: '"Still governs": it has lost its app, and nothing more is written',
      find: "return {kind: 'lostLeadership'};",
      replace: "return {kind: 'refused', own: ownChange(shard, own, outcome.revision)};",
      killed: GUARDS_TESTS(
        'the fencing key > that is lost is told as lost, not as a race for the record',
      ),
    },
    {
      name: 'an unreadable record is absent',
      breaks: '"Records": what cannot be read is quarantined',
      find: "if (!decoded.ok)\n    return {kind: 'corrupt', mod: entry.mod, what: 'own', id: shard, problem: decoded.problem};",
      replace: "if (!decoded.ok) return {kind: 'own', mod: revision, shard, entry: undefined};",
      killed: GUARDS_TESTS('a record that cannot be read is not taken for none'),
    },
  ]),
  ...inFile('src/store/batcher.ts', [
    {
      name: 'batch resent',
      breaks: '"Container" 4: a write of unknown outcome is not repeated',
      find: 'else for (const member of batch.members) member.resolve(outcome);',
      replace:
        'else {\n      for (const member of batch.members) this.laneOf(member.lane).push(member);\n      this.queueFlush();\n    }',
      killed: BATCHER_TESTS(
        'a batch > is unknown to all when its answer is lost, and is not sent again',
      ),
    },
    {
      name: 'the batches of a long lane take along members of others',
      breaks: 'SECURITY.md, 14: fairness',
      find: 'lanes.filter(([, {longest}]) => longest <= maxOperations)',
      replace: 'lanes',
      killed: BATCHER_TESTS('lanes > have batches of their own where more waits than one takes'),
    },
    {
      name: 'short lanes keep a long one waiting',
      breaks: 'SECURITY.md, 14: fairness',
      find: 'isLongNext = short.length === 0 || !this.wasLong;',
      replace: 'isLongNext = short.length === 0;',
      killed: BATCHER_TESTS('lanes > that are long go on where short ones come again and again'),
    },
    {
      name: 'the batches of a long lane begin whatever others need',
      breaks: 'SECURITY.md, 14: fairness',
      find: 'if (bulkWork === undefined || lane.next?.isUrgent === true) return true;',
      replace: 'if (bulkWork !== undefined || lane.next?.isUrgent === true) return true;',
      killed: BATCHER_TESTS(
        'a long lane, where bulk work waits > sends a batch for each turn that it is given, and others pass it',
      ),
    },
    {
      name: 'heartbeats wait as bulk work',
      breaks: 'SECURITY.md, 14: fairness',
      find: ' || lane.next?.isUrgent === true) return true;',
      replace: ') return true;',
      killed: BATCHER_TESTS(
        'a long lane, where bulk work waits > does not wait where it is urgent, and is no use by an app',
      ),
    },
    {
      name: 'one refusal refuses all',
      breaks: 'batching keeps each outcome its own',
      find: 'if (compares.every((compare) => holds(compare, found.get(compare.key)))) again.push(member);\n      else',
      replace: '',
      killed: BATCHER_TESTS(
        'a batch > refuses only the members whose own compares fail, with what they asked to see',
      ),
    },
    {
      name: 'a batch checks before its own writes',
      breaks: 'batching keeps the order of single transactions',
      find: 'if (this.written.has(compare.key)) return false;',
      replace: '',
      killed: BATCHER_TESTS(
        'members that touch the same keys > are not both committed when each writes what the other compares',
      ),
    },
    {
      name: 'answers of a batch are mixed up',
      breaks: 'batching keeps each outcome its own',
      find: 'at += transaction.then.length;',
      replace: '',
      killed: BATCHER_TESTS(
        'a batch > sends the members of one turn as one transaction, each with its own answers',
      ),
    },
    {
      name: 'a lost batch is refused',
      breaks: '"Container" 4: unknown is unknown',
      find: 'else for (const member of batch.members) member.resolve(outcome);',
      replace:
        "else for (const member of batch.members) member.resolve({kind: 'refused', revision: 0, answers: []});",
      killed: BATCHER_TESTS('a batch > ends every member when the store is closed'),
    },
  ]),
];
