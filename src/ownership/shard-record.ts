/** The record side of one shard's machine: what is known of its record, and what the store is asked. Pure data and rules. */
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import type {Transition} from '../model/transition.ts';
import type {ShardContext} from './shard-actions.ts';

/**
 * What is known of the record, as far as it concerns this container.
 *
 * | from | when | to |
 * | --- | --- | --- |
 * | nothing | a hint to an idle machine brings the record | hinted |
 * | hinted | at the next look: it is claimed unread, or read | nothing |
 * | any but hinted | a read shows it assigned to this incarnation, with a spec | offered |
 * | any but hinted | a read shows it owned by this incarnation | owned |
 * | any but hinted | a read shows anything else | nothing |
 * | nothing, offered | a claim has committed | owned |
 * | offered | a claim is refused, or its outcome is unknown | nothing |
 * | owned | a free has committed | nothing |
 * | any | the heartbeat is gone | nothing |
 */
export type KnownRecord =
  | {readonly kind: 'nothing'}
  | {readonly kind: 'hinted'; readonly record: OwnershipRecord}
  | {readonly kind: 'offered'; readonly own: Versioned<OwnershipRecord>}
  | {
      readonly kind: 'owned';
      readonly own: Versioned<OwnershipRecord>;
      /** What `add` has thrown under this claim. */
      readonly failure: string | undefined;
      /** A free has been sent: never act on this claim again. */
      readonly freeing: boolean;
    };

/**
 * What the store is asked; one question at a time.
 *
 * | from | when | to |
 * | --- | --- | --- |
 * | none, unresolved | a read is sent, ordered where a claim is unresolved | reading |
 * | none | a write is sent | writing |
 * | reading | it has failed, or is older than what is known | none; unresolved, where it was ordered |
 * | reading | it brings news | none |
 * | writing | it is answered, or it was not a claim | none |
 * | writing | a claim without an answer: the record may be mine | unresolved |
 * | any | the heartbeat is gone | none |
 */
export type Question =
  | {readonly kind: 'none' | 'unresolved'}
  | {readonly kind: 'reading'; readonly op: number; readonly ordered: boolean}
  | {readonly kind: 'writing'; readonly op: number; readonly transition: Transition};

export type OwnedRecord = Extract<KnownRecord, {kind: 'owned'}>;

export const NOTHING: KnownRecord = {kind: 'nothing'};
export const UNASKED: Question = {kind: 'none'};
export const UNRESOLVED: Question = {kind: 'unresolved'};

/** Mine by a claim of which nothing is known yet. */
export function justOwned(own: Versioned<OwnershipRecord>): OwnedRecord {
  return {kind: 'owned', own, failure: undefined, freeing: false};
}

/** The shard is asked back, or this claim may never be acted on again. */
export function mustFree({own, failure, freeing}: OwnedRecord, context: ShardContext): boolean {
  const asked = own.value.state === 'dropping' || context.releasing !== undefined;
  return asked || freeing || failure !== undefined;
}
