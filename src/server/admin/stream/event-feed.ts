/** Events as they happen, of one app or of all. */
import type {Keys} from '../../../etcd/keys.ts';
import type {AdminRequest, EventView, StreamedEvent} from '../../../protocol/admin.ts';
import type {WatchBatch} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {eventsOf, maySee} from '../read/events.ts';
import {readKeys} from '../read/listing.ts';
import {isRepeated, oncePerBatch, watchFeed} from './watch-feed.ts';
import {storeWords} from './store-words.ts';
import type {StreamSources} from './store-words.ts';

/** All that a batch says, and what of that concerns those who ask for the same. */
const readOnce = oncePerBatch<readonly EventView[]>();
const chosenOnce = oncePerBatch<readonly EventView[]>();

function readBatch(keys: Keys, {events}: WatchBatch): EventView[] {
  return events.flatMap((event) => {
    if (event.type !== 'put' || isRepeated(event.entry)) return [];
    const parsed = keys.parse(event.entry.key);
    return parsed === undefined ? [] : eventsOf(parsed, event.entry);
  });
}

/**
 * Events from behind `after` (default: from now) until the signal is aborted.
 * `store`: what is watched, which others may share; default: the store itself. `probe`: asks whether it answers; without it nothing is said of that.
 * @throws SmError APP_NOT_FOUND and store errors before the first event.
 */
export async function* eventStream(
  dependencies: AdminDependencies,
  {service, after, audit}: AdminRequest<'eventsStream'>,
  signal: AbortSignal,
  {store = dependencies.store, probe}: StreamSources = {},
): AsyncGenerator<readonly StreamedEvent[]> {
  const {keys, apps} = dependencies;
  const {revision} = await readKeys(dependencies, service ?? dependencies.service, []);
  const isWanted = (one: EventView): boolean =>
    maySee(one, apps) &&
    (!audit || one.type === 'audit') &&
    (service === undefined || one.service === service || one.type === 'outage');
  const asked = JSON.stringify([service, audit, apps]);
  const itemsOf = (batch: WatchBatch): readonly StreamedEvent[] => {
    const all = readOnce(batch, '', () => readBatch(keys, batch));
    return all.length === 0 ? all : chosenOnce(batch, asked, () => all.filter(isWanted));
  };
  const besides = storeWords(probe, dependencies.wallMs);
  const source = {store, prefix: keys.everyAppPrefix(), itemsOf, besides};
  yield* watchFeed(source, {revision, after}, signal);
}
