/**
 * The transition table of an ownership record (protocol.md, "Transitions of an ownership record"): the only place that says which record may follow
 * which, who writes it and what must hold in the store. Every write of an ownership record is built here.
 */
import {invariant} from '../model/errors.ts';
import {failureText} from '../model/failure-text.ts';
import {isProxyIncarnation} from '../model/ids.ts';
import {RECORD_VERSION} from '../model/ownership.ts';
import type {MoveNote, OwnershipRecord, Versioned} from '../model/ownership.ts';
import {formatToken} from '../model/token.ts';
import type {RecordGuard, Transition} from '../model/transition.ts';

export type Known = Versioned<OwnershipRecord> | undefined;

export interface Target {
  readonly container: string;
  readonly incarnation: string;
}

/** To whom a shard is given, and with what words. */
export interface Assignment extends Target {
  readonly move: MoveNote;
  /** Of the spec as the governor knows it. */
  readonly taskVersion: number;
}

const GOVERNS: RecordGuard = {kind: 'fencingKey'};

/** Governor: absent or free -> assigned(target). */
export function assign(shard: string, known: Known, to: Assignment): Transition {
  invariant(
    known === undefined || known.value.state === 'free',
    `assign of ${shard} needs absent or free`,
  );
  return {
    kind: 'assign',
    shard,
    record: assigned(known, to),
    guards: [GOVERNS, ownAt(shard, known), {kind: 'heartbeatExists', incarnation: to.incarnation}],
  };
}

/** Governor: assigned, owned or dropping of an incarnation whose heartbeat is gone -> assigned(target). */
export function reassignLost(shard: string, known: Known, to: Assignment): Transition {
  invariant(
    known !== undefined && known.value.state !== 'free',
    `reassign of ${shard} needs a holder`,
  );
  invariant(known.value.incarnation !== to.incarnation, `reassign of ${shard} to its lost holder`);
  return {
    kind: 'reassign',
    shard,
    record: assigned(known, to),
    guards: [
      GOVERNS,
      ownAt(shard, known),
      {kind: 'heartbeatAbsent', incarnation: known.value.incarnation},
      {kind: 'heartbeatExists', incarnation: to.incarnation},
    ],
    ...formerPushOwner(known.value, to.container),
  };
}

/** One that comes back under its own id goes on with what it has. */
function formerPushOwner(
  {container, incarnation}: OwnershipRecord,
  to: string,
): Pick<Transition, 'formerPushOwner'> {
  return isProxyIncarnation(incarnation) && container !== to ? {formerPushOwner: container} : {};
}

/** Governor: assigned, not yet claimed -> assigned(target). A late claim then fails on mod. */
export function redirect(shard: string, known: Known, to: Assignment): Transition {
  invariant(known?.value.state === 'assigned', `redirect of ${shard} needs assigned`);
  return {
    kind: 'reassign',
    shard,
    record: assigned(known, to),
    guards: [GOVERNS, ownAt(shard, known), {kind: 'heartbeatExists', incarnation: to.incarnation}],
  };
}

/** Governor: assigned, not yet claimed -> free. */
export function recall(shard: string, known: Known): Transition {
  invariant(known?.value.state === 'assigned', `recall of ${shard} needs assigned`);
  return {
    kind: 'recall',
    shard,
    record: {...known.value, state: 'free', ready: false, token: '', move: null},
    guards: [GOVERNS, ownAt(shard, known)],
  };
}

/** Governor: owned -> dropping: asks the owner to let go. */
export function drop(shard: string, known: Known, move: MoveNote, epoch: number): Transition {
  invariant(known?.value.state === 'owned', `drop of ${shard} needs owned`);
  return {
    kind: 'drop',
    shard,
    record: {...known.value, state: 'dropping', token: tokenOf(known, epoch), ready: false, move},
    guards: [GOVERNS, ownAt(shard, known)],
  };
}

/** Governor: free, or its holder's heartbeat is gone, and the spec is gone -> absent. */
export function forget(shard: string, known: Known): Transition {
  invariant(known !== undefined, `forget of ${shard} needs a record`);
  const guards: RecordGuard[] = [GOVERNS, ownAt(shard, known), {kind: 'specAbsent', shard}];
  if (known.value.state !== 'free')
    guards.push({kind: 'heartbeatAbsent', incarnation: known.value.incarnation});
  return {kind: 'forget', shard, record: null, guards, ...formerPushOwner(known.value, '')};
}

/** Who writes as a container: its incarnation and the create revision of its heartbeat. */
export interface Claimant extends Target {
  readonly create: number;
}

/** Container: assigned(me) -> owned(me). `ready` is set at once by daemons, whose record then changes only when they lose it. */
export function claim(
  shard: string,
  known: Known,
  me: Claimant,
  taskVersion: number,
  ready: boolean,
): Transition {
  invariant(known?.value.state === 'assigned', `claim of ${shard} needs assigned`);
  invariant(known.value.incarnation === me.incarnation, `claim of ${shard} assigned to another`);
  return {
    kind: 'claim',
    shard,
    record: {...known.value, state: 'owned', token: '', ready, taskVersion},
    guards: [ownAt(shard, known), created(me), {kind: 'specExists', shard}],
  };
}

/**
 * Container: assigned(me) -> owned(me) of a record that came in a hint and has not been read: the store compares it to the letter, so what
 * was hinted is what is there, and the answer brings the spec. `clusterMod`: of the cluster record as last looked at.
 */
export function claimHinted(
  shard: string,
  hinted: OwnershipRecord,
  me: Claimant,
  clusterMod: number,
  ready: boolean,
): Transition {
  invariant(hinted.state === 'assigned', `claim of ${shard} needs assigned`);
  invariant(hinted.incarnation === me.incarnation, `claim of ${shard} assigned to another`);
  return {
    kind: 'claim',
    shard,
    record: {...hinted, state: 'owned', token: '', ready},
    guards: [
      {kind: 'ownIs', shard, record: hinted},
      created(me),
      {kind: 'specExists', shard},
      {kind: 'clusterMod', mod: clusterMod},
    ],
    readsSpec: true,
  };
}

/** Container: owned -> owned, `add` has resolved: ready, token written, failures forgotten. */
export function markReady(shard: string, known: Known, me: Claimant, epoch: number): Transition {
  invariant(known?.value.state === 'owned', `ready of ${shard} needs owned`);
  return {
    kind: 'ready',
    shard,
    record: {...atRest(known.value), token: tokenOf(known, epoch), failures: 0, lastError: ''},
    guards: [ownAt(shard, known), created(me)],
  };
}

/** The numbers of a move are for whoever asks while it goes on: a million records at rest have no room for them. */
function atRest(record: OwnershipRecord): OwnershipRecord {
  const {move} = record;
  if (move?.numbers === undefined) return {...record, ready: true};
  const {numbers: _said, ...note} = move;
  return {...record, ready: true, move: note};
}

/** What a container says of a failed add when it frees the shard. */
export interface AddFailure {
  readonly message: string;
}

/** Container: owned or dropping -> free; only when no work for the shard is left. */
export function free(shard: string, known: Known, failure: AddFailure | undefined): Transition {
  invariant(
    known?.value.state === 'owned' || known?.value.state === 'dropping',
    `free of ${shard} needs a holder`,
  );
  const failed =
    failure === undefined
      ? {}
      : {failures: known.value.failures + 1, lastError: failureText(failure.message)};
  return {
    kind: 'free',
    shard,
    record: {...known.value, state: 'free', ready: false, ...failed},
    guards: [ownAt(shard, known)],
  };
}

/** The token of an owned or dropping record: the written one, or the claim's own revision while it is empty. */
export function tokenOf(known: Versioned<OwnershipRecord>, epoch: number): string {
  return known.value.token === '' ? formatToken({epoch, revision: known.mod}) : known.value.token;
}

function assigned(
  known: Known,
  {container, incarnation, move, taskVersion}: Assignment,
): OwnershipRecord {
  const failures = known?.value.failures ?? 0;
  const lastError = known?.value.lastError ?? '';
  return {
    ...known?.value,
    v: RECORD_VERSION,
    state: 'assigned',
    container,
    incarnation,
    token: '',
    ready: false,
    move,
    failures,
    lastError,
    taskVersion,
  };
}

function ownAt(shard: string, known: Known): RecordGuard {
  return {kind: 'own', shard, mod: known?.mod ?? 0};
}

function created(me: Claimant): RecordGuard {
  return {kind: 'heartbeatCreated', incarnation: me.incarnation, create: me.create};
}
