/** What a daemon answered when it refused or failed. */
import {exitCodeOf} from '../model/errors.ts';

export interface Failure {
  readonly code: string;
  readonly exit: number;
  /** What happened. */
  readonly message: string;
  readonly why: string;
  /** Commands or sentences that fix it. */
  readonly fix: readonly string[];
  readonly retryable: boolean;
  readonly requestId: string;
  /** What it is about, as `app/orders`, where the daemon says so. */
  readonly object?: string;
}

/** A failure answered by the daemon. */
export class RemoteError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

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
  return {
    code,
    exit: exitCodeOf(code),
    message: text(body.error) || 'the daemon answered with an error',
    why: '',
    fix: hint === '' ? [] : [hint],
    retryable: body.retryable === true,
    requestId: text(body.requestId),
    ...(typeof body.object === 'string' ? {object: body.object} : {}),
  };
}
