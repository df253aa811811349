/** Traffic with other machines without TLS, of the admin API and to etcd: it works, and is said aloud. */
import type {ServerConfig} from '../config/index.ts';
import type {EtcdOptions} from '../etcd/connection.ts';
import {plainRemotes} from '../etcd/plain-password.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import type {Logger} from '../runtime/logger.ts';

/** Where it listens to other machines without TLS; undefined: it does not. */
export function plainHostOf({host, tls}: Pick<ServerConfig, 'host' | 'tls'>): string | undefined {
  return tls === undefined && !isLoopbackHost(host) ? host : undefined;
}

export function warnOfPlainHost(config: ServerConfig, logger: Pick<Logger, 'warn'>): void {
  const host = plainHostOf(config);
  if (host === undefined) return;
  logger.warn(
    {host},
    'the admin API accepts calls from other machines without TLS: anybody on the network path can read tokens and change the traffic; set tls.cert and tls.key',
  );
}

export function warnOfPlainEtcd(
  etcd: Pick<EtcdOptions, 'endpoints' | 'tls'>,
  logger: Pick<Logger, 'warn'>,
): void {
  const endpoints = plainRemotes(etcd);
  if (endpoints.length === 0) return;
  logger.warn(
    {endpoints},
    'the connection to etcd has no TLS: anybody on the network path can read and change the traffic',
  );
}
