/** Why a call to a container or a daemon failed, in words that stay the same while the cause does. */
import {messageOf} from '../../model/failure-text.ts';
import {SmError} from '../../model/errors.ts';
import type {ContactFault} from '../../model/contact.ts';
import {CAUSE_DEPTH_LIMIT, CAUSE_LIMIT_CHARACTERS} from './limits.ts';

/** Why a call failed. */
export interface CallFailure {
  readonly cause: string;
  readonly fault?: ContactFault;
}

const TIMEOUT: CallFailure = {cause: 'no answer in time'};
const CUT: CallFailure = {cause: 'the connection was cut', fault: 'cut'};
const PLAIN: CallFailure = {cause: 'it does not speak TLS', fault: 'noTls'};
const UNTRUSTED: CallFailure = {
  cause:
    'its certificate is not signed by an authority that is trusted here (tls.ca; of containers: containerTls.ca)',
  fault: 'certificateUntrusted',
};

const FAILURES: Readonly<Record<string, CallFailure>> = {
  ECONNREFUSED: {cause: 'connection refused: nobody listens there'},
  ECONNRESET: CUT,
  UND_ERR_SOCKET: CUT,
  EHOSTUNREACH: {cause: 'no route to that host'},
  ENETUNREACH: {cause: 'no route to that network'},
  ENOTFOUND: {cause: 'its host name is not known'},
  EAI_AGAIN: {cause: 'its host name cannot be resolved now'},
  ETIMEDOUT: TIMEOUT,
  UND_ERR_CONNECT_TIMEOUT: TIMEOUT,
  UND_ERR_HEADERS_TIMEOUT: TIMEOUT,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: {cause: 'its certificate has expired', fault: 'certificateExpired'},
  CERT_NOT_YET_VALID: {cause: 'its certificate is not valid yet', fault: 'certificateEarly'},
  ERR_TLS_CERT_ALTNAME_INVALID: {
    cause: 'its certificate is for another name',
    fault: 'certificateOfOther',
  },
};

/** What OpenSSL says of an answer that is not TLS. */
const NO_TLS = /wrong version number|packet length too long/i;

/** Of what a call has thrown. */
export function failureOf(error: unknown): CallFailure {
  for (
    let at: unknown = error, depth = 0;
    at instanceof Error && depth < CAUSE_DEPTH_LIMIT;
    depth += 1
  ) {
    if (at.name === 'TimeoutError' || at.name === 'AbortError') return TIMEOUT;
    const known = FAILURES[(at as NodeJS.ErrnoException).code ?? ''];
    if (known !== undefined) return known;
    if (NO_TLS.test(at.message)) return PLAIN;
    at = at.cause;
  }
  if (error instanceof SmError && error.code === 'UNAUTHENTICATED') return {cause: error.message};
  const text = messageOf(error);
  const cause = text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ').slice(0, CAUSE_LIMIT_CHARACTERS);
  return {cause};
}

/** Of an answer that is not the one hoped for. */
export function failureOfStatus(status: number): CallFailure {
  return status === 401 || status === 403
    ? {
        cause: `it refuses this daemon (HTTP ${status}): the tokens differ, or it asks for a certificate`,
        fault: 'refused',
      }
    : {cause: `something else answers there (HTTP ${status})`};
}
