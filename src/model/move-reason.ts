/**
 * Why a shard moves. Records and histories keep it as text, which people read; whoever decides something by it reads the type.
 * Text and type are made from each other here and nowhere else.
 */
import type {MoveCause} from './placement.ts';

export type MoveReason =
  /** Counts are uneven; nobody is forced to make it. */
  | {readonly kind: 'balance'}
  /** Load is uneven; nobody is forced to make it either. */
  | {readonly kind: 'load'}
  | {readonly kind: 'shardLimit'}
  | {readonly kind: 'constraint'}
  | {readonly kind: 'drain'; readonly container: string}
  /** `container` '': it is left without a place elsewhere. */
  | {readonly kind: 'leaving'; readonly container: string}
  /** The shard recovers from a container that is gone. */
  | {readonly kind: 'lost'; readonly container: string}
  | {readonly kind: 'newShard'}
  /** It runs there already, given out by another shard manager. */
  | {readonly kind: 'adopted'}
  | {readonly kind: 'unplaced'}
  | {readonly kind: 'addFailed'}
  | {readonly kind: 'redirected'}
  | {readonly kind: 'taskChanged'}
  | {readonly kind: 'removed'}
  /** Written by another version of sm. */
  | {readonly kind: 'other'; readonly text: string};

type Plain = Exclude<MoveReason, {container: string} | {text: string}>['kind'];
type OfContainer = Extract<MoveReason, {container: string}>['kind'];

const PLAIN: Readonly<Record<Plain, string>> = {
  balance: 'balance',
  load: 'load',
  shardLimit: 'shard limit',
  constraint: 'pin or worker group',
  newShard: 'new shard',
  adopted: 'adopted',
  unplaced: 'unplaced',
  addFailed: 'add failed',
  redirected: 'redirected',
  taskChanged: 'task changed',
  removed: 'removed',
};
const OF_CONTAINER = ['drain', 'leaving', 'lost'] as const satisfies readonly OfContainer[];

const BY_TEXT: ReadonlyMap<string, MoveReason> = new Map(
  (Object.keys(PLAIN) as Plain[]).map((kind) => [PLAIN[kind], {kind}]),
);

/** The text that records keep. */
export function moveReasonText(reason: MoveReason): string {
  if (reason.kind === 'other') return reason.text;
  if (!('container' in reason)) return PLAIN[reason.kind];
  const {kind, container} = reason;
  return container === '' ? kind : `${kind} ${container}`;
}

/** What the text of a record says; `moveReasonText` of it is that text again. */
export function moveReasonOf(text: string): MoveReason {
  const plain = BY_TEXT.get(text);
  if (plain !== undefined) return plain;
  const space = text.indexOf(' ');
  const word = space === -1 ? text : text.slice(0, space);
  const container = space === -1 ? '' : text.slice(space + 1);
  const isBroken = space !== -1 && container === '';
  const kind = OF_CONTAINER.find((one) => one === word);
  return kind === undefined || isBroken ? {kind: 'other', text} : {kind, container};
}

/** Whether nobody has to make such a move: it waits while the app is paused, and can be cancelled. */
export function isVoluntary(cause: MoveCause): boolean {
  return cause === 'balance' || cause === 'load';
}

/** Why a planned move is made. `leaving`: the container that gives the shard is leaving. */
export function plannedMoveReason(
  {cause, from}: {readonly cause: MoveCause; readonly from: string},
  leaving: boolean,
): MoveReason {
  if (cause === 'balance') return {kind: 'balance'};
  if (cause === 'load') return {kind: 'load'};
  if (cause === 'capacity') return {kind: 'shardLimit'};
  if (cause === 'constraint') return {kind: 'constraint'};
  return {kind: leaving ? 'leaving' : 'drain', container: from};
}

/** Why a move is made, with the numbers of both ends where they are known: daemons of before give none. */
export function causeText({
  why,
  numbers = '',
}: {
  why: string;
  numbers?: string | undefined;
}): string {
  return numbers === '' ? why : `${why}: ${numbers}`;
}
