/** Events as they happen, of one app or of all. */
import type {StreamedEvent} from '../../../protocol/admin.ts';
import type {WatchEvent} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {eventsOf, maySee} from '../read/events.ts';
import {readKeys} from '../read/listing.ts';
import {watchFeed} from './watch-feed.ts';

/**
 * Events from behind `after` (default: from now) until the signal is aborted.
 * @throws SmError APP_NOT_FOUND and store errors before the first event.
 */
export async function* eventStream(
  dependencies: AdminDependencies,
  {
    service,
    after,
    audit,
  }: {service?: string | undefined; after?: string | undefined; audit: boolean},
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  const {store, keys, apps} = dependencies;
  const {revision} = await readKeys(dependencies, service ?? dependencies.service, []);
  const from = after === undefined ? revision : Math.min(Number(after), revision);
  const told = (event: WatchEvent): StreamedEvent[] => {
    const parsed = event.type === 'put' ? keys.parse(event.entry.key) : undefined;
    if (event.type !== 'put' || parsed === undefined) return [];
    const all = eventsOf(parsed, event.entry).filter(
      (one) => maySee(one, apps) && (!audit || one.type === 'audit'),
    );
    return service === undefined
      ? all
      : all.filter((one) => one.service === service || one.type === 'outage');
  };
  yield* watchFeed({store, prefix: keys.everyAppPrefix(), told}, from, signal);
}
