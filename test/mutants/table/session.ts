/** One container: its life, and its trust in the store. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const SHARD_RULES_TESTS = testsOf('test/ownership/shard-rules.test.ts');
const SESSION_RULES_TESTS = testsOf('test/ownership/session-rules.test.ts');
const EVICTION_TESTS = testsOf('test/ownership/session-eviction.test.ts');
const SESSION_TESTS = testsOf('test/ownership/session.test.ts');
const STORE_TRUST_TESTS = testsOf('test/ownership/store-trust.test.ts');
const UNRESOLVED_TESTS = testsOf('test/ownership/unresolved.test.ts');

export const SESSION_MUTANTS: readonly Mutant[] = [
  ...inFile('src/ownership/session.ts', [
    {
      name: 'one that an operator evicted while it stood still registers again',
      breaks: '"Eviction": it learns by its id that an earlier incarnation was evicted, and ends',
      find: 'else if (this.idAttempt.isEvicted) this',
      replace: 'else if (this.ended) this',
      killed: EVICTION_TESTS(
        'an evicted container > that has stood still until its heartbeat was gone learns of it by its id, under the next incarnation',
      ),
    },
    {
      name: 'beats while evicted by an operator',
      breaks: '"Container" 2: `evicting`: no more heartbeats',
      find: 'return BEATING.has(this.phase) && !this.isHalted;',
      replace: "return (BEATING.has(this.phase) || this.phase === 'releasing') && !this.isHalted;",
      killed: SESSION_RULES_TESTS(
        'one that an operator evicts > sends no heartbeat any more: its silence counts from the word',
      ),
    },
    {
      name: 'acts without its id',
      breaks: '"Container" 1: take the id, then ready',
      find: "acting: !this.fenced && this.phase !== 'naming' && this.phase !== 'registering',",
      replace: 'acting: !this.fenced,',
      killed: SESSION_RULES_TESTS(
        'without its id > a container adds nothing, whatever it finds recorded as its own',
      ),
    },
    {
      name: 'claims in a doubted store',
      breaks: '"Records": restored: containers stop claiming',
      find: "claiming: this.phase === 'ready' && !this.isHalted",
      replace: "claiming: this.phase === 'ready'",
      killed: {
        by: 'equivalent',
        because:
          'a machine writes no record while the store is doubted (mutant: records are written to a doubted store)',
      },
    },
    {
      name: 'epoch ignored',
      breaks: '"Fencing token": {epoch, revision}',
      find: 'epoch: this.trust.epoch,',
      replace: 'epoch: this.options.epoch,',
      killed: SESSION_TESTS(
        'a store that was restored or replaced > an epoch stepped up without any doubt stops nothing',
      ),
    },
    {
      name: 'hooks are told at the deadline',
      breaks: '"Container" 3: stopMs = T/5 before the deadline',
      find: 'return this.heartbeat.deadlineMs - heartbeatIntervalMs(this.heartbeat.ttlMs);',
      replace: 'return this.heartbeat.deadlineMs;',
      killed: SESSION_TESTS(
        'the fence > that is lifted before the deadline leaves all handles alive',
      ),
    },
    {
      name: 'a daemon knows only the records it remembers',
      breaks: '"Container" 4: no state may last in which a record names one that does not know it',
      find: 'if (this.options.readyAtClaim === true && !this.isClosed)',
      replace: 'if (this.ended && !this.isClosed)',
      killed: UNRESOLVED_TESTS(
        'finding what is recorded as its own > a daemon lists the records with every reconciliation, others do not',
      ),
    },
    {
      name: 'never fences',
      breaks: '"Container" 7: no heartbeat committed for too long: fence',
      find: 'if (this.fenced || nowMs < this.softDeadlineMs()) return;',
      replace: 'return;',
      killed: SHARD_RULES_TESTS(
        'behind the fence > nothing is added: what was dropped waits for the right to act',
      ),
    },
    {
      name: 'an old answer lifts the fence',
      breaks: '"Container" 7: the first act needs a heartbeat committed after the outage',
      find: 'if (!BEATING.has(this.phase) || nowMs >= this.softDeadlineMs()) return;\n    this.fenced = false;',
      replace: 'if (!BEATING.has(this.phase)) return;\n    this.fenced = false;',
      killed: SESSION_TESTS(
        'the fence > an answer that proves an old attempt lifts no fence and brings no handle back to life',
      ),
    },
    {
      name: 'handles revive after a lapse',
      breaks: '"Container" 3: a revoked handle is revoked for good',
      find: "if (lapsed) this.out.push({type: 'revokeAll'});",
      replace: '',
      killed: SESSION_TESTS(
        'the fence > an answer that proves an old attempt lifts no fence and brings no handle back to life',
      ),
    },
    {
      name: 'deadline from receipt',
      breaks: '"Container" 2: tSend, not the receipt',
      find: "if (verdict === 'renewed') this.renewed(lapsed, nowMs);",
      replace:
        "if (verdict === 'renewed') this.heartbeat.deadlineMs = nowMs + 0.99 * this.heartbeat.ttlMs - 100;\n    if (verdict === 'renewed') this.renewed(lapsed, nowMs);",
      killed: SESSION_TESTS(
        'the fence > an answer that proves an old attempt lifts no fence and brings no handle back to life',
      ),
    },
    {
      name: 'evicted keeps its shards',
      breaks: '"Container" 2: evicted: revoke all, drop all',
      find: '...(ending && {leaving: true})});\n    this.loseAll();',
      replace: '...(ending && {leaving: true})});',
      killed: testsOf('test/ownership/random-session.test.ts')(
        'a random session never has a second owner beside it, and serves its shards or ends',
      ),
    },
    {
      name: 'a replaced store removes apps',
      breaks: '"Restore": nothing is believed of a store that is doubted',
      find: "else if (!this.isHalted) this.askToLeave('deleted');",
      replace: "else this.askToLeave('deleted');",
      killed: SESSION_TESTS(
        'a store that was restored or replaced > an app that is missing there was not removed: the container waits to be told',
      ),
    },
    {
      name: 'a missing app is believed at once',
      breaks: '"Restore": an absence waits for an answer of a store that is not doubted',
      find: 'if (isMissing) this.isAppMissing = true;',
      replace: "if (isMissing) this.askToLeave('deleted');",
      killed: SESSION_TESTS(
        'a store that was restored or replaced > an app that is missing there was not removed: the container waits to be told',
      ),
    },
    {
      name: 'evicted keeps its incarnation',
      breaks: '"Container" 2: evicted: register anew under a new incarnation',
      find: 'this.heartbeat = this.register(incarnation);\n    this.noticeAtMs = nowMs;',
      replace: 'this.noticeAtMs = nowMs;',
      killed: SESSION_TESTS(
        'a store that was restored, met late > and accepted before a beat told of it: it begins anew at once',
      ),
    },
    {
      name: 'an evicted container waits for ever for its hooks',
      breaks: '"Container" 2: `evicting`: fence, drop, free, leave',
      find: 'if (nowMs >= this.releaseUntilMs) return this.end(this.shards.running);',
      replace: '',
      killed: EVICTION_TESTS(
        'an evicted container > ends after the limit of a drop that hangs, says which, and leaves the heartbeat to fall silent',
      ),
    },
    {
      name: 'evicting does not fence',
      breaks: '"Container" 2: `evicting`: fence, drop, free, leave',
      find: "this.release('releasing', nowMs);\n    this.fenced = true;",
      replace: "this.release('releasing', nowMs);",
      killed: SESSION_TESTS(
        'losing the heartbeat > the operator evicts it: it fences, drops, frees, deregisters and ends',
      ),
    },
    {
      name: 'a clone goes on',
      breaks: '"Container" 2: a foreign nonce: fence and end',
      find: 'this.ending = how;\n    this.loseAll();\n    this.end();',
      replace: 'this.ending = how;',
      killed: SESSION_TESTS(
        'losing the heartbeat > a foreign nonce means a clone lives: it ends at once',
      ),
    },
    {
      name: 'a clone is not revoked',
      breaks: '"Container" 2: a foreign nonce: fence and end',
      find: 'this.ending = how;\n    this.loseAll();',
      replace: 'this.ending = how;',
      killed: SESSION_TESTS(
        'losing the heartbeat > a foreign nonce means a clone lives: it ends at once',
      ),
    },
    {
      name: 'an answer to the incarnation of before is taken',
      breaks: '"Container" 2: incarnation in every answer',
      find: 'if (write.incarnation !== this.incarnation || this.ended) return false;',
      replace: 'if (this.ended) return false;',
      killed: SESSION_TESTS(
        'losing the heartbeat > an answer to the incarnation of before is not taken',
      ),
    },
    {
      name: 'a hint for another incarnation is taken',
      breaks: '"Container" 4: hints name the incarnation',
      find: 'if (incarnation !== this.incarnation || this.isClosed) return;',
      replace: 'if (this.isClosed) return;',
      killed: SESSION_RULES_TESTS('hints > for another incarnation are none'),
    },
    {
      name: 'no periodic reading of records',
      breaks: '"Container" 8: reads its records every 30 s',
      find: 'for (const machine of this.machines.values()) machine.reconcile();',
      replace: '',
      killed: SESSION_RULES_TESTS('records > that are held are read every 30 s, hinted or not'),
    },
    {
      name: 'beats in a doubted store',
      breaks: '"Records": restored: nothing is renewed',
      find: 'return BEATING.has(this.phase) && !this.isHalted;',
      replace: 'return BEATING.has(this.phase);',
      killed: SESSION_RULES_TESTS(
        'a store that is doubted > gets no heartbeat: nothing is renewed in it',
      ),
    },
    {
      name: 'takes its id in a doubted store',
      breaks: '"Records": restored: containers stop claiming',
      find: 'if (this.isHalted) return false;',
      replace: '',
      killed: SESSION_RULES_TESTS('the id > is not asked for in a store that was restored'),
    },
    {
      name: 'an answer about the id of before is taken',
      breaks: '"Container" 1: incarnation in every answer',
      find: 'if (incarnation !== this.incarnation || !this.asksForId) return;',
      replace: 'if (!this.asksForId) return;',
      killed: SESSION_RULES_TESTS(
        'the id > is not taken by an answer to the incarnation of before',
      ),
    },
    {
      name: 'says ready before it has its id',
      breaks: '"Container" 1: take the id, then state ready',
      find: "if (this.phase === 'registering') this.phase = 'naming';",
      replace:
        "if (this.phase === 'registering') this.phase = 'naming', this.heartbeat.changeState('ready');",
      killed: SESSION_TESTS(
        'losing the heartbeat > a nonce of its own that had no answer is not a clone',
      ),
    },
    {
      name: 'handles of a restored store live on',
      breaks: '"Records": accepted: everything begins anew',
      find: 'this.isAppMissing = false;\n      this.evicted(nowMs);',
      replace: 'this.isAppMissing = false;',
      killed: SESSION_TESTS(
        'a store that was restored, met late > and accepted before a beat told of it: it begins anew at once',
      ),
    },
  ]),
  ...inFile('src/ownership/store-trust.ts', [
    {
      name: 'restore unnoticed',
      breaks: '"Fencing token": a revision that goes back means a restore',
      find: 'if (revision < known) return',
      replace: 'if (revision < 0) return',
      killed: SESSION_TESTS(
        'a store that was restored, met late > a doubt long after a step of the epoch is one of its own',
      ),
    },
    {
      name: 'another cluster unnoticed',
      breaks: '"Fencing token": a changed cluster id means a restore',
      find: 'if (clusterId !== this.clusterId)',
      replace: "if (clusterId === '')",
      killed: SESSION_TESTS(
        'a store that was restored or replaced > once accepted it begins anew under another incarnation, whatever the revisions are',
      ),
    },
    {
      name: 'an old version of its own is not a restore',
      breaks: '"Fencing token": going back means a restore',
      find: 'return lag > 0 ?',
      replace: 'return lag > 1e9 ?',
      killed: SESSION_TESTS(
        'a store that was restored or replaced > an older version of its own heartbeat is not a clone',
      ),
    },
    {
      name: 'the mark of other answers does not count',
      breaks: '"Fencing token": going back means a restore',
      find: 'const known = Math.max(this.newest, atLeast);',
      replace: 'const known = this.newest;',
      killed: SESSION_TESTS(
        'a store that was restored or replaced > a revision below what others were answered: it claims and renews nothing, and is fenced by its clock',
      ),
    },
    {
      name: 'an epoch may go back',
      breaks: '"Fencing token": the epoch steps up',
      find: 'if (epoch <= this.epoch) return undefined;',
      replace: 'if (epoch === this.epoch) return undefined;',
      killed: SESSION_RULES_TESTS(
        'the history of the store > has an epoch that only grows: an old reading of it takes nothing back',
      ),
    },
    {
      name: 'whichever cluster answers first is believed',
      breaks:
        '"Restore": what was read before the first heartbeat counts the revisions of its cluster',
      find: 'this.clusterId = knownId(clusterId);',
      replace: '',
      killed: STORE_TRUST_TESTS(
        'the cluster in which the epoch was read > is the one that must answer the first heartbeat: what was read before counts its revisions',
      ),
    },
    {
      name: 'an import that is not complete names a cluster',
      breaks: '"Restore": a container that joins meanwhile would be halted for good',
      find: "return clusterId === '' ? undefined : clusterId;",
      replace: 'return clusterId;',
      killed: STORE_TRUST_TESTS(
        'the cluster in which the epoch was read > is whichever answers first where an import is not complete, which writes the cluster last',
      ),
    },
    {
      name: 'an acceptance is one of every restore after it',
      breaks: '"Restore": each one is accepted by an operator',
      find: 'return this.isExplained && (this.acceptedId ?? clusterId) === clusterId;',
      replace: 'return this.isExplained;',
      killed: STORE_TRUST_TESTS(
        'an accepted restore > that was not noticed before does not accept another one after it',
      ),
    },
    {
      name: 'an old reading of a doubt begins it again',
      breaks: '"Restore": until accept-restore, not for good',
      find: 'return epoch < this.epoch ? undefined : this.begin(doubt);',
      replace: 'return this.begin(doubt);',
      killed: SESSION_RULES_TESTS(
        'a store that is doubted > and was accepted is not doubted again by an old reading of the word about it',
      ),
    },
    {
      name: 'a doubt ends by itself',
      breaks: '"Fencing token": until accept-restore',
      find: 'if (epoch <= this.epoch) return undefined;',
      replace:
        'if (epoch < this.epoch) return undefined;\n    if (epoch === this.epoch) return this.isDoubted ? this.accept() : undefined;',
      killed: SESSION_TESTS(
        'a store that was restored or replaced > once accepted it begins anew under another incarnation, whatever the revisions are',
      ),
    },
  ]),
];
