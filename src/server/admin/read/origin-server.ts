/** Whether a server of the Go project runs below the same prefix: then nobody of ours may govern (MIGRATION.md). */
import {visible} from '../../../model/visible.ts';
import {ORIGIN_SERVER_TEXT, originServerOf} from '../../../protocol/push.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {check} from './check.ts';
import type {Check} from './check.ts';

/** Nothing where there is none. @throws SmError STORE_UNAVAILABLE, STORE_AUTH. */
export async function originServerChecks({
  keys,
  store,
}: Pick<AdminDependencies, 'keys' | 'store'>): Promise<Check[]> {
  const {entries} = await store.list([keys.leader()]);
  const servers = entries
    .filter(({key}) => keys.parse(key)?.kind === 'originLeader')
    .map(({value}) => visible(originServerOf(value)));
  if (servers.length === 0) return [];
  const text = `${ORIGIN_SERVER_TEXT}: ${servers.join(', ')}`;
  return [check('other server', 'FAIL', text, 'stop it, or give this service another etcdPrefix')];
}
