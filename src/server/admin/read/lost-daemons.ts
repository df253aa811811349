/** Daemons that were lost and are not back. Nothing in the store names them any more but the event of their loss. */
import type {ContainerView, StatusAnswer} from '../../../protocol/admin.ts';
import {decodeEventRound} from '../../../protocol/records.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {LOST_DAEMON_NAMED_MS} from '../limits.ts';

type LostDaemons = NonNullable<StatusAnswer['lostDaemons']>;

/** By id. `daemons`: those of which there is a heartbeat or a record. */
export async function lostDaemons(
  {store, keys, service, wallMs, apps = 'all'}: AdminDependencies,
  daemons: readonly ContainerView[],
): Promise<LostDaemons> {
  if (apps !== 'all') return [];
  const {entries} = await store.list([keys.eventsPrefix(service)]);
  const lostAt = new Map<string, string>();
  // By key, which is by time: the last word counts.
  for (const {value} of entries) {
    const round = decodeEventRound(value);
    for (const event of round.ok ? round.value : []) {
      if ('kind' in event) continue;
      if (event.state === 'lost') lostAt.set(event.container, event.at);
      else lostAt.delete(event.container);
    }
  }
  for (const {id} of daemons) lostAt.delete(id);
  return [...lostAt]
    .filter(([, at]) => wallMs() - Date.parse(at) < LOST_DAEMON_NAMED_MS)
    .map(([id, at]) => ({id, at}))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
