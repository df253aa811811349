/** What a program needs to start a daemon. */
export type {Daemon} from './daemon.ts';
export {AuditFile} from '../runtime/audit-file.ts';
export {auditLog} from '../store/audited-write.ts';
export {ConfigReload} from './config-reload.ts';
export {checkStart} from './start-check.ts';
import type {ServerConfig} from '../config/index.ts';
import {RunningDaemon} from './daemon.ts';
import type {DaemonOptions} from './daemon-options.ts';
import type {Daemon} from './daemon.ts';
import {startWithStore} from './embedded-daemon.ts';

export type ServeDependencies = Omit<
  DaemonOptions,
  'config' | 'readyFields' | 'metrics' | 'openEndpoint'
>;

/**
 * Starts a daemon, with a store of its own where `config.embedded` says so. Resolves when HTTP listens; `daemon.ready` follows.
 * @throws SmError PORT_TAKEN, STORE_AUTH, INVALID_CONFIG; of a store of its own also CONFLICT, STORE_CORRUPT.
 */
export function serve(config: ServerConfig, dependencies: ServeDependencies): Promise<Daemon> {
  const options = {config, ...dependencies};
  return config.embedded === undefined ? RunningDaemon.start(options) : startWithStore(options);
}
