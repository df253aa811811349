/** What went wrong, as one word that scripts and the HTTP API share. */
export type ErrorCode =
  | 'INVALID_INPUT'
  | 'INVALID_NAME'
  | 'INVALID_CONFIG'
  | 'RESERVED_NAME'
  | 'BODY_TOO_LARGE'
  | 'METHOD_NOT_ALLOWED'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'APP_NOT_FOUND'
  | 'SHARD_NOT_FOUND'
  | 'CONTAINER_NOT_FOUND'
  | 'CONFLICT'
  | 'APP_EXISTS'
  | 'APP_IN_USE'
  | 'APP_DELETING'
  | 'SHARD_EXISTS'
  | 'ID_TAKEN'
  | 'PORT_TAKEN'
  | 'STORE_UNAVAILABLE'
  | 'STORE_AUTH'
  | 'STORE_RESTORED'
  | 'STORE_CORRUPT'
  | 'SERVER_UNAVAILABLE'
  | 'RATE_LIMITED'
  | 'QUOTA'
  | 'TIMEOUT'
  | 'FENCED'
  | 'CLONED'
  | 'APP_DELETED'
  | 'EVICTED'
  | 'PARTIAL'
  | 'CHECK_FAILED'
  | 'INTERRUPTED'
  | 'TERMINATED'
  | 'INTERNAL';

/** Exit code of the command line for each error code; see the README for what each number means. */
const EXIT_BY_CODE: Readonly<Record<ErrorCode, number>> = {
  INVALID_INPUT: 2,
  INVALID_NAME: 2,
  INVALID_CONFIG: 2,
  RESERVED_NAME: 2,
  BODY_TOO_LARGE: 2,
  METHOD_NOT_ALLOWED: 2,
  UNSUPPORTED_MEDIA_TYPE: 2,
  UNAUTHENTICATED: 5,
  FORBIDDEN: 5,
  NOT_FOUND: 3,
  APP_NOT_FOUND: 3,
  SHARD_NOT_FOUND: 3,
  CONTAINER_NOT_FOUND: 3,
  CONFLICT: 4,
  APP_EXISTS: 4,
  APP_IN_USE: 4,
  APP_DELETING: 4,
  SHARD_EXISTS: 4,
  ID_TAKEN: 4,
  PORT_TAKEN: 4,
  STORE_UNAVAILABLE: 6,
  STORE_AUTH: 5,
  STORE_RESTORED: 10,
  STORE_CORRUPT: 10,
  SERVER_UNAVAILABLE: 6,
  RATE_LIMITED: 6,
  QUOTA: 4,
  TIMEOUT: 7,
  FENCED: 10,
  CLONED: 4,
  APP_DELETED: 3,
  EVICTED: 10,
  PARTIAL: 9,
  CHECK_FAILED: 10,
  INTERRUPTED: 130,
  TERMINATED: 143,
  INTERNAL: 1,
};

/** HTTP status for each error code; 500 for what is not listed. */
const HTTP_BY_CODE: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_INPUT: 400,
  INVALID_NAME: 400,
  INVALID_CONFIG: 400,
  RESERVED_NAME: 400,
  BODY_TOO_LARGE: 413,
  METHOD_NOT_ALLOWED: 405,
  UNSUPPORTED_MEDIA_TYPE: 415,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  APP_NOT_FOUND: 404,
  SHARD_NOT_FOUND: 404,
  CONTAINER_NOT_FOUND: 404,
  CONFLICT: 409,
  APP_EXISTS: 409,
  APP_IN_USE: 409,
  APP_DELETING: 409,
  SHARD_EXISTS: 409,
  ID_TAKEN: 409,
  STORE_UNAVAILABLE: 503,
  STORE_AUTH: 503,
  STORE_RESTORED: 503,
  STORE_CORRUPT: 500,
  TIMEOUT: 503,
  SERVER_UNAVAILABLE: 503,
  RATE_LIMITED: 429,
  QUOTA: 403,
};

export interface SmErrorOptions {
  /** What to do about it: a sentence or a command. */
  hint?: string;
  /** Whether the same call may succeed later without a change by the caller. Default false. */
  retryable?: boolean;
  /** What it is about, for programs: as `app/orders`, `shard/s1`, `container/c1`. */
  object?: string;
  cause?: unknown;
}

/** An operational failure, already translated to our words. Bugs are plain `Error`s. */
export class SmError extends Error {
  override readonly name = 'SmError';
  /** What programs decide by; the message is for people and may change. */
  readonly code: ErrorCode;
  /** What to do about it: a sentence or a command. */
  readonly hint: string | undefined;
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** What it is about, as `app/orders`, `shard/s1`, `container/c1`. */
  readonly object: string | undefined;

  /** `options`: hint and object are undefined, retryable is false where they are left out. */
  constructor(code: ErrorCode, message: string, options: SmErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause});
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.object = options.object;
  }

  /** Exit code of the command line for this error. */
  get exitCode(): number {
    return EXIT_BY_CODE[this.code];
  }

  /** HTTP status of the admin API for this error. */
  get httpStatus(): number {
    // A quota of calls has room again soon; one of things only when somebody makes it.
    if (this.code === 'QUOTA' && this.retryable) return 429;
    return HTTP_BY_CODE[this.code] ?? 500;
  }
}

/** Exit code that belongs to a code received over the wire; 1 when the code is unknown to this version. */
export function exitCodeOf(code: string): number {
  return Object.hasOwn(EXIT_BY_CODE, code) ? EXIT_BY_CODE[code as ErrorCode] : 1;
}

/** Throws a plain Error (a bug, not an operational failure) when the condition is false. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
