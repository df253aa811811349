/** What a store in a thread of its own and its process say to each other. */
import {SmError} from '../model/errors.ts';
import type {ErrorCode} from '../model/errors.ts';
import {given} from '../model/said.ts';
import type {StoreFigures} from './index.ts';
import type {EmbeddedStoreOptions} from './options.ts';

/** As `EmbeddedStoreOptions`; each of `tls` is text or a path. */
export type StoreThreadOptions = Omit<EmbeddedStoreOptions, 'clock' | 'tls'> & {
  readonly tls?: {readonly ca?: string; readonly cert: string; readonly key: string};
};

/** The same, with a user whose password can be sent. */
export type ThreadOptions = Omit<
  StoreThreadOptions,
  'user' | 'logger' | 'onSync' | 'onPassword'
> & {readonly user?: PlainUser};

export interface PlainUser {
  readonly name: string;
  readonly password: string;
}

/** What the thread begins with. */
export interface ThreadData {
  readonly options: ThreadOptions;
  /** One number: 1 when the process has taken the file of the password. */
  readonly passwordTaken: Int32Array;
}

export interface SentFault {
  /** Absent: it is a bug. */
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly retryable?: boolean;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type ThreadMessage =
  | {readonly kind: 'log'; readonly level: LogLevel; readonly fields: object; readonly text: string}
  | {readonly kind: 'password'; readonly file: string}
  | {
      readonly kind: 'started';
      readonly endpoint: string;
      readonly clusterId: string;
      readonly user: PlainUser | undefined;
      readonly figures: StoreFigures;
    }
  | {readonly kind: 'refused' | 'lost'; readonly fault: SentFault}
  /** `syncs`: since the last ones, ms each. */
  | {readonly kind: 'figures'; readonly figures: StoreFigures; readonly syncs: readonly number[]}
  /** `fault`: what has kept it from closing well. */
  | {readonly kind: 'closed'; readonly fault?: SentFault};

export function sentFault(error: unknown): SentFault {
  if (!(error instanceof SmError))
    return {message: error instanceof Error ? (error.stack ?? error.message) : String(error)};
  const {code, message, hint, retryable} = error;
  return {code, message, hint, retryable};
}

export function faultOf({code, message, hint, retryable}: SentFault): Error {
  if (code === undefined) return new Error(message);
  return new SmError(code, message, {
    ...given({hint, retryable}),
  });
}
