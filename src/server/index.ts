/** What a program needs to start a daemon. */
export type {Daemon} from './daemon.ts';
export type {DaemonOptions} from './daemon-options.ts';
export {AuditFile} from '../runtime/audit-file.ts';
export {auditLog} from '../store/audited-write.ts';
export {ConfigReload} from './config-reload.ts';
export {checkStart} from './start-check.ts';
import type {ServerConfig} from '../config/index.ts';
import type {Logger} from '../runtime/logger.ts';
import type {OnAudited} from '../store/audited-write.ts';
import {RunningDaemon} from './daemon.ts';
import type {PlannersOptions} from './planners.ts';
import type {Daemon} from './daemon.ts';
import {startWithStore} from './embedded-daemon.ts';

export interface ServeDependencies extends Omit<PlannersOptions, 'logger'> {
  readonly logger: Logger;
  /** Program version. */
  readonly version: string;
  /** Called with each audit entry of this daemon. Default: a line in the log. */
  readonly onAudited?: OnAudited;
  /** Gives up waiting for etcd when aborted. */
  readonly signal?: AbortSignal;
  /** Longest T of any container of the cluster, ms: so long an accepted restore waits. Default: the longest that a container may have. */
  readonly longestTtlMs?: number;
}

/**
 * Starts a daemon, with a store of its own where `config.embedded` says so. Resolves when HTTP listens; `daemon.ready` follows.
 * @throws SmError PORT_TAKEN, STORE_AUTH, INVALID_CONFIG; of a store of its own also CONFLICT, STORE_CORRUPT.
 */
export function serve(config: ServerConfig, dependencies: ServeDependencies): Promise<Daemon> {
  const options = {config, ...dependencies};
  return config.embedded === undefined ? RunningDaemon.start(options) : startWithStore(options);
}
