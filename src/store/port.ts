import {SmError} from '../model/errors.ts';
import type {KeyValue, WatchListener} from '../model/stored.ts';

export type {KeyValue, WatchBatch, WatchEvent, WatchListener} from '../model/stored.ts';

/**
 * Compares a revision of a key, 0 stands for a key that does not exist; or its value, which a key that does not exist never has. `below`: no key
 * begins with `key`.
 */
export type Compare =
  | {
      readonly key: string;
      readonly target: 'mod' | 'create';
      readonly op: '=' | '!=';
      readonly value: number;
    }
  | {
      readonly key: string;
      readonly target: 'value';
      readonly op: '=';
      readonly value: string;
    }
  | {readonly key: string; readonly target: 'below'; readonly op: '='; readonly value: 0};

/** Whether the compare holds for the key as it is; `entry` undefined: there is none. */
export function holds({target, op, value}: Compare, entry: KeyValue | undefined): boolean {
  if (target === 'below') throw new Error('an entry does not tell what is below a prefix');
  if (target === 'value') return entry?.value === value;
  const actual = entry?.[target] ?? 0;
  return op === '=' ? actual === value : actual !== value;
}

export type Operation =
  | {readonly op: 'put'; readonly key: string; readonly value: string}
  | {readonly op: 'delete'; readonly key: string}
  | {readonly op: 'get'; readonly key: string};

/** At most 128 entries in each list (etcd's limit); a get answers the key, a put or delete answers undefined. `otherwise`: where a compare fails; default: nothing. */
export interface Transaction {
  readonly compares: readonly Compare[];
  readonly then: readonly Operation[];
  readonly otherwise?: readonly Operation[];
}

/**
 * - committed: all compares were true, `then` was applied;
 * - refused: a compare failed, nothing was written;
 * - unknown: no answer; it may be applied now, later or never. Never repeat it blindly: read first.
 * `answers` stands parallel to the branch that ran.
 */
export type TransactionOutcome =
  | {
      readonly kind: 'committed';
      readonly revision: number;
      readonly answers: readonly (KeyValue | undefined)[];
    }
  | {
      readonly kind: 'refused';
      readonly revision: number;
      readonly answers: readonly (KeyValue | undefined)[];
    }
  | {readonly kind: 'unknown'; readonly error: SmError};

export interface Watch {
  close(): void;
  /**
   * The watcher has read everything below the prefix at this revision. After a lost connection the watch asks only for what came later. Otherwise the watch of a
   * quiet prefix asks for everything that anybody has written since its last event, and a busy store reads that for each watch. Absent where no connection can be lost.
   */
  advance?(revision: number): void;
  /**
   * Revision up to which everything has been delivered: at least the store's at this call. Resolves late while the store is away, with
   * undefined when the watch ends before. Absent where a store cannot tell.
   */
  reached?(): Promise<number | undefined>;
}

/** Identity of the store, for noticing a restore. */
export interface StoreStatus {
  readonly clusterId: string;
  readonly revision: number;
}

/** How much of its room the store uses, where it can tell. */
export interface StoreUsage {
  readonly bytes: number;
  /** 0: not known. */
  readonly quotaBytes: number;
  /** As it calls itself, as 3.5.33; absent: not known. */
  readonly version?: string;
  /** Alarms that the store itself raises, as NOSPACE or CORRUPT: it refuses writes while it has one. */
  readonly alarms: readonly string[];
  /** We have a login, and it wants none. */
  readonly isLoginUnused?: boolean;
  /** Each endpoint that it is called at, and why it does not work; '': it does. */
  readonly endpoints?: readonly {readonly endpoint: string; readonly fault: string}[];
}

export interface CallOptions {
  /** Limit of this attempt, ms. Default 2000. */
  readonly timeoutMs?: number;
}

/**
 * The store as the rest of sm sees it. Reads reject with SmError STORE_UNAVAILABLE (retryable) or STORE_AUTH within
 * their time limit; transactions never reject for operational reasons, they answer `unknown`.
 */
export interface Store {
  /** One key at the newest revision (linearizable). */
  get(key: string, options?: CallOptions): Promise<{revision: number; entry: KeyValue | undefined}>;
  /** Several keys at one revision; at most 128. */
  getMany(
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<{revision: number; entries: readonly (KeyValue | undefined)[]}>;
  /** All prefixes at one revision; paged inside, so any size. */
  list(
    prefixes: readonly string[],
    options?: CallOptions & {atRevision?: number},
  ): Promise<{revision: number; entries: readonly KeyValue[]}>;
  /** As `list`, page by page: nothing is kept, and the event loop breathes between pages. Rejects where `list` does, maybe after some pages. */
  scan(
    prefixes: readonly string[],
    onPage: (entries: readonly KeyValue[]) => void,
    options?: CallOptions & {atRevision?: number},
  ): Promise<{revision: number}>;
  transact(transaction: Transaction, options?: CallOptions): Promise<TransactionOutcome>;
  /** Every change below the prefix from `fromRevision` on, each exactly once and in order. */
  watch(prefix: string, fromRevision: number, listener: WatchListener): Watch;
  status(options?: CallOptions): Promise<StoreStatus>;
  /** Absent for stores without a limit. */
  usage?(): Promise<StoreUsage>;
  /** Forgets history before the revision. */
  compact(revision: number): Promise<void>;
  close(): Promise<void>;
}

/** The error of every call on a closed store. */
export function storeClosed(): SmError {
  return new SmError('STORE_UNAVAILABLE', 'the store is closed');
}
