/** What a daemon answered when it refused or failed. */
import {exitCodeOf} from '../model/errors.ts';

/** What a daemon refused or failed at, in parts. */
export interface Failure {
  /** An ErrorCode, as APP_NOT_FOUND; INTERNAL where the answer has none. A newer daemon may know more codes. */
  readonly code: string;
  /** Exit code of the command line for it. */
  readonly exit: number;
  /** What happened. */
  readonly message: string;
  /** Why it happened, in a sentence; '' where the daemon does not say. */
  readonly why: string;
  /** Commands or sentences that fix it. */
  readonly fix: readonly string[];
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** The same as in the log of the daemon; '' where the answer has none. */
  readonly requestId: string;
  /** What it is about, as `app/orders`, where the daemon says so. */
  readonly object?: string;
}

/** A failure answered by the daemon. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  /** Decide by its `code`; the message is for people. */
  readonly failure: Failure;

  /** `message` is that of the failure. */
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** What a client may know and a daemon of before does not: a path, or a field of a body or of a query. */
const UNKNOWN_TO_DAEMON = /^no such path: |^\S+: unknown key /;

const OLDER_FIX =
  'an older daemon does not know it: upgrade the daemons before the command line and programs that use the client';

const CODE = /^[A-Z][A-Z_]{0,39}$/;

/** What a daemon answered, as a failure. */
export function remoteFailure(body: {
  error?: unknown;
  code?: unknown;
  hint?: unknown;
  retryable?: unknown;
  requestId?: unknown;
  object?: unknown;
}): Failure {
  const code = typeof body.code === 'string' && CODE.test(body.code) ? body.code : 'INTERNAL';
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const hint = text(body.hint);
  const message = text(body.error);
  const fixes = [hint, UNKNOWN_TO_DAEMON.test(message) ? OLDER_FIX : ''];
  return {
    code,
    exit: exitCodeOf(code),
    message: message || 'the daemon answered with an error',
    why: '',
    fix: fixes.filter((fix) => fix !== ''),
    retryable: body.retryable === true,
    requestId: text(body.requestId),
    ...(typeof body.object === 'string' ? {object: body.object} : {}),
  };
}
