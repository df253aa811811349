/** Events as they happen, of one app or of all. */
import type {Keys} from '../../../etcd/keys.ts';
import type {EventView, StreamedEvent} from '../../../protocol/admin.ts';
import type {WatchEvent} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {eventsOf, maySee} from '../read/events.ts';
import {readKeys} from '../read/listing.ts';
import {watchFeed} from './watch-feed.ts';
import type {FeedSource} from './watch-feed.ts';

/** What the same event says to all who listen. */
const read = new WeakMap<WatchEvent, readonly EventView[]>();

function readOnce(keys: Keys, event: WatchEvent): readonly EventView[] {
  let said = read.get(event);
  if (said !== undefined) return said;
  const parsed = event.type === 'put' ? keys.parse(event.entry.key) : undefined;
  said = event.type === 'put' && parsed !== undefined ? eventsOf(parsed, event.entry) : [];
  read.set(event, said);
  return said;
}

/**
 * Events from behind `after` (default: from now) until the signal is aborted.
 * `store`: what is watched, which others may share. Default: the store itself.
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
  store: FeedSource<StreamedEvent>['store'] = dependencies.store,
): AsyncGenerator<StreamedEvent> {
  const {keys, apps} = dependencies;
  const {revision} = await readKeys(dependencies, service ?? dependencies.service, []);
  const from = after === undefined ? revision : Math.min(Number(after), revision);
  const itemsOf = (event: WatchEvent): StreamedEvent[] => {
    const all = readOnce(keys, event).filter(
      (one) => maySee(one, apps) && (!audit || one.type === 'audit'),
    );
    return service === undefined
      ? all
      : all.filter((one) => one.service === service || one.type === 'outage');
  };
  yield* watchFeed({store, prefix: keys.everyAppPrefix(), itemsOf}, from, signal);
}
