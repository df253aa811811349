/** What the embedded store is started with. */
import {createSecureContext} from 'node:tls';
import {ServerCredentials} from '@grpc/grpc-js';
import {SmError} from '../model/errors.ts';
import {revealed} from '../model/hidden-text.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import type {Clock} from '../runtime/clock.ts';
import type {FilePermissions} from '../runtime/file-rights.ts';
import {CERTIFICATE_FILE_LIMIT_BYTES} from '../runtime/limits.ts';
import type {Logger} from '../runtime/logger.ts';
import {readPlainFile} from '../runtime/secret-file.ts';
import type {StoreUser} from './auth.ts';
import type {StoreAuth} from './data-directory.ts';
import {PORT_LIMIT} from '../model/limits.ts';

/** Each is PEM text or PEM bytes, or the path of a PEM file. */
export interface StoreTls {
  /** When given, clients must show a certificate that it signed. */
  readonly ca?: string | Buffer;
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface EmbeddedStoreOptions {
  /** Address to listen on. Default 127.0.0.1; another one than loopback needs `tls` or `user`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Where everything is kept, made when it is not there. Default: memory only. */
  readonly dataDir?: string;
  readonly tls?: StoreTls;
  /** The one user, who may do everything. Default: as `auth` says. */
  readonly user?: StoreUser;
  /** Whether the store makes a password for its data directory, when no `user` is given. Default none. */
  readonly auth?: StoreAuth;
  /** `any`: whose the data directory is, and who else may read and write it, is not looked at. Default strict. */
  readonly filePermissions?: FilePermissions;
  /** Called with the file of a password that the store made, before anybody is answered. */
  readonly onPassword?: (file: string) => void;
  /** How long a user's token lives after its last use, ms. Default 300,000. */
  readonly tokenTtlMs?: number;
  /** Size of keys, values and history beyond which writes are refused (NOSPACE), bytes. Default 2 GiB, at most half of the heap. */
  readonly quotaBytes?: number;
  /** Connections at once. Default 4,000, at most half of the descriptors of this process. */
  readonly connectionsLimit?: number;
  /** Each batch of changes that is on disk, and how long that took, ms. */
  readonly onSync?: (ms: number) => void;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

export const DEFAULT_HOST = '127.0.0.1';

/** @throws SmError INVALID_CONFIG */
export function checkOptions(options: EmbeddedStoreOptions): void {
  const {host = DEFAULT_HOST, port = 0, user, quotaBytes} = options;
  if (!Number.isInteger(port) || port < 0 || port > PORT_LIMIT)
    throw new SmError('INVALID_CONFIG', `the embedded store cannot listen on port ${port}`, {
      hint: `give a port from 1 to ${PORT_LIMIT}, or 0 for any that is free`,
    });
  if (user !== undefined && (user.name === '' || revealed(user.password) === ''))
    throw new SmError('INVALID_CONFIG', "the embedded store's user has no name or no password");
  if (quotaBytes !== undefined && !(quotaBytes > 0))
    throw new SmError('INVALID_CONFIG', "the embedded store's quota must be above 0 bytes");
  if (!isLoopbackHost(host) && options.tls === undefined && user === undefined)
    throw new SmError(
      'INVALID_CONFIG',
      `the embedded store must not listen on ${host} without access control`,
      {hint: 'listen on 127.0.0.1, or configure TLS or a user for the store'},
    );
}

/** @throws SmError INVALID_CONFIG */
export function credentialsOf(tls: StoreTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const ca = tls.ca === undefined ? null : pem(tls.ca, 'CA');
  const pair = {cert_chain: pem(tls.cert, 'certificate'), private_key: pem(tls.key, 'key')};
  try {
    createSecureContext({cert: pair.cert_chain, key: pair.private_key});
    return ServerCredentials.createSsl(ca, [pair], ca !== null);
  } catch (error) {
    throw new SmError(
      'INVALID_CONFIG',
      `the TLS files of the embedded store cannot be used together`,
      {
        hint: 'check that the key belongs to the certificate and that both are PEM',
        cause: error,
      },
    );
  }
}

function pem(source: string | Buffer, what: string): Buffer {
  if (typeof source !== 'string') return source;
  if (source.includes('-----BEGIN')) return Buffer.from(source);
  try {
    return readPlainFile(what, source, CERTIFICATE_FILE_LIMIT_BYTES);
  } catch (error) {
    throw new SmError('INVALID_CONFIG', `the embedded store cannot read its ${what}: ${source}`, {
      cause: error,
    });
  }
}
