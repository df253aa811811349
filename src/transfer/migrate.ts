/** Looking at what the Go project has left below a prefix, and giving apps back to it. */
import {loadConfig} from '../config/index.ts';
import {SmError} from '../model/errors.ts';
import type {OriginReport, ReleasedApp} from '../server/migration.ts';
import {releaseApps, reportOrigin} from '../server/migration.ts';
import {Credentials} from '../server/credentials.ts';
import {systemClock} from '../runtime/clock.ts';
import {livingBelow} from './liveness-check.ts';
import {withLocation} from './store-location.ts';

export interface MigrationOptions {
  /** Configuration of a daemon: endpoints, TLS, etcdPrefix and service are as there. */
  readonly configFile: string;
}

/** @throws SmError INVALID_CONFIG, STORE_UNAVAILABLE, STORE_AUTH. */
export function migrationReport({configFile}: MigrationOptions): Promise<OriginReport> {
  const config = loadConfig(configFile, {asClient: true});
  const {etcdPrefix: prefix, service} = config;
  return reportOrigin({etcd: new Credentials(config).forEtcd(), prefix, service});
}

/**
 * Apps that are not named stay as they are, and the service goes back only with all of them.
 * @throws SmError as `migrationReport`; CONFLICT while a daemon, or a container of our SDK, lives below the prefix.
 */
export async function release(
  {configFile}: MigrationOptions,
  say: (text: string) => void,
): Promise<ReleasedApp[]> {
  const config = loadConfig(configFile, {asClient: true});
  const {etcdPrefix: prefix, service} = config;
  const clock = systemClock();
  const living = await withLocation({configFile}, ({keys}) =>
    livingBelow({keys, prefix, clock, say, pushSessions: false}),
  );
  if (living.length > 0)
    throw new SmError('CONFLICT', `still alive below ${prefix}: ${living.join(', ')}`, {
      hint: 'stop all daemons, and all containers that use this SDK; push containers may keep running',
    });
  return releaseApps({etcd: new Credentials(config).forEtcd(), prefix, service});
}
