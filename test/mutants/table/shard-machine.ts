/** One shard in one container. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const SHARD_RULES_TESTS = testsOf('test/ownership/shard-rules.test.ts');
const LATE_ANSWERS_TESTS = testsOf('test/ownership/late-answers.test.ts');
const SESSION_RULES_TESTS = testsOf('test/ownership/session-rules.test.ts');
const SESSION_TESTS = testsOf('test/ownership/session.test.ts');
const PERIODIC_READS_TESTS = testsOf('test/ownership/periodic-reads.test.ts');
const SHARD_MACHINE_TESTS = testsOf('test/ownership/shard-machine.test.ts');
const UNRESOLVED_TESTS = testsOf('test/ownership/unresolved.test.ts');

export const SHARD_MACHINE_MUTANTS: readonly Mutant[] = [
  ...inFile('src/ownership/shard-machine.ts', [
    {
      name: 'stale reads are believed',
      breaks: '"Container" 4: what is older than the mark of the shard is ignored',
      find: 'return (own?.mod ?? revision) < this.mark;',
      replace: 'return (own?.mod ?? revision) < 0;',
      killed: SHARD_MACHINE_TESTS(
        'the high-water mark > outlives the shard: a record from before the free is not adopted',
      ),
    },
    {
      name: 'a write does not raise the mark',
      breaks: '"Container" 4: the mark is raised by every answer',
      find: 'this.mark = Math.max(this.mark, revision);',
      replace: '',
      killed: SHARD_RULES_TESTS(
        'the mark of a shard > is raised by its own writes: a reading from before them changes nothing',
      ),
    },
    {
      name: 'a read does not raise the mark',
      breaks: '"Container" 4: the mark is raised by every answer',
      find: 'this.mark = Math.max(this.mark, own?.mod ?? 0);',
      replace: '',
      killed: SHARD_MACHINE_TESTS(
        'claiming > of unknown outcome is read again when the read is older than what is known',
      ),
    },
    {
      name: 'old hints are read again',
      breaks: '"Container" 4: what is at or below the mark is ignored',
      find: 'revision <= this.mark ||',
      replace: '',
      killed: SHARD_MACHINE_TESTS('the high-water mark > a hint at or below it is not even read'),
    },
    {
      name: 'a claim of unknown outcome is forgotten by one that leaves',
      breaks: '"Container" 6: no claim of this incarnation is unresolved',
      find: "this.known.kind !== 'owned' && this.question.kind === 'none'",
      replace: "this.known.kind !== 'owned' && !this.isAsking",
      killed: UNRESOLVED_TESTS(
        'leaving with something unresolved > waits for the outcome of a claim: one that has landed is served until the shard is moved',
      ),
    },
    {
      name: 'a read from the past resolves a claim',
      breaks: '"Container" 6: no claim of this incarnation is unresolved',
      find: 'op, ordered});',
      replace: 'op, ordered: false});',
      killed: SHARD_MACHINE_TESTS(
        'claiming > of unknown outcome is read in the order of writes, told or read before, until an answer comes',
      ),
    },
    {
      name: 'unknown taken for refused',
      breaks: '"Container" 4: outcome of the claim unknown: read; mine means adopt',
      find: "if (answer.kind === 'unknown') this.reads.again(nowMs);",
      replace: "if (answer.kind === 'unknown') void 0;",
      killed: SHARD_MACHINE_TESTS(
        'letting go > a free of unknown outcome that has landed is over: nothing more is written',
      ),
    },
    {
      name: 'free while a hook runs',
      breaks: '"Container" 5: free waits until add and drop have settled',
      find: 'if (!this.quiet) return;\n',
      replace: '',
      killed: SHARD_MACHINE_TESTS(
        'a hook that does not end > drop is reported once after its limit, with the heartbeat, and holds nothing back',
      ),
    },
    {
      name: 'free before `run` settled',
      breaks: '"Container" 5: free waits for all shard.run work',
      find: "this.hook === 'settling' && this.work === 0",
      replace: "this.hook === 'settling'",
      killed: SHARD_MACHINE_TESTS(
        'letting go > aborts, runs drop, and frees only when add, drop and all work have settled',
      ),
    },
    {
      name: 'free before drop has ended',
      breaks: '"Container" 5: free waits until the drop promise has settled',
      find: "return this.hook === 'none';",
      replace: "return this.hook === 'none' || this.hook === 'dropping';",
      killed: SHARD_MACHINE_TESTS(
        'a hook that does not end > drop is reported once after its limit, with the heartbeat, and holds nothing back',
      ),
    },
    {
      name: 'add behind the fence',
      breaks: '"Container" 7: the first act needs a heartbeat committed after the outage',
      find: 'if (!context.acting) return;\n',
      replace: '',
      killed: SHARD_RULES_TESTS(
        'behind the fence > nothing is added: what was dropped waits for the right to act',
      ),
    },
    {
      name: 'claim behind the fence',
      breaks: '"Container" 7: no claim without the right to act',
      find: 'context.claiming && context.acting && this.quiet',
      replace: 'context.claiming && this.quiet',
      killed: SHARD_RULES_TESTS(
        'behind the fence > nothing is claimed: neither what was read nor what was hinted',
      ),
    },
    {
      name: 'claim of one that leaves',
      breaks: '"Container" 6: a leaving container claims nothing',
      find: 'context.claiming && context.acting && this.quiet',
      replace: 'context.acting && this.quiet',
      killed: SESSION_TESTS('leaving > claims nothing any more'),
    },
    {
      name: 'claim while hooks of before run',
      breaks: '"Container" 5: hooks of one shard run one after another',
      find: 'context.claiming && context.acting && this.quiet',
      replace: 'context.claiming && context.acting',
      killed: SHARD_RULES_TESTS(
        'a shard that went to another > and comes back is not claimed before the hooks of before have ended',
      ),
    },
    {
      name: 'hinted claim behind the fence',
      breaks: '"Container" 7: no claim without the right to act',
      find: 'mine && claiming && acting && clusterMod',
      replace: 'mine && claiming && clusterMod',
      killed: SHARD_RULES_TESTS(
        'behind the fence > nothing is claimed: neither what was read nor what was hinted',
      ),
    },
    {
      name: 'hinted claim of one that leaves',
      breaks: '"Container" 6: a leaving container claims nothing',
      find: 'mine && claiming && acting && clusterMod',
      replace: 'mine && acting && clusterMod',
      killed: SHARD_RULES_TESTS('one that leaves > claims nothing that is hinted: it reads'),
    },
    {
      name: 'drop while add runs',
      breaks: '"Container" 5: hooks of one shard run one after another',
      find: "return this.hook === 'added' || this.hook === 'failed';",
      replace: "return this.hook === 'added' || this.hook === 'failed' || this.hook === 'adding';",
      killed: SHARD_MACHINE_TESTS('letting go > waits for an add that is still running'),
    },
    {
      name: 'a rejected drop counts as done',
      breaks: '"Container" 5: a rejected drop is retried and never frees',
      find: "if (error === undefined) {\n      this.enter('settling', nowMs);",
      replace: "if (error === undefined || error !== '') {\n      this.enter('settling', nowMs);",
      killed: SHARD_MACHINE_TESTS(
        'letting go > a drop that throws is tried again with back-off and never frees',
      ),
    },
    {
      name: 'a rejected drop is not tried again',
      breaks: '"Container" 5: a rejected drop is retried with back-off',
      find: "if (this.hook === 'retrying') return nowMs >= this.dropAtMs;",
      replace: "if (this.hook === 'retrying') return false;",
      killed: SHARD_MACHINE_TESTS(
        'letting go > a drop that throws is tried again with back-off and never frees',
      ),
    },
    {
      name: 'an add told to stop counts as failed',
      breaks: '"Container" 4: an add that stops when it is told to is not a failure',
      find: 'if (error !== undefined && this.stopping === undefined) this.noteFailure',
      replace: 'if (error !== undefined) this.noteFailure',
      killed: SHARD_MACHINE_TESTS(
        'letting go > an add that throws because it was told to stop is not a failure',
      ),
    },
    {
      name: 'a lost shard keeps its handle',
      breaks: '"Container" 3: a handle is revoked for good when the shard is lost',
      find: "if (this.owned === undefined && this.hook !== 'none') this.revoke(actions);",
      replace: '',
      killed: SHARD_RULES_TESTS(
        'a shard that went to another > loses its handle at once, before drop has ended',
      ),
    },
    {
      name: 'a freed shard keeps its handle',
      breaks: '"Container" 3: a handle is revoked for good at free',
      find: 'this.dropAttempts = 0;\n    this.revoke(actions);',
      replace: 'this.dropAttempts = 0;',
      killed: SHARD_MACHINE_TESTS(
        'letting go > aborts, runs drop, and frees only when add, drop and all work have settled',
      ),
    },
    {
      name: '`dropping` ignored',
      breaks: '"Container" 5: dropping in etcd means drop',
      find: "if (this.owned.value.state === 'dropping') return context.askedBack;",
      replace: '',
      killed: SHARD_MACHINE_TESTS('letting go > waits for an add that is still running'),
    },
    {
      name: 'hooks are not told of the fence',
      breaks: '"Container" 3: the signal aborts and drop begins before the deadline',
      find: "return context.acting ? undefined : 'fenced';",
      replace: 'return undefined;',
      killed: SESSION_TESTS(
        'a store that was restored or replaced > a revision below what others were answered: it claims and renews nothing, and is fenced by its clock',
      ),
    },
    {
      name: 'an answer to an older read is news',
      breaks: '"Container" 4: an answer belongs to its question',
      find: "if (question.kind !== 'reading' || question.op !== op) return;",
      replace: "if (question.kind !== 'reading') return;",
      killed: LATE_ANSWERS_TESTS(
        'answers that come late > to a read of an incarnation before are not taken for news',
      ),
    },
    {
      name: 'an answer to an older write is news',
      breaks: '"Container" 4: an answer belongs to its question',
      find: "if (question.kind !== 'writing' || question.op !== op) return;",
      replace: "if (question.kind !== 'writing') return;",
      killed: LATE_ANSWERS_TESTS(
        'answers that come late > to a claim of an incarnation before are not taken for those of the present claim',
      ),
    },
    {
      name: 'an add of before ends this one',
      breaks: '"Container" 3: each add has a handle of its own',
      find: "if (handle !== this.handle || this.hook !== 'adding') return;",
      replace: "if (this.hook !== 'adding') return;",
      killed: SHARD_RULES_TESTS(
        'answers of another time > to an add of before do not end the present one',
      ),
    },
    {
      name: 'a drop of before ends this one',
      breaks: '"Container" 3: each add has a handle of its own',
      find: "if (handle !== this.handle || this.hook !== 'dropping') return;",
      replace: "if (this.hook !== 'dropping') return;",
      killed: SHARD_RULES_TESTS(
        'answers of another time > to a drop of before do not end the present one',
      ),
    },
    {
      name: 'work of before counts for this handle',
      breaks: '"Container" 3: each add has a handle of its own',
      find: 'if (handle === this.handle) this.work = outstanding;',
      replace: 'this.work = outstanding;',
      killed: SHARD_RULES_TESTS(
        'answers of another time > from work of a handle of before hold nothing back',
      ),
    },
    {
      name: 'records are written to a doubted store',
      breaks: '"Records": restored: containers stop claiming',
      find: 'if (!this.isAsking && !context.halted) this',
      replace: 'if (!this.isAsking) this',
      killed: SESSION_TESTS(
        'a store that was restored or replaced > a revision below what others were answered: it claims and renews nothing, and is fenced by its clock',
      ),
    },
    {
      name: 'ready before add has ended',
      breaks: '"Container" 4: claim, then add, then ready',
      find: "return this.hook === 'added' && this.stopping === undefined;",
      replace: "return this.hook !== 'none' && this.stopping === undefined;",
      killed: SHARD_RULES_TESTS(
        'answers of another time > to an add of before do not end the present one',
      ),
    },
    {
      name: 'two writes of one record at once',
      breaks: '"Container" 4: one question at a time',
      find: 'if (!this.isAsking && !context.halted) this',
      replace: 'if (!context.halted) this',
      killed: SHARD_RULES_TESTS(
        'a claim > is the only question about its record while it has no answer',
      ),
    },
    {
      name: 'what was lost is still held',
      breaks: '"Container" 2: evicted: all is lost',
      find: 'lose(): void {\n    this.known = NOTHING;',
      replace: 'lose(): void {',
      killed: SESSION_TESTS(
        'a store that was restored, met late > while an operator evicts it, it goes all the same, writing nothing more',
      ),
    },
    {
      name: 'a read that failed is not repeated',
      breaks: '"Container" 4: no state may last in which nobody knows',
      find: 'if (reading === undefined) return this.reads.failed(nowMs);',
      replace: 'if (reading === undefined) return;',
      killed: SHARD_MACHINE_TESTS('reading > is repeated with back-off when it fails'),
    },
    {
      name: 'a question under way is taken for one that only the time asks',
      breaks: '"Container" 4: no state may last in which nobody knows',
      find: 'if (!this.isAsking) this.reads.wantPeriodic();',
      replace: 'this.reads.wantPeriodic();',
      killed: PERIODIC_READS_TESTS(
        'a read > that a hint asks for is repeated when it fails, though it was time for one as well',
      ),
    },
    {
      name: 'a stale read is the last word',
      breaks: '"Container" 4: no state may last in which nobody knows',
      find: 'if (this.isStale(reading)) return this.reads.again(nowMs);',
      replace: 'if (this.isStale(reading)) return;',
      killed: SHARD_MACHINE_TESTS(
        'claiming > of unknown outcome is read again when the read is older than what is known',
      ),
    },
    {
      name: "adopts what is another's",
      breaks: '"Container" 4: mine means adopt',
      find: 'own.value.incarnation === context.me.incarnation;',
      replace: 'own.value.container === context.me.container;',
      killed: SHARD_MACHINE_TESTS(
        'claiming > an answer to a claim of before is not taken for the one under way',
      ),
    },
    {
      name: 'a handle lives through two adds',
      breaks: '"Container" 3: each add gets a new handle',
      find: 'this.handle += 1;',
      replace: 'this.handle = 1;',
      killed: SESSION_TESTS(
        'the fence > that is lifted gives a dropped shard an add again, with the same token and a new handle',
      ),
    },
    {
      name: 'a hook without a limit',
      breaks: '"Defaults": addTimeoutMs, then `stuck` and an alarm',
      find: 'if (this.stuck !== undefined || nowMs < this.stuckAtMs(context)) return;',
      replace: 'return;',
      killed: SHARD_MACHINE_TESTS(
        'a hook that does not end > drop is reported once after its limit, with the heartbeat, and holds nothing back',
      ),
    },
  ]),
  ...inFile('src/ownership/shard-record.ts', [
    {
      name: 'acts after a free of unknown outcome',
      breaks: '"Container" 5: acts again only after a committed write has changed mod',
      find: 'return asked || freeing || failure !== undefined;',
      replace: 'return asked || failure !== undefined;',
      killed: {
        by: 'equivalent',
        because:
          'what asked for the free lasts until it has landed: `dropping` is left only by a free, the failure is kept until a free has committed, and one that lets everything go never stops doing so',
      },
    },
    {
      name: 'fencing frees',
      breaks: '"Container" 3: fencing by itself never writes free',
      find: "const asked = own.value.state === 'dropping' ||",
      replace: "const asked = !context.acting || own.value.state === 'dropping' ||",
      killed: SESSION_TESTS(
        'the fence > that is lifted gives a dropped shard an add again, with the same token and a new handle',
      ),
    },
  ]),
  ...inFile('src/ownership/shard-machines.ts', [
    {
      name: 'the mark goes with the machine',
      breaks: '"Container" 4: per shard a high-water mark',
      find: 'if (machine.mark > 0) this.marks.set(shard, machine.mark);',
      replace: '',
      killed: SHARD_MACHINE_TESTS(
        'the high-water mark > outlives the shard: a record from before the free is not adopted',
      ),
    },
    {
      name: 'marks outlive the history',
      breaks: '"Records": another history: no mark counts',
      find: 'this.marks.clear();',
      replace: '',
      killed: SESSION_RULES_TESTS(
        'the history of the store > that begins anew leaves no mark of the one before, not even of shards that are gone',
      ),
    },
  ]),
];
