/** The daemon's door. */
export {RunningDaemon} from './daemon.ts';
export type {Daemon, DaemonOptions} from './daemon.ts';
import type {ServerConfig} from '../config/index.ts';
import type {Logger} from '../runtime/logger.ts';
import {RunningDaemon} from './daemon.ts';
import type {Daemon} from './daemon.ts';

export interface ServeDependencies {
  readonly logger: Logger;
  /** Program version. */
  readonly version: string;
  /** Gives up waiting for etcd when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a daemon. Resolves when HTTP listens; `daemon.ready` follows.
 * @throws SmError PORT_TAKEN, STORE_AUTH, INVALID_CONFIG.
 */
export function serve(config: ServerConfig, dependencies: ServeDependencies): Promise<Daemon> {
  return RunningDaemon.start({config, ...dependencies});
}
