/** One app as `sm export` writes it: the whole of it, or nothing. */
import type {AdminClient} from '../admin/admin-client.ts';
import type {PrintedApp} from '../config/apps-print.ts';
import {firstOf} from '../model/and-more.ts';
import {counted} from '../model/counted.ts';
import {SmError} from '../model/errors.ts';
import {visible} from '../model/visible.ts';
import {SHARDS_NAMED} from './limits.ts';

/** @throws SmError STORE_CORRUPT when the spec of one of its shards cannot be read: a file without that shard would pass for the whole app. */
export async function exportedApp(
  client: Pick<AdminClient, 'call'>,
  service: string,
): Promise<PrintedApp> {
  const {app, specRevision, unreadableShards} = await client.call('exportApp', {service});
  if (unreadableShards !== undefined) throw unreadable(service, unreadableShards);
  return {name: service, revision: specRevision, ...app};
}

function unreadable(service: string, shards: readonly string[]): SmError {
  const named = firstOf(shards.map(visible), SHARDS_NAMED);
  const what = `specs of ${counted(shards.length, 'shard')}`;
  return new SmError('STORE_CORRUPT', `${what} of app ${service} cannot be read: ${named}`, {
    hint: 'fix them as in docs/alarms/QUARANTINE.md; sm store export backs up all keys as they are',
    object: `app/${service}`,
  });
}
