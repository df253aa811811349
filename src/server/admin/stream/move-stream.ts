/** Moves of an app as they happen. */
import type {Keys} from '../../../etcd/keys.ts';
import type {MoveEvent} from '../../../protocol/admin.ts';
import {decodeAppStatus, decodeMoveRound} from '../../../protocol/records.ts';
import {versionedRecord} from '../../../store/ownership-transactions.ts';
import type {WatchBatch, WatchEvent} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {waitViews} from '../read/move-waits.ts';
import {readKeys} from '../read/listing.ts';
import {runningMove} from '../read/moves.ts';
import {tokenOf} from '../read/shard-views.ts';
import {isRepeated, oncePerBatch, watchFeed} from './watch-feed.ts';
import {storeWords} from './store-words.ts';
import type {StreamSources} from './store-words.ts';

/**
 * Events from behind `after` (default: from now) until the signal is aborted. Events of one revision share its id: a
 * caller that was cut off in the middle of one resumes before it, and gets the same events in the same order.
 * Sources: as in `eventStream`.
 * @throws SmError APP_NOT_FOUND and store errors before the first event.
 */
export async function* moveEvents(
  dependencies: AdminDependencies,
  {service, after}: {service: string; after?: string | undefined},
  signal: AbortSignal,
  {store = dependencies.store, probe}: StreamSources = {},
): AsyncGenerator<readonly MoveEvent[]> {
  const {keys} = dependencies;
  const begun = await readKeys(dependencies, service, []);
  const {revision} = begun;
  const waits = new WaitNews();
  const itemsOf = (batch: WatchBatch): readonly MoveEvent[] => {
    // A stream may outlive a restore: after it was accepted, tokens are of another epoch.
    const epoch = Math.max(begun.epoch, dependencies.epoch());
    return waits.newOf(
      readOnce(batch, JSON.stringify([service, epoch]), () =>
        batch.events.flatMap((event) => eventsOf({keys, epoch, service}, event)),
      ),
    );
  };
  const besides = storeWords(probe, dependencies.wallMs);
  const source = {store, prefix: keys.appRuntimePrefix(service), itemsOf, besides};
  yield* watchFeed(source, {revision, after}, signal);
}

/** What a batch says to all who listen to an app. */
const readOnce = oncePerBatch<readonly MoveEvent[]>();

interface Listened {
  readonly keys: Keys;
  readonly epoch: number;
  readonly service: string;
}

function eventsOf({keys, epoch, service}: Listened, event: WatchEvent): MoveEvent[] {
  const key = event.type === 'put' ? event.entry.key : event.key;
  const parsed = keys.parse(key);
  const revision = String(event.type === 'put' ? event.entry.mod : event.mod);
  if (parsed?.kind === 'ownership') return [ownEvent(parsed.shard, epoch, event, revision)];
  if (event.type === 'delete') return [];
  if (parsed?.kind === 'status') {
    const status = decodeAppStatus(event.entry.value);
    if (!status.ok) return [];
    return [{type: 'waiting', revision, waits: waitViews({app: service, status: status.value})}];
  }
  if (parsed?.kind !== 'moves' || isRepeated(event.entry)) return [];
  const round = decodeMoveRound(event.entry.value);
  return round.ok ? round.value.map((move) => ({type: 'finished', revision, move})) : [];
}

/** The summary changes for many reasons; of interest is what moves wait for. */
class WaitNews {
  private last = '[]';

  /** Without those that say what the last one said; the same array where there are no such events, so that its text is made once. */
  newOf(events: readonly MoveEvent[]): readonly MoveEvent[] {
    if (!events.some(({type}) => type === 'waiting')) return events;
    return events.filter((event) => event.type !== 'waiting' || this.isNew(event.waits));
  }

  private isNew(waits: Extract<MoveEvent, {type: 'waiting'}>['waits']): boolean {
    const before = this.last;
    this.last = JSON.stringify(waits);
    return this.last !== before;
  }
}

function ownEvent(shard: string, epoch: number, event: WatchEvent, revision: string): MoveEvent {
  const known = event.type === 'put' ? versionedRecord(event.entry) : undefined;
  const move = known === undefined ? undefined : runningMove(shard, known);
  if (move !== undefined) return {type: 'running', revision, move};
  const container = known?.value.state === 'owned' ? known.value.container : '';
  return {type: 'settled', revision, shard, container, token: tokenOf(known, epoch)};
}
