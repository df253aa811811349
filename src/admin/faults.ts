/** What goes wrong between a client and a daemon, in our words. */
import {STATUS_CODES} from 'node:http';
import type {IncomingMessage} from 'node:http';
import {SmError} from '../model/errors.ts';
import type {ErrorCode} from '../model/errors.ts';
import {isFields} from '../model/fields.ts';
import {routeRows} from '../protocol/admin-routes.ts';
import type {AdminOperation} from '../protocol/admin-routes.ts';
import {RemoteError, remoteFailure} from './remote-error.ts';
import {LIMITED_WAIT_MAX_S} from './limits.ts';
import {NOT_OPENED} from './servers.ts';

/** Of a connection that stood. */
const BROKEN_OFF: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);
const CONNECTION_FAULTS: ReadonlySet<string> = new Set([...NOT_OPENED, ...BROKEN_OFF]);

/** What is wrong with a certificate whose signer is not to blame, and the way out. */
const CERTIFICATE_FAULTS: Readonly<Record<string, {readonly what: string; readonly hint: string}>> =
  {
    CERT_HAS_EXPIRED: {
      what: 'has expired',
      hint: 'renew it where TLS ends: at the proxy in front of the daemon, or in the file that tls.cert of the daemon names; the daemon reads it again by itself',
    },
    CERT_NOT_YET_VALID: {
      what: 'is not yet valid',
      hint: 'see whether the clock of this machine is right, and that of the machine where the certificate was made',
    },
    ERR_TLS_CERT_ALTNAME_INVALID: {
      what: 'is for another name',
      hint: 'call it by a name or an address that its certificate has, or issue one for this name: the file that tls.cert of the daemon names',
    },
  };

/** What Node calls a certificate of nobody whom it knows. */
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT)/;

/** What OpenSSL says of an answer that is not TLS. */
const NO_TLS = /wrong version number|packet length too long/i;

/** After a read nothing is left to check, least of all with another read. */
export function tookTooLong(server: string, limitMs: number, isRead: boolean): SmError {
  return new SmError('TIMEOUT', `${server} did not answer within ${limitMs} ms`, {
    hint: isRead
      ? 'its process or its machine is stopped or busy: look at its log, ask another daemon (--server), or allow more time (--timeout)'
      : 'the change may have been made, or may still be made: check before you repeat it; a longer limit (--timeout) waits for the answer',
    retryable: true,
  });
}

/** What was asked over the connection; undefined where it never stood, so that nothing can have been sent. */
export type Sent = 'read' | 'change' | undefined;

export function sentBy(operation: AdminOperation): Sent {
  return routeRows[operation].changes === 'nothing' ? 'read' : 'change';
}

/** `server`: how it is named to people. */
export function faultOf(
  error: NodeJS.ErrnoException,
  server: string,
  signal: AbortSignal | undefined,
  sent: Sent,
): unknown {
  if (error instanceof SmError) return error;
  // The connection breaks because the caller gave up, not because of the daemon.
  if (signal?.aborted === true) return signal.reason;
  const known = CERTIFICATE_FAULTS[error.code ?? ''];
  if (known !== undefined)
    return new SmError('SERVER_UNAVAILABLE', `the certificate of ${server} ${known.what}`, {
      hint: known.hint,
      cause: error,
    });
  if (UNTRUSTED.test(error.code ?? ''))
    return new SmError('SERVER_UNAVAILABLE', `the certificate of ${server} is not trusted`, {
      hint: 'name the CA that signed it (--ca-file, SM_CA_FILE)',
      cause: error,
    });
  if (NO_TLS.test(error.message))
    return new SmError('SERVER_UNAVAILABLE', `${server} does not speak TLS`, {
      hint: 'call it by http://, or set tls in the configuration of the daemon',
      cause: error,
    });
  if (sent !== undefined && BROKEN_OFF.has(error.code ?? ''))
    return new SmError('SERVER_UNAVAILABLE', `${server} has broken off the connection`, {
      hint:
        sent === 'read'
          ? 'its process may have ended: look at its log, or ask another daemon (--server)'
          : 'the change may have been made: check before you repeat it',
      retryable: true,
      cause: error,
    });
  const kind = CONNECTION_FAULTS.has(error.code ?? '') ? 'cannot be reached' : 'does not answer';
  return new SmError('SERVER_UNAVAILABLE', `${server} ${kind}`, {
    hint: 'start it with: sm serve --config-file sample.yml, or name another daemon (--server); a daemon that runs but waits for its etcd does not listen yet: see its log',
    retryable: true,
    cause: error.message === '' ? Object.assign(new Error(error.code), {code: error.code}) : error,
  });
}

/** @throws SmError SERVER_UNAVAILABLE for what is not a JSON object. */
export function parseBody(text: string, server: string): object {
  const body = objectIn(text);
  if (body !== undefined) return body;
  throw notSm(server, 'its answer is not a JSON object');
}

function objectIn(text: string): object | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isFields(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** What a refusal with this body says: of a daemon, or of something that stands before the daemons. */
export function refusal(
  text: string,
  reply: IncomingMessage,
  server: string,
): RemoteError | SmError {
  const body = objectIn(text);
  return body !== undefined && 'error' in body && typeof body.error === 'string'
    ? new RemoteError(remoteFailure(body))
    : foreignRefusal(reply, server);
}

/** By status: what a proxy or a load balancer means by it. */
const FOREIGN: Readonly<
  Record<number, {readonly code: ErrorCode; readonly hint: string; readonly mayPass?: true}>
> = {
  401: {
    code: 'UNAUTHENTICATED',
    hint: 'a proxy before the daemon asks for a login of its own',
  },
  403: {code: 'FORBIDDEN', hint: 'a proxy before the daemon does not let this call pass'},
  413: {
    code: 'BODY_TOO_LARGE',
    hint: 'let the proxy before the daemon take bodies of 4 MiB (nginx: client_max_body_size 4m), or send fewer items at once',
  },
  429: {code: 'RATE_LIMITED', hint: 'a proxy before the daemon limits calls', mayPass: true},
};

const UNREACHED = {
  code: 'SERVER_UNAVAILABLE',
  hint: 'a proxy before the daemons reaches none: see whether they run, and whether /readyz of each answers 200; whether a change was made must be read',
  mayPass: true,
} as const;

const OTHER = {
  code: 'SERVER_UNAVAILABLE',
  hint: 'check the address (--server): is another program on that port?',
} as const;

function foreignRefusal(reply: IncomingMessage, server: string): SmError {
  const {location} = reply.headers;
  const statusCode = reply.statusCode ?? 500;
  const known = statusCode >= 502 && statusCode <= 504 ? UNREACHED : FOREIGN[statusCode];
  const {code, hint, mayPass = false} = {mayPass: undefined, ...(known ?? OTHER)};
  const status = `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trim();
  const moved = statusCode < 400 && location !== undefined;
  return new SmError(code, `${server} answers ${status}, but not as a daemon of sm`, {
    hint: moved ? `it points to ${location}: name that address (--server)` : hint,
    retryable: mayPass === true,
  });
}

/** An object, and not the one that was asked for: most likely of an older daemon. */
export function otherVersion(server: string): SmError {
  return new SmError(
    'SERVER_UNAVAILABLE',
    `${server} answers, but it is not a daemon of sm, or one of an older version`,
    {
      hint: 'upgrade the daemons before the command line and programs that use the client; or check the address (--server): is another program on that port?',
      cause: new Error('its answer lacks a required field'),
    },
  );
}

export function notSm(server: string, why: string): SmError {
  return new SmError('SERVER_UNAVAILABLE', `${server} answers, but it is not a daemon of sm`, {
    hint: OTHER.hint,
    cause: new Error(why),
  });
}

/** How long a call that was refused for its rate (429) waits: what Retry-After asks for, within reason, ms. */
export function waitMsOf({headers}: IncomingMessage): number {
  const seconds = Number(headers['retry-after'] ?? 1);
  return 1_000 * Math.min(LIMITED_WAIT_MAX_S, Math.max(1, Number.isFinite(seconds) ? seconds : 1));
}
