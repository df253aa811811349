/** The shells of a governor: clocks, writes beside records, listings, restores. */
import {inFile, inVain, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const GUARD_TESTS = testsOf('test/server/push/guard-lost.test.ts');
const CHORE_GUARDS_TESTS = testsOf('test/server/governing/chore-guards.test.ts');
const CLUSTER_RECORD_TESTS = testsOf('test/server/governing/cluster-record.test.ts');
const RESTORE_TESTS = testsOf('test/server/admin/write/restore.test.ts');
const SLEPT_TESTS = testsOf('test/server/governing/slept-through-restore.test.ts');
const LOSS_TESTS = testsOf('test/server/admin/loss.test.ts');
const OLD_RIGHTS_TESTS = testsOf('test/server/governing/old-rights.test.ts');
const GOVERNOR_RUN_TESTS = testsOf('test/server/governing/governor-run.test.ts');
const GOVERNOR_SHELL_TESTS = testsOf('test/server/governing/governor-shell.test.ts');
const TAKE_OVER_TESTS = testsOf('test/server/governing/take-over.test.ts');
const PUSH_SESSION_TESTS = testsOf('test/ownership/push-session.test.ts');
const PROXY_MACHINE_TESTS = testsOf('test/server/push/proxy-machine.test.ts');
const FALSE_HEARTBEATS_TESTS = testsOf('test/server/push/false-heartbeats.test.ts');

export const GOVERNING_MUTANTS: readonly Mutant[] = [
  ...inFile('src/model/status.ts', [
    {
      name: 'what was ready before a restore is shown as ready after its acceptance',
      breaks: '"Restore": everybody has stopped by then',
      find: 'mod <= accepted.revision',
      replace: 'mod < 0',
      killed: LOSS_TESTS(
        'the shards of a container > are unplaced from the acceptance of a restore on, until it is heard again: all have stopped at the restore',
      ),
    },
  ]),
  ...inFile('src/server/push/guard-handover.ts', [
    {
      name: 'a guard is replaced while its app is removed',
      breaks: 'app-spec-guard.ts: nothing of an app may be created once its removal has begun',
      find: '[...proofs, specUnchanged(keys, app, specMod)]',
      replace: '[...proofs]',
      killed: GUARD_TESTS(
        'the guard of an app that is being removed > is not replaced where the removal begins in the middle of it: no key may come after its listing',
      ),
    },
  ]),
  ...inFile('src/server/governing/record-rereads.ts', [
    {
      name: 'a reread older than the view is believed',
      breaks: '"Governor": revisions never go down',
      find: 'reply.revision < newest()',
      replace: 'reply.revision < 0',
      killed: GOVERNOR_SHELL_TESTS(
        'a write without an answer > is not followed by another one on the word of a read that is older than what is known',
      ),
    },
    {
      name: 'records of writes without an answer are read again without back-off',
      breaks: 'a store that does not answer is asked no more than one that does',
      find: 'this.failures = isOvertaken ? 1 : this.failures + 1;',
      replace: '',
      killed: GOVERNOR_SHELL_TESTS(
        'a write without an answer > of a thousand shards asks a store that answers no reads at most 200 times in a minute',
      ),
    },
  ]),
  ...inFile('src/server/governing/governor-shell.ts', [
    {
      name: 'eviction by wall clock',
      breaks: '"Silence": on the governor\'s monotonic clock only',
      find: '    this.options = options;\n    this.meter',
      replace:
        '    const steady = options.clock;\n    this.options = options = {...options, clock: {...steady, nowMs: () => steady.wallMs()}};\n    this.meter',
      killed: GOVERNOR_SHELL_TESTS(
        'silence > is counted by the monotonic clock: a wall clock that runs away evicts nobody',
      ),
    },
    {
      name: 'a governor plans before it knows the sessions of push containers',
      breaks: 'push-containers.md: a governor plans nothing before it knows all sessions',
      find: 'if (this.gateway?.knowsSessions === false) return [];',
      replace: '',
      killed: GOVERNOR_SHELL_TESTS(
        'a governor that does not know the sessions of push containers > gives no shard away before it does: a container may run it by what it kept',
      ),
    },
    {
      name: 'a governor that has lost its app goes on',
      breaks: '"Still governs": stops at once',
      find: "if (outcome.kind === 'lostLeadership') return this.loseLeadership();",
      replace: "if (outcome.kind === 'lostLeadership') return;",
      killed: inVain(
        GOVERNOR_SHELL_TESTS(
          'a governor whose fencing key is lost > stops at the first record it cannot write',
        ),
      ),
    },
  ]),
  ...inFile('src/server/push/adopt-running.ts', [
    {
      name: 'a heartbeat that cannot be read counts as heard at a take-over',
      breaks: 'push-containers.md: what such a container keeps is recorded there',
      find: "if (decodePushSession(value).kind === 'heartbeat') heard.add(container);",
      replace: "if (decodePushSession(value).kind !== 'waiting') heard.add(container);",
      killed: TAKE_OVER_TESTS(
        'a take-over > records what a container keeps whose heartbeat cannot be read: it runs that, and nobody else may',
      ),
    },
  ]),
  ...inFile('src/ownership/push-session.ts', [
    {
      name: 'a shard is added to a push container whose heartbeat cannot be read',
      breaks: 'push-containers.md: such a container gets no second add',
      find: 'if (listed !== undefined || this.unreadable) return WAIT;',
      replace: 'if (listed !== undefined) return WAIT;',
      killed: PUSH_SESSION_TESTS(
        'a heartbeat that cannot be read > brings no add and no claim: the shard may run already, and an add would start it once more',
      ),
    },
  ]),
  ...inFile('src/server/push/proxy-machine.ts', [
    {
      name: 'a process that comes back with a heartbeat that cannot be read is no container',
      breaks: 'push-containers.md: it is assumed to run all that is recorded at its container',
      find: 'if (session.waiting || (!session.readable && !this.isKnown(session))) return false;',
      replace: 'if (session.waiting || !session.readable) return false;',
      killed: PROXY_MACHINE_TESTS(
        'a session that never sent a readable heartbeat > stands for the process before it, and may run all that one had',
      ),
    },
    {
      name: 'a tick goes through all sessions without a proxy heartbeat',
      breaks: 'push-containers.md: what anybody may write any number of is looked at by turns',
      find: 'left -= 1;',
      replace: '',
      killed: FALSE_HEARTBEATS_TESTS(
        '5,000 false heartbeats of one container > cost a look at a part of them at a tick, however many they are',
      ),
    },
    {
      name: 'who has the id of a container is not sought anew when a session waits no more',
      breaks: 'push-containers.md: the oldest session that beats has the id',
      find: 'this.byContainer.changed(session);',
      replace: 'void waiting;',
      killed: FALSE_HEARTBEATS_TESTS(
        'one of many sessions of a container that waits no more has the id when the others only wait',
      ),
    },
  ]),
  ...inFile('src/runtime/machine-driver.ts', [
    {
      name: 'a broken governor goes on',
      breaks: 'style rule 5: a bad plan stops its governor',
      find: 'if (this.isStopped) return;\n    this.stop();\n    this.options.onBroken(error);',
      replace: 'void error;',
      killed: inVain(
        GOVERNOR_RUN_TESTS(
          'a governor whose invariant breaks > governs again once the cause is gone, and the alarm ends when it has gone on for a while',
        ),
      ),
    },
  ]),
  ...inFile('src/server/governing/governor-run.ts', [
    {
      name: 'a broken governor trusts its old clock',
      breaks: '"Silence": who begins anew begins all waits anew',
      find: 'this.begin(undefined);',
      replace: 'this.begin(this.options.failureDetector);',
      killed: GOVERNOR_SHELL_TESTS(
        'silence > is counted anew by a governor that has broken: what it knew is not trusted',
      ),
    },
    {
      name: 'a governor that could not read its app counts as broken for good',
      breaks: 'alarms/GOVERNOR_BROKEN.md: the alarm ends with the first listing',
      find: '(this.isUnread && !isListed)',
      replace: 'this.isUnread',
      killed: GOVERNOR_RUN_TESTS(
        'a governor that cannot read its app > raises an alarm after a minute, which ends once it has read it',
      ),
    },
  ]),
  ...inFile('src/server/governing/app-removal.ts', [
    {
      name: 'the last step ignores what lives',
      breaks: 'protocol.md, "App removal": heartbeats and records go by the transition table',
      find: "if (kind === 'ownership') return decodeOwnership(value).ok;",
      replace: '',
      killed: CHORE_GUARDS_TESTS(
        'an app that is being removed > loses nothing while a record stands',
      ),
    },
    {
      name: 'the last step by a daemon that does not govern',
      breaks: '"Still governs": every write of a governor',
      find: 'const guards = [stillGoverns, specUnchanged(keys, app, spec.mod)];',
      replace: 'const guards = [specUnchanged(keys, app, spec.mod)];',
      killed: CHORE_GUARDS_TESTS('a governor that governs no more > removes nothing of an app'),
    },
    {
      name: 'the last step deletes the next app of the name',
      breaks: 'protocol.md, "App removal": the spec is the one that was listed',
      find: 'const guards = [stillGoverns, specUnchanged(keys, app, spec.mod)];',
      replace: 'const guards = [stillGoverns];',
      killed: CHORE_GUARDS_TESTS(
        'an app that is being removed > is not the one of that name which was created meanwhile',
      ),
    },
    {
      name: 'the last step removes an app that nobody removes',
      breaks: 'protocol.md, "App removal": the spec says deleting',
      find: 'if (spec === undefined || !isDeleting(spec.value)) return false;',
      replace: 'if (spec === undefined) return false;',
      killed: CHORE_GUARDS_TESTS(
        'an app that is being removed > is one whose spec says so: another loses nothing',
      ),
    },
    {
      name: 'the last step deletes what is newer',
      breaks: 'protocol.md, "App removal": what was listed, and nothing newer',
      find: 'compares: [...guards, ...some.map((entry) => unchanged(entry.key, entry))],',
      replace: 'compares: [...guards],',
      killed: CHORE_GUARDS_TESTS(
        'an app that is being removed > keeps what was written since it was listed',
      ),
    },
  ]),
  ...inFile('src/store/app-spec-guard.ts', [
    {
      name: 'a removal that has begun is not seen',
      breaks: 'protocol.md, "App removal": nothing of an app is created once its removal has begun',
      find: 'return decoded.ok && decoded.value.deleting === true;',
      replace: 'return false;',
      killed: CHORE_GUARDS_TESTS('an app that is being removed > is told nothing more of'),
    },
  ]),
  ...inFile('src/server/admin/write/restore.ts', [
    {
      name: 'an accepted restore does not wait',
      breaks: '"Restore": nobody acts by an old right when claims go on',
      find: 'await dependencies.sleep(dependencies.oldRightsMs());',
      replace: '',
      killed: RESTORE_TESTS('steps the epoch up only after every right of before has ended'),
    },
  ]),
  ...inFile('src/server/governing-daemon.ts', [
    {
      name: 'who has never doubted a restored store keeps its view of the election',
      breaks: 'I6: one leads once the last fault has ended',
      find: "if (this.state.kind === 'leaving' || this.isStopped) return;",
      replace: "if (this.state.kind !== 'waiting') return;",
      killed: SLEPT_TESTS('leads, and governs, when the others are gone: it governed before'),
    },
    {
      name: 'a leader that leaves in order puts nothing down',
      breaks: 'health is what works now: a daemon is lost only until it is back',
      find: 'if (!leads) return;',
      replace: 'return;',
      killed: testsOf('test/server/governing/leader-leaves.test.ts')(
        'is gone in the events, also where its last word there was a loss',
      ),
    },
  ]),
  ...inFile('src/server/governing/old-rights.ts', [
    {
      name: 'old rights are counted from the first restore',
      breaks: '"Restore": a minute since the daemon noticed',
      find: 'this.noticedMs = nowMs;',
      replace: 'this.noticedMs ??= nowMs;',
      killed: OLD_RIGHTS_TESTS(
        'all of it where this daemon has noticed nothing itself, and again after the next restore',
      ),
    },
  ]),
  ...inFile('src/server/governing/cluster-record.ts', [
    {
      name: 'a record that is newer than the status is an older history',
      breaks: 'I6: an etcd that was not restored is not doubted',
      find: 'const newest = Math.max(status.revision, revision);',
      replace: 'const newest = status.revision;',
      killed: CLUSTER_RECORD_TESTS(
        'opening > is no doubt when another daemon notes a newer revision between the two reads',
      ),
    },
    {
      name: 'an accepted restore keeps the epoch',
      breaks: '"Fencing token": accept-restore steps the epoch up',
      find: 'epoch: nextEpoch(Math.max(rest.epoch, epoch), wallMs)',
      replace: 'epoch: Math.max(rest.epoch, epoch)',
      killed: CLUSTER_RECORD_TESTS(
        'a restore > is accepted with an epoch beyond the record and beyond all that was seen',
      ),
    },
    {
      name: 'an accepted restore forgets the epoch of others',
      breaks: '"Fencing token": beyond the epoch that was seen',
      find: 'epoch: nextEpoch(Math.max(rest.epoch, epoch), wallMs)',
      replace: 'epoch: nextEpoch(rest.epoch, wallMs)',
      killed: CLUSTER_RECORD_TESTS(
        'a restore > is accepted with an epoch beyond the record and beyond all that was seen',
      ),
    },
    {
      name: 'the daemon does not see a restore',
      breaks: '"Fencing token": a revision going back means a restore',
      find: 'return revision < record.maxRevision',
      replace: 'return revision < 0',
      killed: CLUSTER_RECORD_TESTS(
        'opening > tells another cluster, and a history that has gone back',
      ),
    },
    {
      name: 'the daemon does not see another cluster',
      breaks: '"Fencing token": a changed cluster id means a restore',
      find: 'if (record.clusterId !== clusterId)',
      replace: "if (record.clusterId === '')",
      killed: CLUSTER_RECORD_TESTS(
        'opening > tells another cluster, and a history that has gone back',
      ),
    },
    {
      name: 'the history may go back',
      breaks: '"Fencing token": maxRevision only grows',
      find: 'maxRevision: Math.max(known.record.maxRevision, revision)',
      replace: 'maxRevision: revision',
      killed: CLUSTER_RECORD_TESTS('the mark of how far the history has come > never goes back'),
    },
    {
      name: 'a restore is marked over its acceptance',
      breaks: '"Fencing token": accepted is accepted',
      find: 'if (record.epoch > epoch || record.restored !== undefined) return undefined;',
      replace: '',
      killed: CLUSTER_RECORD_TESTS(
        'a restore > is not marked again by one that comes late: its acceptance stands',
      ),
    },
    {
      name: 'the cluster record is overwritten',
      breaks: '"Fencing token": one history',
      find: 'compares: [unchanged(key, known)],\n      then:',
      replace: 'compares: [],\n      then:',
      killed: CLUSTER_RECORD_TESTS(
        'opening > does not write over a record that another daemon was faster to make',
      ),
    },
  ]),
];
