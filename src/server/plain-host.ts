/** An admin API that other machines reach without TLS: it works, and is said aloud. */
import type {ServerConfig} from '../config/index.ts';
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
