/**
 * What a daemon is doing as a whole, as two small machines: its connections (`DaemonState`) and what it governs (`GoverningState`). Pure: who
 * moves from one state to another does what the new one demands.
 */
import {doubtText} from '../model/store-doubt.ts';
import type {StoreDoubt} from '../model/store-doubt.ts';
import {writesText} from '../model/store-writes.ts';
import type {StoreWrites} from '../model/store-writes.ts';

/**
 * | state | shutdown | release: it has left, it may not go on, or it is abandoned |
 * | --- | --- | --- |
 * | serving | leaving | released |
 * | leaving | leaving | released |
 * | released | released | released |
 *
 * The promise of a state is the work that it began: whoever asks again waits for the same.
 */
export type DaemonState =
  | {readonly kind: 'serving'}
  | {readonly kind: 'leaving'; readonly left: Promise<void>}
  | {readonly kind: 'released'; readonly released: Promise<void>};

/**
 * | state | idTaken | doubted | accepted | leave | stop |
 * | --- | --- | --- | --- | --- | --- |
 * | waiting: for the daemon id | ready | halted | waiting | leaving | stopped |
 * | ready: it may govern and lead | ready | halted | ready | leaving | stopped |
 * | halted: etcd was restored or replaced | halted | halted | waiting | leaving | stopped |
 * | leaving: it hands its apps over | leaving | leaving | leaving | leaving | stopped |
 * | stopped | stopped | stopped | stopped | stopped | stopped |
 */
export type GoverningState =
  | {readonly kind: 'waiting' | 'ready' | 'leaving' | 'stopped'}
  /** `doubt`: why nothing is governed until that is accepted. */
  | {readonly kind: 'halted'; readonly doubt: StoreDoubt};

export type GoverningEvent =
  | {readonly kind: 'idTaken' | 'accepted' | 'leave' | 'stop'}
  | {readonly kind: 'doubted'; readonly doubt: StoreDoubt};

type Kind = GoverningState['kind'];

/** By event: from which state it leads to which; it leaves the others as they are. */
const NEXT: Readonly<Record<GoverningEvent['kind'], Readonly<Partial<Record<Kind, Kind>>>>> = {
  idTaken: {waiting: 'ready'},
  doubted: {waiting: 'halted', ready: 'halted'},
  accepted: {halted: 'waiting'},
  leave: {waiting: 'leaving', ready: 'leaving', halted: 'leaving'},
  stop: {waiting: 'stopped', ready: 'stopped', halted: 'stopped', leaving: 'stopped'},
};

/** The state after the event; the same object where nothing changes. */
export function nextGoverningState(state: GoverningState, event: GoverningEvent): GoverningState {
  const kind = NEXT[event.kind][state.kind] ?? state.kind;
  if (kind !== 'halted') return kind === state.kind ? state : {kind};
  return event.kind === 'doubted' ? {kind, doubt: event.doubt} : state;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not; '' when it is. */
  readonly reason: string;
}

/** `writes`: how the writes of the daemon fare. */
export function readinessOf(state: GoverningState, writes: StoreWrites): Readiness {
  if (state.kind === 'halted') {
    const reason = `${doubtText(state.doubt)}; accept it: sm store accept-restore`;
    return {ready: false, reason};
  }
  if (state.kind === 'waiting') return {ready: false, reason: 'waiting for the daemon id'};
  if (state.kind !== 'ready') return {ready: false, reason: 'shutting down'};
  return writes.kind === 'committing'
    ? {ready: true, reason: ''}
    : {ready: false, reason: writesText(writes)};
}
