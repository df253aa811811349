/** Rules of TLS that daemons and containers share. */
import type {Socket} from 'node:net';
import type {PeerCertificate, TLSSocket} from 'node:tls';

/** Oldest TLS that is spoken. */
export const TLS_FLOOR = {minVersion: 'TLSv1.2'} as const;

/**
 * The certificate that the connection has shown and the authority has signed; undefined without one. A connection that resumes an earlier one
 * counts as authorized by TLS though nothing was shown: it has no certificate.
 */
export function provenCertificate(socket: Socket): PeerCertificate | undefined {
  const secure = socket as Partial<TLSSocket>;
  if (secure.authorized !== true || secure.getPeerCertificate === undefined) return undefined;
  const certificate: Partial<PeerCertificate> = secure.getPeerCertificate();
  return certificate.raw === undefined ? undefined : (certificate as PeerCertificate);
}
