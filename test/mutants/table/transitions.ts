/** The transition table and its tokens. */
import {inFile, testsOf} from '../mutant.ts';
import type {Mutant} from '../mutant.ts';

const CLUSTER_RECORD_TESTS = testsOf('test/server/governing/cluster-record.test.ts');
const TOKEN_TESTS = testsOf('test/model/token.test.ts');
const CLAIM_GUARDS_TESTS = testsOf('test/ownership/claim-guards.test.ts');
const SHARD_MACHINE_TESTS = testsOf('test/ownership/shard-machine.test.ts');
const TRANSITIONS_TESTS = testsOf('test/ownership/transitions.test.ts');

export const TRANSITIONS_MUTANTS: readonly Mutant[] = [
  ...inFile('src/ownership/transitions.ts', [
    {
      name: 'assign by a daemon that does not govern',
      breaks: 'transition table: absent/free -> assigned: still governs',
      find: "kind: 'assign',\n    shard,\n    record: assigned(known, to),\n    guards: [GOVERNS, ",
      replace: "kind: 'assign',\n    shard,\n    record: assigned(known, to),\n    guards: [",
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'assign without mod',
      breaks: 'transition table: absent/free -> assigned: mod',
      find: "kind: 'assign',\n    shard,\n    record: assigned(known, to),\n    guards: [GOVERNS, ownAt(shard, known), ",
      replace:
        "kind: 'assign',\n    shard,\n    record: assigned(known, to),\n    guards: [GOVERNS, ",
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'assign to one that is gone',
      breaks: 'transition table: absent/free -> assigned: hb/Y exists',
      find: "kind: 'assign',\n    shard,\n    record: assigned(known, to),\n    guards: [GOVERNS, ownAt(shard, known), {kind: 'heartbeatExists', incarnation: to.incarnation}]",
      replace:
        "kind: 'assign',\n    shard,\n    record: assigned(known, to),\n    guards: [GOVERNS, ownAt(shard, known)]",
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'assign of what is held',
      breaks: 'transition table: only absent or free is assigned',
      find: "known === undefined || known.value.state === 'free',",
      replace: 'true,',
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'reassign ignoring heartbeat',
      breaks: 'transition table: owned(X) -> assigned(Y): hb/X absent',
      find: "{kind: 'heartbeatAbsent', incarnation: known.value.incarnation},\n      ",
      replace: '',
      killed: TRANSITIONS_TESTS(
        'the transition table > takes nothing from a holder but by his own word or his absence',
      ),
    },
    {
      name: 'reassign by a daemon that does not govern',
      breaks: 'transition table: owned(X) -> assigned(Y): still governs',
      find: 'GOVERNS,\n      ownAt(shard, known),',
      replace: 'ownAt(shard, known),',
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'reassign without mod',
      breaks: 'transition table: owned(X) -> assigned(Y): mod',
      find: 'GOVERNS,\n      ownAt(shard, known),',
      replace: 'GOVERNS,',
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'reassign to one that is gone',
      breaks: 'transition table: owned(X) -> assigned(Y): hb/Y exists',
      find: "{kind: 'heartbeatAbsent', incarnation: known.value.incarnation},\n      {kind: 'heartbeatExists', incarnation: to.incarnation},",
      replace: "{kind: 'heartbeatAbsent', incarnation: known.value.incarnation},",
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'redirect of what is claimed',
      breaks: 'transition table: only assigned goes to another while its holder lives',
      find: "invariant(known?.value.state === 'assigned', `redirect",
      replace: 'invariant(known !== undefined, `redirect',
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'redirect without mod',
      breaks: 'transition table: assigned(X) -> assigned(Y): mod, a late claim then fails',
      find: "`redirect of ${shard} needs assigned`);\n  return {\n    kind: 'reassign',\n    shard,\n    record: assigned(known, to),\n    guards: [GOVERNS, ownAt(shard, known), ",
      replace:
        "`redirect of ${shard} needs assigned`);\n  return {\n    kind: 'reassign',\n    shard,\n    record: assigned(known, to),\n    guards: [GOVERNS, ",
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'redirect to one that is gone',
      breaks: 'transition table: assigned(X) -> assigned(Y): hb/Y exists',
      find: "`redirect of ${shard} needs assigned`);\n  return {\n    kind: 'reassign',\n    shard,\n    record: assigned(known, to),\n    guards: [GOVERNS, ownAt(shard, known), {kind: 'heartbeatExists', incarnation: to.incarnation}]",
      replace:
        "`redirect of ${shard} needs assigned`);\n  return {\n    kind: 'reassign',\n    shard,\n    record: assigned(known, to),\n    guards: [GOVERNS, ownAt(shard, known)]",
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'recall of what is claimed',
      breaks: 'transition table: only assigned is recalled',
      find: "invariant(known?.value.state === 'assigned', `recall",
      replace: 'invariant(known !== undefined, `recall',
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'recall without mod',
      breaks: 'transition table: assigned -> free: mod',
      find: "record: {...known.value, state: 'free', ready: false, token: '', move: null},\n    guards: [GOVERNS, ownAt(shard, known)]",
      replace:
        "record: {...known.value, state: 'free', ready: false, token: '', move: null},\n    guards: [GOVERNS]",
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'drop without mod',
      breaks: 'transition table: owned -> dropping: mod',
      find: 'ready: false, move},\n    guards: [GOVERNS, ownAt(shard, known)]',
      replace: 'ready: false, move},\n    guards: [GOVERNS]',
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'drop by a daemon that does not govern',
      breaks: 'transition table: owned -> dropping: still governs',
      find: 'ready: false, move},\n    guards: [GOVERNS, ownAt(shard, known)]',
      replace: 'ready: false, move},\n    guards: [ownAt(shard, known)]',
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'drop forgets the token',
      breaks: '"Fencing token": kept until free',
      find: "state: 'dropping', token: tokenOf(known, epoch), ",
      replace: "state: 'dropping', token: '', ",
      killed: TRANSITIONS_TESTS('the transition table > knows one token from claim to free'),
    },
    {
      name: 'forget while the spec exists',
      breaks: 'transition table: -> absent: spec gone',
      find: ", {kind: 'specAbsent', shard}]",
      replace: ']',
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'forget while the holder lives',
      breaks: 'transition table: -> absent: free, or hb of its incarnation absent',
      find: "guards.push({kind: 'heartbeatAbsent', incarnation: known.value.incarnation});",
      replace: 'void 0;',
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'claim without heartbeat compare',
      breaks: 'transition table: assigned -> owned: hb/Y create revision mine',
      find: "guards: [ownAt(shard, known), created(me), {kind: 'specExists', shard}]",
      replace: "guards: [ownAt(shard, known), {kind: 'specExists', shard}]",
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'claim without mod',
      breaks: 'transition table: assigned -> owned: mod = the one that was read',
      find: "guards: [ownAt(shard, known), created(me), {kind: 'specExists', shard}]",
      replace: "guards: [created(me), {kind: 'specExists', shard}]",
      killed: SHARD_MACHINE_TESTS('claiming > reads before it claims, and claims what it has read'),
    },
    {
      name: 'claim without a spec',
      breaks: '"Container" 4: the claim reads the spec: no spec, no claim',
      find: "guards: [ownAt(shard, known), created(me), {kind: 'specExists', shard}]",
      replace: 'guards: [ownAt(shard, known), created(me)]',
      killed: CLAIM_GUARDS_TESTS(
        'the guards of a transition > assigned -> owned are those of the table',
      ),
    },
    {
      name: 'claim of what is assigned to another',
      breaks: 'transition table: assigned(Y) -> owned(Y)',
      find: 'invariant(known.value.incarnation === me.incarnation, `claim',
      replace: 'invariant(true, `claim',
      killed: CLAIM_GUARDS_TESTS(
        'a transition that the table does not have > is not built: a claim of what is assigned to another',
      ),
    },
    {
      name: 'hinted claim without heartbeat compare',
      breaks: 'transition table: assigned -> owned: hb/Y create revision mine',
      find: "{kind: 'ownIs', shard, record: hinted},\n      created(me),",
      replace: "{kind: 'ownIs', shard, record: hinted},",
      killed: CLAIM_GUARDS_TESTS(
        'the guards of a transition > assigned -> owned, as hinted are those of the table',
      ),
    },
    {
      name: 'hints are believed',
      breaks: 'transition table: assigned -> owned: the record as it is',
      find: "{kind: 'ownIs', shard, record: hinted},\n      ",
      replace: '',
      killed: SHARD_MACHINE_TESTS(
        'claiming what a hint tells > claims without a read what a hint tells, guarded by the whole of it',
      ),
    },
    {
      name: 'hinted claim unseen of a restore',
      breaks: '"Records": an etcd that was restored is not claimed in',
      find: "{kind: 'clusterMod', mod: clusterMod},",
      replace: '',
      killed: SHARD_MACHINE_TESTS(
        'claiming what a hint tells > claims without a read what a hint tells, guarded by the whole of it',
      ),
    },
    {
      name: 'ready without mod',
      breaks: 'transition table: owned -> owned: mod',
      find: "failures: 0, lastError: ''},\n    guards: [ownAt(shard, known), created(me)]",
      replace: "failures: 0, lastError: ''},\n    guards: [created(me)]",
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'ready without heartbeat compare',
      breaks: 'transition table: owned -> owned: hb/Y mine',
      find: "failures: 0, lastError: ''},\n    guards: [ownAt(shard, known), created(me)]",
      replace: "failures: 0, lastError: ''},\n    guards: [ownAt(shard, known)]",
      killed: TRANSITIONS_TESTS(
        'the transition table > writes nothing that the law forbids, whenever the guards of the transaction hold',
      ),
    },
    {
      name: 'free without mod',
      breaks: 'transition table: owned/dropping -> free: mod',
      find: "state: 'free', ready: false, ...failed},\n    guards: [ownAt(shard, known)]",
      replace: "state: 'free', ready: false, ...failed},\n    guards: []",
      killed: TRANSITIONS_TESTS(
        'the transition table > compares the record as last seen in every write, and the fencing key in every write of a governor',
      ),
    },
    {
      name: 'a failed add is not counted',
      breaks: '"Container" 4: free with failures + 1',
      find: 'failures: known.value.failures + 1',
      replace: 'failures: known.value.failures',
      killed: SHARD_MACHINE_TESTS(
        'letting go > an add that throws frees the shard with the failure counted',
      ),
    },
    {
      name: 'the token is not that of the claim',
      breaks: '"Fencing token": the revision of the claiming txn',
      find: 'revision: known.mod}',
      replace: 'revision: known.create}',
      killed: SHARD_MACHINE_TESTS(
        'claiming > the token is the revision of the claim, and is written with ready',
      ),
    },
    {
      name: 'an assigned record keeps the token',
      breaks: '"Fencing token": empty at the claim',
      find: "incarnation,\n    token: '',",
      replace: "incarnation,\n    token: known?.value.token ?? '',",
      killed: TRANSITIONS_TESTS(
        'the transition table > takes nothing from a holder but by his own word or his absence',
      ),
    },
    {
      name: 'unknown fields are lost',
      breaks: '"Records": unknown fields survive a rewrite',
      find: '...known?.value,\n',
      replace: '',
      killed: TRANSITIONS_TESTS('the transition table > keeps what it does not know'),
    },
  ]),
  ...inFile('src/model/token.ts', [
    {
      name: 'epochs are counted',
      breaks: '"Restore": the new epoch is one that nobody has seen',
      find: 'return Math.max(known + 1, Math.floor(wallMs));',
      replace: 'return known + 1 + 0 * wallMs;',
      killed: CLUSTER_RECORD_TESTS(
        'a restore > is accepted with an epoch that nobody has seen, also where the same backup was accepted before',
      ),
    },
    {
      name: 'tokens compare by revision',
      breaks: '"Fencing token": {epoch, revision}, the epoch first',
      find: 'a.epoch - b.epoch || a.revision - b.revision',
      replace: 'a.revision - b.revision || a.epoch - b.epoch',
      killed: TOKEN_TESTS('tokens are totally ordered, and their texts sort as they do'),
    },
    {
      name: 'tokens do not sort as text',
      breaks: '"Fencing token": fixed-width',
      find: "String(token.revision).padStart(TOKEN_WIDTH_CHARACTERS, '0')",
      replace: 'String(token.revision)',
      killed: SHARD_MACHINE_TESTS(
        'claiming > of unknown outcome is read: mine means adopted, with the token of the claim',
      ),
    },
  ]),
];
