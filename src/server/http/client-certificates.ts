/** What the certificate of a connection says of its caller. Who signed it was checked by TLS; here its names are looked up. */
import type {Socket} from 'node:net';
import type {ClientLine} from '../../config/client-line.ts';
import type {Grant} from '../../model/access.ts';
import {SmError} from '../../model/errors.ts';
import {provenCertificate} from '../../runtime/tls.ts';

/**
 * Names of the certificate that the connection has shown and the authority has signed: its common name first, then its DNS names and URIs.
 * Undefined without such a certificate, and for one without a name.
 */
export function certificateNames(socket: Socket): readonly string[] | undefined {
  const certificate = provenCertificate(socket);
  if (certificate === undefined) return undefined;
  const {subject, subjectaltname = ''} = certificate;
  const common: unknown = (subject as {CN?: unknown} | undefined)?.CN;
  const names = typeof common === 'string' && common !== '' ? [common] : [];
  // Node puts a value between quotes that could be mistaken for several.
  const others = subjectaltname.includes('"') ? [] : subjectaltname.split(', ');
  for (const other of others) {
    const [, name] = /^(?:DNS|URI):(.+)$/.exec(other) ?? [];
    if (name !== undefined) names.push(name);
  }
  return names.length === 0 ? undefined : names;
}

/** @throws SmError FORBIDDEN for names without a line. */
export function grantOfNames(names: readonly string[], lines: readonly ClientLine[]): Grant {
  for (const name of names) {
    const line = lines.find((one) => one.name === name);
    if (line !== undefined) return line;
  }
  throw new SmError('FORBIDDEN', 'the client certificate has no role on this daemon', {
    hint: 'add its common name, DNS name or URI to the file that tls.clientRoles names',
  });
}
