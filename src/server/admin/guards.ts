/** What every request about an app must find: an app that exists, is not sm's own and is not being removed. */
import {SmError} from '../../model/errors.ts';
import {appDeleting, appNotFound} from '../../model/not-found.ts';
import type {AppSpec} from '../../model/specs.ts';
import {decodeAppSpec} from '../../protocol/records.ts';
import type {KeyValue} from '../../store/port.ts';
import type {AdminDependencies} from './dependencies.ts';

/** @throws SmError RESERVED_NAME for sm's own service. */
export function refuseOwnService({service}: AdminDependencies, app: string): void {
  if (app !== service) return;
  throw new SmError('RESERVED_NAME', `${app} is the name of sm's own service`, {
    hint: 'its shards are the apps: use app create and app rm',
  });
}

/**
 * The app's spec as stored.
 * @throws SmError APP_NOT_FOUND, APP_DELETING when it is being removed, STORE_CORRUPT when it cannot be read.
 */
export function liveSpec(app: string, entry: KeyValue | undefined): AppSpec {
  const spec = storedSpec(app, entry);
  if (spec.deleting === true) throw appDeleting(app);
  return spec;
}

/** As `liveSpec`, also of an app that is being removed. */
export function storedSpec(app: string, entry: KeyValue | undefined): AppSpec {
  if (entry === undefined) throw appNotFound(app);
  const decoded = decodeAppSpec(entry.value);
  if (decoded.ok) return decoded.value;
  throw unreadableSpec(app, decoded.problem);
}

export function unreadableSpec(app: string, problem: string): SmError {
  return new SmError('STORE_CORRUPT', `spec of app ${app} cannot be read: ${problem}`, {
    hint: `written by a newer sm: bring the daemons to that version; damaged: write it again with the limits that it had: sm app create ${app} --max-shard-count N --max-recovery-time S`,
    object: `app/${app}`,
  });
}
