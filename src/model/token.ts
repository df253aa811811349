import {TOKEN_WIDTH_CHARACTERS} from './limits.ts';

/**
 * A fencing token: grows with every new owner of a shard. `revision` is the etcd revision of the claim, `epoch` steps
 * up when an operator accepts a restored etcd.
 */
export interface FencingToken {
  /** 1 until the first accepted restore; then as `nextEpoch`. */
  epoch: number;
  /** Revision of etcd, a whole number of 1 or more. */
  revision: number;
}

/** Fixed width, so that tokens sort as text as they do as numbers. */
export function formatToken(token: FencingToken): string {
  return `${String(token.epoch).padStart(TOKEN_WIDTH_CHARACTERS, '0')}.${String(token.revision).padStart(TOKEN_WIDTH_CHARACTERS, '0')}`;
}

/** The token a text stands for, or undefined when it is none. */
export function parseToken(text: string): FencingToken | undefined {
  const match = /^(\d{19})\.(\d{19})$/.exec(text);
  if (match === null) return undefined;
  return {epoch: Number(match[1]), revision: Number(match[2])};
}

/**
 * The epoch of a store that was restored, or filled by an import: the present time (`wallMs`, Unix ms), or one more than `known` where that is more.
 * `known`: the highest epoch that the store and its readers know. Counting from it is not enough: the same backup may have been accepted before.
 */
export function nextEpoch(known: number, wallMs: number): number {
  return Math.max(known + 1, Math.floor(wallMs));
}

/** Negative when a is older than b, 0 when equal, positive when newer. */
export function compareTokens(a: FencingToken, b: FencingToken): number {
  return a.epoch - b.epoch || a.revision - b.revision;
}
