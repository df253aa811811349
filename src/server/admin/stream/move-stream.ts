/** Moves of an app as they happen. */
import type {Keys} from '../../../etcd/keys.ts';
import type {MoveEvent} from '../../../protocol/admin.ts';
import {decodeMoveRound} from '../../../protocol/records.ts';
import {versionedRecord} from '../../../store/ownership-transactions.ts';
import type {WatchEvent} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {readKeys} from '../read/listing.ts';
import {runningMove} from '../read/moves.ts';
import {tokenOf} from '../read/shard-views.ts';
import {watchFeed} from './watch-feed.ts';
import type {FeedSource} from './watch-feed.ts';

/**
 * Events from behind `after` (default: from now) until the signal is aborted. Events of one revision share its id: a
 * caller that resumes may see some of the last revision's events missing, none doubled.
 * `store`: as in `eventStream`.
 * @throws SmError APP_NOT_FOUND and store errors before the first event.
 */
export async function* moveEvents(
  dependencies: AdminDependencies,
  {service, after}: {service: string; after?: string | undefined},
  signal: AbortSignal,
  store: FeedSource<MoveEvent>['store'] = dependencies.store,
): AsyncGenerator<MoveEvent> {
  const {keys} = dependencies;
  const {revision, epoch} = await readKeys(dependencies, service, []);
  const from = after === undefined ? revision : Math.min(Number(after), revision);
  const itemsOf = (event: WatchEvent, at: number): MoveEvent[] => eventsOf(keys, epoch, event, at);
  yield* watchFeed({store, prefix: keys.appRuntimePrefix(service), itemsOf}, from, signal);
}

function eventsOf(keys: Keys, epoch: number, event: WatchEvent, at: number): MoveEvent[] {
  const key = event.type === 'put' ? event.entry.key : event.key;
  const parsed = keys.parse(key);
  const revision = String(at);
  if (parsed?.kind === 'ownership') return [ownEvent(parsed.shard, epoch, event, revision)];
  if (parsed?.kind !== 'moves' || event.type === 'delete') return [];
  const round = decodeMoveRound(event.entry.value);
  return round.ok ? round.value.map((move) => ({type: 'finished', revision, move})) : [];
}

function ownEvent(shard: string, epoch: number, event: WatchEvent, revision: string): MoveEvent {
  const known = event.type === 'put' ? versionedRecord(event.entry) : undefined;
  const move = known === undefined ? undefined : runningMove(shard, known);
  if (move !== undefined) return {type: 'running', revision, move};
  const container = known?.value.state === 'owned' ? known.value.container : '';
  return {type: 'settled', revision, shard, container, token: tokenOf(known, epoch)};
}
