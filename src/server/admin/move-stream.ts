/** Moves as they happen: one watch of the app, in the order of revisions, so that a caller can go on where it stopped. */
import type {MoveEvent} from '../../protocol/admin.ts';
import {decodeMoveRound} from '../../protocol/records.ts';
import {versionedRecord} from '../../store/ownership-transactions.ts';
import type {Watch, WatchBatch, WatchEvent} from '../../store/port.ts';
import type {AdminDependencies} from './dependencies.ts';
import {readKeys} from './listing.ts';
import {runningMove} from './moves.ts';
import {tokenOf} from './shard-views.ts';

/** Events kept for a caller that reads slowly; past this it gets a gap. */
const BACKLOG_LIMIT = 10_000;

/**
 * Events from behind `after` (default: from now) until the signal is aborted. Events of one revision share its id: a
 * caller that resumes may see some of the last revision's events missing, none doubled.
 * @throws SmError APP_NOT_FOUND and store errors before the first event.
 */
export async function* moveEvents(
  dependencies: AdminDependencies,
  {service, after}: {service: string; after?: string | undefined},
  signal: AbortSignal,
): AsyncGenerator<MoveEvent> {
  const {revision, epoch} = await readKeys(dependencies, service, []);
  const from = after === undefined ? revision : Math.min(Number(after), revision);
  const feed = new MoveFeed(dependencies, service, epoch, from, signal);
  try {
    yield {type: 'hello', revision: String(from)};
    while (!signal.aborted) yield* await feed.next();
  } finally {
    feed.close();
  }
}

class MoveFeed {
  private readonly dependencies: AdminDependencies;
  private readonly app: string;
  private readonly epoch: number;
  private backlog: MoveEvent[] = [];
  private wake: () => void = () => undefined;
  private lost: string | undefined;
  private watch: Watch;
  private readonly signal: AbortSignal;

  constructor(
    dependencies: AdminDependencies,
    app: string,
    epoch: number,
    after: number,
    signal: AbortSignal,
  ) {
    this.dependencies = dependencies;
    this.app = app;
    this.epoch = epoch;
    this.signal = signal;
    this.watch = this.open(after + 1);
    signal.addEventListener('abort', () => this.wake(), {once: true});
  }

  close(): void {
    this.watch.close();
  }

  /** The events that have come, at least one unless the signal was aborted. */
  async next(): Promise<MoveEvent[]> {
    if (this.backlog.length === 0 && this.lost === undefined && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const events = this.backlog;
    this.backlog = [];
    if (this.lost !== undefined) events.push(await this.startAnew(this.lost));
    return events;
  }

  private open(fromRevision: number): Watch {
    const {store, keys} = this.dependencies;
    return store.watch(keys.appRuntimePrefix(this.app), fromRevision, {
      onBatch: (batch) => this.take(batch),
      onLost: (reason) => this.lose(reason),
    });
  }

  private take({revision, events}: WatchBatch): void {
    for (const event of events) this.backlog.push(...this.eventsOf(event, revision));
    if (this.backlog.length > BACKLOG_LIMIT) {
      this.watch.close();
      this.backlog = [];
      this.lose('the caller reads too slowly');
    } else if (this.backlog.length > 0) this.wake();
  }

  private lose(reason: string): void {
    this.lost = reason;
    this.wake();
  }

  private async startAnew(reason: string): Promise<MoveEvent> {
    this.lost = undefined;
    const {revision} = await this.dependencies.store.status();
    this.watch = this.open(revision + 1);
    return {type: 'gap', revision: String(revision), reason};
  }

  private eventsOf(event: WatchEvent, at: number): MoveEvent[] {
    const key = event.type === 'put' ? event.entry.key : event.key;
    const parsed = this.dependencies.keys.parse(key);
    const revision = String(at);
    if (parsed?.kind === 'ownership') return [this.ownEvent(parsed.shard, event, revision)];
    if (parsed?.kind !== 'moves' || event.type === 'delete') return [];
    const round = decodeMoveRound(event.entry.value);
    return round.ok ? round.value.map((move) => ({type: 'finished', revision, move})) : [];
  }

  private ownEvent(shard: string, event: WatchEvent, revision: string): MoveEvent {
    const known = event.type === 'put' ? versionedRecord(event.entry) : undefined;
    const move = known === undefined ? undefined : runningMove(shard, known);
    if (move !== undefined) return {type: 'running', revision, move};
    const container = known?.value.state === 'owned' ? known.value.container : '';
    return {type: 'settled', revision, shard, container, token: tokenOf(known, this.epoch)};
  }
}
