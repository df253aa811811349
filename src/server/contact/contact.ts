/** Why a call to a container or a daemon failed, in words that stay the same while the cause does. */
import {SmError} from '../../model/errors.ts';
import {CAUSE_DEPTH_LIMIT, CAUSE_LIMIT_CHARACTERS} from './limits.ts';

const UNTRUSTED =
  'its certificate is not signed by an authority that is trusted here (tls.ca; of containers: containerTls.ca)';

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nobody listens there',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  EHOSTUNREACH: 'no route to that host',
  ENETUNREACH: 'no route to that network',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name cannot be resolved now',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** Of what a call has thrown. */
export function causeOf(error: unknown): string {
  for (
    let at: unknown = error, depth = 0;
    at instanceof Error && depth < CAUSE_DEPTH_LIMIT;
    depth += 1
  ) {
    if (at.name === 'TimeoutError' || at.name === 'AbortError') return 'no answer in time';
    const known = CAUSES[(at as NodeJS.ErrnoException).code ?? ''];
    if (known !== undefined) return known;
    at = at.cause;
  }
  if (error instanceof SmError && error.code === 'UNAUTHENTICATED') return error.message;
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ').slice(0, CAUSE_LIMIT_CHARACTERS);
}

/** Of an answer that is not the one hoped for. */
export function causeOfStatus(status: number): string {
  if (status === 401 || status === 403)
    return `it refuses this daemon (HTTP ${status}): the tokens differ, or it asks for a certificate`;
  return `something else answers there (HTTP ${status})`;
}
