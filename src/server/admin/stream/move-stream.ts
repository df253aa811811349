/** Moves of an app as they happen. */
import type {Keys} from '../../../etcd/keys.ts';
import type {MoveEvent} from '../../../protocol/admin.ts';
import {decodeAppStatus, decodeMoveRound} from '../../../protocol/records.ts';
import {versionedRecord} from '../../../store/ownership-transactions.ts';
import type {WatchEvent} from '../../../store/port.ts';
import type {AdminDependencies} from '../dependencies.ts';
import {waitViews} from '../read/move-waits.ts';
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
  const waits = new WaitNews(service);
  const itemsOf = (event: WatchEvent, at: number): MoveEvent[] =>
    waits.eventsOf(keys, event, at) ?? eventsOf(keys, epoch, event, at);
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

/** The summary changes for many reasons; of interest is what moves wait for. */
class WaitNews {
  private readonly app: string;
  private last = '[]';

  constructor(app: string) {
    this.app = app;
  }

  /** Undefined: it is not the summary that has changed. */
  eventsOf(keys: Keys, event: WatchEvent, at: number): MoveEvent[] | undefined {
    const key = event.type === 'put' ? event.entry.key : event.key;
    if (keys.parse(key)?.kind !== 'status') return undefined;
    const status = event.type === 'put' ? decodeAppStatus(event.entry.value) : undefined;
    if (status?.ok !== true) return [];
    const waits = waitViews({app: this.app, status: status.value});
    const text = JSON.stringify(waits);
    if (text === this.last) return [];
    this.last = text;
    return [{type: 'waiting', revision: String(at), waits}];
  }
}

function ownEvent(shard: string, epoch: number, event: WatchEvent, revision: string): MoveEvent {
  const known = event.type === 'put' ? versionedRecord(event.entry) : undefined;
  const move = known === undefined ? undefined : runningMove(shard, known);
  if (move !== undefined) return {type: 'running', revision, move};
  const container = known?.value.state === 'owned' ? known.value.container : '';
  return {type: 'settled', revision, shard, container, token: tokenOf(known, epoch)};
}
