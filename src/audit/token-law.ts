/** Fencing tokens of one shard (I3): each is the revision of its claim, and they only grow. */
import type {OwnershipRecord} from '../model/ownership.ts';
import {compareTokens, parseToken} from '../model/token.ts';

export interface TokenBefore {
  readonly record: OwnershipRecord | undefined;
  readonly mod: number;
  /** Newest token of the shard so far; '' when none is known. */
  readonly newest: string;
  /** Epoch of the cluster record; undefined: there is none. */
  readonly epoch: number | undefined;
}

/** What is wrong with the token of `after`, or undefined. */
export function unlawfulToken(before: TokenBefore, after: OwnershipRecord): string | undefined {
  const {record, mod, newest, epoch} = before;
  if (after.token === '' || after.token === record?.token) return undefined;
  const token = parseToken(after.token);
  if (token === undefined) return 'not a valid token';
  if (record?.token === '' && record.state === 'owned' && token.revision !== mod)
    return 'the token is not the revision of the claim';
  if (epoch !== undefined && token.epoch > epoch) return 'a token of an epoch that has not begun';
  const last = parseToken(newest);
  return last !== undefined && compareTokens(token, last) <= 0 ? 'tokens do not grow' : undefined;
}
