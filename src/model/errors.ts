interface CodeMeaning {
  /** Exit code of the command line; the README says what each number means. */
  readonly exit: number;
  /** HTTP status of the admin API. Default 500. */
  readonly http?: number;
}

/** By code: when it is thrown, and what to do. */
const CODES = {
  /** A field or flag is not as it must be. Change it: the message names it. */
  INVALID_INPUT: {exit: 2, http: 400},
  /** A name has characters or a length that names may not have. Choose another. */
  INVALID_NAME: {exit: 2, http: 400},
  /** A setting or a declared file is not as it must be. Change it: the message names file and key. */
  INVALID_CONFIG: {exit: 2, http: 400},
  /** The name is that of sm's own service. Choose another. */
  RESERVED_NAME: {exit: 2, http: 400},
  /** The body of the request is too long. Send fewer items at once. */
  BODY_TOO_LARGE: {exit: 2, http: 413},
  /** The path takes another HTTP method. Use the one that /openapi.json names. */
  METHOD_NOT_ALLOWED: {exit: 2, http: 405},
  /** The body is not JSON, or has a Content-Encoding. Send it as it is, with content-type application/json. */
  UNSUPPORTED_MEDIA_TYPE: {exit: 2, http: 415},
  /** The call has no token, or one that the daemon does not know. Give a token. */
  UNAUTHENTICATED: {exit: 5, http: 401},
  /** The token may not do this, or not for this app. Use one with the role. */
  FORBIDDEN: {exit: 5, http: 403},
  /** What the message names does not exist. See what there is. */
  NOT_FOUND: {exit: 3, http: 404},
  /** The app does not exist. Create it, or see sm app ls. */
  APP_NOT_FOUND: {exit: 3, http: 404},
  /** The app has no such shard. See sm shard ls. */
  SHARD_NOT_FOUND: {exit: 3, http: 404},
  /** The app has no such container. See sm container ls. */
  CONTAINER_NOT_FOUND: {exit: 3, http: 404},
  /** What is stored is another than the call expects, or does not allow it. Read it again, then decide. */
  CONFLICT: {exit: 4, http: 409},
  /** The app exists with other settings. Update it instead. */
  APP_EXISTS: {exit: 4, http: 409},
  /** The app has shards or living containers. Remove them first, or use force. */
  APP_IN_USE: {exit: 4, http: 409},
  /** The app is being removed. Wait until it is gone, then repeat the call. */
  APP_DELETING: {exit: 4, http: 409},
  /** The shard exists with other content. Update it instead. */
  SHARD_EXISTS: {exit: 4, http: 409},
  /** Another living process has the container id. Choose another id, or end that process. */
  ID_TAKEN: {exit: 4, http: 409},
  /** Another program listens on the port. Set another. */
  PORT_TAKEN: {exit: 4},
  /** etcd does not answer in time. The call may be repeated; whether a write was done must be read. */
  STORE_UNAVAILABLE: {exit: 6, http: 503},
  /** etcd refuses the user or the password, asks for them, or none of its roles allows the call. Change the login, or grant the right. */
  STORE_AUTH: {exit: 5, http: 503},
  /** etcd is older than what was seen of it. Nothing is claimed or planned until sm store accept-restore. */
  STORE_RESTORED: {exit: 10, http: 503},
  /** A record cannot be read. Repair or delete the key that the message names. */
  STORE_CORRUPT: {exit: 10, http: 500},
  /** No daemon answers, or it is shutting down, has too much to do, or does not speak as one. Start it, or name another with --server. */
  SERVER_UNAVAILABLE: {exit: 6, http: 503},
  /** Too many calls at once. Repeat later, as Retry-After says. */
  RATE_LIMITED: {exit: 6, http: 429},
  /** The change would exceed a quota: remove something or raise it. With status 429 a quota of calls: repeat later. */
  QUOTA: {exit: 4, http: 403},
  /** What is waited for did not come in time; it may go on. Look at it, or wait longer. */
  TIMEOUT: {exit: 7, http: 503},
  /** The container may no longer act for the shard. Stop working for it. */
  FENCED: {exit: 10},
  /** Another process renews the heartbeat of this container, as a copy of a machine does. End one of them. */
  CLONED: {exit: 4},
  /** The app was removed while the container ran. Nothing is left to do. */
  APP_DELETED: {exit: 3},
  /** The container ended before it was ready, or was taken out by an operator. Start it again. */
  EVICTED: {exit: 10},
  /** A check found an unsafe state. Do what its fix says. */
  CHECK_FAILED: {exit: 10},
  /** SIGINT ended the command. What it began may go on. */
  INTERRUPTED: {exit: 130},
  /** SIGTERM ended the command. What it began may go on. */
  TERMINATED: {exit: 143},
  /** A bug in sm. Report it with the log. */
  INTERNAL: {exit: 1},
} satisfies Record<string, CodeMeaning>;

/** What went wrong, as one word that scripts and the HTTP API share. */
export type ErrorCode = keyof typeof CODES;

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
    return CODES[this.code].exit;
  }

  /** HTTP status of the admin API for this error. */
  get httpStatus(): number {
    // A quota of calls has room again soon; one of things only when somebody makes it.
    if (this.code === 'QUOTA' && this.retryable) return 429;
    const {http = 500}: CodeMeaning = CODES[this.code];
    return http;
  }
}

/** Exit code that belongs to a code received over the wire; 1 when the code is unknown to this version. */
export function exitCodeOf(code: string): number {
  return Object.hasOwn(CODES, code) ? CODES[code as ErrorCode].exit : 1;
}

/** Throws a plain Error (a bug, not an operational failure) when the condition is false. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
