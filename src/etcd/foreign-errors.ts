/** Errors of etcd and gRPC in our words, in one table. */
import {messageOf} from '../model/failure-text.ts';
import {SmError} from '../model/errors.ts';

interface Rule {
  readonly pattern: RegExp;
  /** `right`: what was asked for, as `to read /sm/x`; '' where whoever asked does not say. */
  readonly make: (cause: unknown, text: string, right: string) => SmError;
}

/** Of TLS: our side's verdict on etcd's certificate, and etcd's on ours. */
const TLS =
  /certificate|SSL routines|ERR_TLS|ERR_SSL|SSL alert|wrong version number|unsupported protocol/i;

/** etcd says so before it proposes a request, and lets it go: it has committed 5,000 entries more than it has applied (v3_server.go, processInternalRaftRequestOnce). */
const TOO_MANY = /etcdserver: too many requests/i;

/** The embedded store says so: of a sync that has failed nobody knows what is on the disk. */
const DISK_FAILED = /the embedded store writes nothing more until its daemon is restarted: (.*)/s;

/** Where each kind of process takes its login from. */
const LOGIN_PLACES =
  'a daemon takes etcd.username and etcd.passwordFile of its configuration, a container the option etcd of joinApp, a command the file for --config-file, or --username and --password-file where it has them; an embedded store has the user sm, and its password in the file "password" of its data directory';

/** An alert is etcd's word; that our certificate has ended it calls a bad one, like one of an unknown authority. */
const OUR_CERTIFICATE_REFUSED = /:(?:sslv3|tlsv1|tlsv13)? ?alert ([a-z ]+?):/;
const OUR_CERTIFICATE_FIX =
  'see etcd.tls.ca, etcd.tls.cert and etcd.tls.key: whether a certificate is given, has not ended (sm doctor says when), and is signed by one whom etcd trusts (its --trusted-ca-file); a renewed file is read again without a restart';
const ETCD_CERTIFICATE_FIX =
  'check etcd.tls.ca (who signed the certificate of etcd), etcd.tls.cert and etcd.tls.key, and the host names in endpoints';

/**
 * The other side listens, and ends the connection before anything is asked: most often one side speaks TLS and the other does not. A process that is just being
 * stopped does so, too, so another try may help.
 */
const CLOSED_EARLY: readonly (readonly [pattern: RegExp, what: string, hint: string])[] = [
  [
    /before secure TLS connection was established/i,
    'it has closed the connection before TLS was set up',
    'check that etcd runs there; if it speaks no TLS there, leave etcd.tls out and name http endpoints',
  ],
  [
    /Last error: Failed to connect \(/,
    'it has closed the connection',
    'check that etcd runs there; if it speaks TLS there, set etcd.tls or name https endpoints',
  ],
  [
    /Last error: Protocol error/,
    'what listens there does not speak HTTP/2 as etcd does',
    'name the client address of etcd (its --listen-client-urls) in endpoints, no other port of it and no other server',
  ],
];

const RULES: readonly Rule[] = [
  ...CLOSED_EARLY.map(([pattern, what, hint]) => ({
    pattern,
    make: (cause: unknown) =>
      new SmError('STORE_UNAVAILABLE', `etcd does not answer: ${what}`, {
        ...{hint, retryable: true, cause},
      }),
  })),
  // OpenSSL says the same of each certificate of a chain.
  {
    pattern: /certificate has expired/i,
    make: (cause) =>
      new SmError(
        'STORE_AUTH',
        'the TLS connection to etcd fails: the certificate of etcd, or of who signed it, has expired',
        {
          hint: 'renew the certificate of etcd, or the one in etcd.tls.ca: both are read again without a restart; if they are valid, see whether the clock of this machine is right',
          cause,
        },
      ),
  },
  {
    pattern: /certificate is not yet valid/i,
    make: (cause) =>
      new SmError(
        'STORE_AUTH',
        'the TLS connection to etcd fails: the certificate of etcd, or of who signed it, is not yet valid',
        {
          hint: 'see whether the clock of this machine is right, and that of the machine where the certificate was made; else issue it anew',
          cause,
        },
      ),
  },
  {
    pattern: TLS,
    make: (cause, text) =>
      new SmError('STORE_AUTH', `the TLS connection to etcd fails: ${tlsProblem(text)}`, {
        hint: OUR_CERTIFICATE_REFUSED.test(text) ? OUR_CERTIFICATE_FIX : ETCD_CERTIFICATE_FIX,
        cause,
      }),
  },
  // Whoever may not do this has logged in.
  {
    pattern: /permission ?denied|PERMISSION_DENIED/i,
    make: (cause, text, right) =>
      new SmError(
        'STORE_AUTH',
        `no role of this etcd user gives the right${right === '' ? '' : ` ${right}`} (${plainFault(text)})`,
        {
          hint: 'etcdctl user get USER --detail shows what the user may do; sm etcd init-roles makes the roles that daemons and containers need, for etcdctl user grant-role USER ROLE',
          cause,
        },
      ),
  },
  {
    pattern: /user name is empty/i,
    make: (cause, text) =>
      new SmError('STORE_AUTH', `etcd asks for a login, and none was given (${plainFault(text)})`, {
        hint: `give one: ${LOGIN_PLACES}`,
        cause,
      }),
  },
  {
    pattern:
      /authentication failed|authentication is not enabled|invalid user ID or password|invalid auth token|UNAUTHENTICATED/i,
    make: (cause, text) =>
      new SmError('STORE_AUTH', `etcd refuses the login (${plainFault(text)})`, {
        hint: `check it: ${LOGIN_PLACES}`,
        cause,
      }),
  },
  {
    pattern: /database space exceeded|NOSPACE/i,
    make: (cause) =>
      new SmError('STORE_UNAVAILABLE', 'the store is out of space and takes no writes', {
        hint: 'etcd: compact and defragment it, then etcdctl alarm disarm; embedded store: raise embedded.quotaBytes and restart it where its quota is used up, else make room on its disk, and it takes writes again by itself',
        retryable: true,
        cause,
      }),
  },
  {
    pattern: DISK_FAILED,
    make: (cause, text) =>
      new SmError(
        'STORE_UNAVAILABLE',
        `the disk of the embedded store has failed, and it takes no writes: ${DISK_FAILED.exec(text)?.[1] ?? ''}`,
        {
          hint: 'see what is wrong with the disk of its data directory, then restart the daemon that has the store inside: it takes no writes before',
          retryable: true,
          cause,
        },
      ),
  },
  {
    pattern: /has no room for this answer/i,
    make: (cause) =>
      new SmError(
        'STORE_UNAVAILABLE',
        'the embedded store has no room for its answer: other callers do not read theirs',
        {
          hint: 'see which client of the store stands still: it is cut off after 5 s',
          retryable: true,
          cause,
        },
      ),
  },
  {
    pattern: TOO_MANY,
    make: (cause) =>
      new SmError('STORE_UNAVAILABLE', 'etcd is behind with its work and takes no writes', {
        hint: 'check the disk and the load of that member of etcd; it takes writes again by itself',
        retryable: true,
        cause,
      }),
  },
  {
    pattern: /request is too large|message larger than max/i,
    make: (cause) =>
      new SmError('BODY_TOO_LARGE', 'a request to etcd is over its limit of 1.5 MiB', {cause}),
  },
  {
    pattern: /too many operations/i,
    make: (cause) =>
      new SmError('INVALID_INPUT', 'a transaction has more than the 128 operations etcd allows', {
        cause,
      }),
  },
  {
    pattern: /duplicate key given/i,
    make: (cause) =>
      new SmError('INVALID_INPUT', 'a transaction writes a key twice', {
        cause,
      }),
  },
  {
    pattern: /has been compacted/i,
    make: (cause) =>
      new SmError('STORE_UNAVAILABLE', 'the revision asked for has been compacted', {
        retryable: true,
        cause,
      }),
  },
  {
    pattern: /future revision/i,
    make: (cause) =>
      new SmError('STORE_UNAVAILABLE', 'the store has not reached the revision asked for', {
        retryable: true,
        cause,
      }),
  },
];

/** What an error of the etcd client means to us. `right`: what was asked for, as `to read /sm/x`. */
export function translateError(error: unknown, right = ''): SmError {
  if (error instanceof SmError) return error;
  const text = messageOf(error);
  const rule = RULES.find(
    ({pattern}) =>
      pattern.test(text) || pattern.test(error instanceof Error ? error.constructor.name : ''),
  );
  if (rule !== undefined) return rule.make(error, text, right);
  return new SmError('STORE_UNAVAILABLE', `etcd does not answer: ${plainFault(text)}`, {
    hint: 'check that etcd runs and that endpoints names it',
    retryable: true,
    cause: error,
  });
}

/** What every endpoint would answer alike, though it may be another answer later. */
const SAME_EVERYWHERE = /has been compacted|future revision|database space exceeded|NOSPACE/i;

/** Whether another endpoint, or the same a moment later, might answer: the fault is of the connection, not of the request. */
export function isTransportFault({code, cause}: SmError): boolean {
  const text = cause instanceof Error ? cause.message : '';
  // One member of etcd may have a bad certificate, the others none.
  if (code === 'STORE_AUTH') return TLS.test(text);
  return code === 'STORE_UNAVAILABLE' && !SAME_EVERYWHERE.test(text);
}

/** Whoever says so is etcd itself: the connection works, whatever becomes of the request. */
const SAID_BY_ETCD = /\betcdserver: /;

/** Whether the endpoint has answered, if only that it does not take the request. */
export function isAnswer(fault: SmError): boolean {
  if (!isTransportFault(fault)) return true;
  return fault.cause instanceof Error && SAID_BY_ETCD.test(fault.cause.message);
}

/** There was no connection to ask by, or it broke: nobody is there, unlike a member that is slow or says no. */
const UNCONNECTED =
  /No connection established|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EPIPE|Connection dropped|socket hang up|Name resolution failed/i;

/** Whether the fault says that nobody listens there now. */
export function isUnconnected({cause}: SmError): boolean {
  return cause instanceof Error && UNCONNECTED.test(cause.message);
}

const LATE = /Deadline exceeded|DEADLINE_EXCEEDED/i;

/** Whether the time of the call was over before there was an answer. */
export function isLate({cause}: SmError): boolean {
  return cause instanceof Error && LATE.test(cause.message);
}

/** Whether etcd has refused the request before it did anything, and may take the same one a moment later: a write may be sent again. */
export function isRefusedUndone({cause}: SmError): boolean {
  return cause instanceof Error && TOO_MANY.test(cause.message);
}

/** What happened, out of gRPC's sentence with the number of a status, the time, and notes on the resolution of names. */
function plainFault(text: string): string {
  const said = /Last error: (?:Error: )?(.*)$/s.exec(text)?.[1] ?? text;
  const plain = said
    .replace(/\.?\s*Resolution note:.*$/s, '')
    .replace(/\s*\(\d{4}-\d\d-\d\dT[^)]*\)/, '')
    .replace(/^\d+ [A-Z_]+: /, '')
    .trim();
  const unresolved = /Name resolution failed for target (?:dns|ipv4|ipv6):([^\s.]\S*?)\.?$/.exec(
    plain,
  )?.[1];
  if (unresolved !== undefined) return `the name in ${unresolved} has no address`;
  const late = /^Deadline exceeded(?: after ([\d.]+)s)?/.exec(plain);
  if (late !== null)
    return late[1] === undefined ? 'timed out' : `timed out after ${Number(late[1]).toFixed(1)} s`;
  // We close a connection that does not answer, to open it anew.
  if (/^Channel (closed|has been shut down)/i.test(plain)) return 'no answer in time';
  return plain === '' || plain === 'null' ? 'no connection' : plain;
}

/** The one telling part of what OpenSSL and gRPC say. */
function tlsProblem(text: string): string {
  const alert = OUR_CERTIFICATE_REFUSED.exec(text)?.[1];
  if (alert !== undefined) return `etcd refuses our certificate (${alert})`;
  const said =
    /Last error: (?:Error: )?(?:Error )?(.*?)\.? Resolution note/s.exec(text)?.[1] ?? text;
  return said.replace(/^\[[A-Z_]+\]: /, '');
}
