/** Events as they happen: one watch over all apps, in the order of revisions, so that a caller can go on where it stopped. */
import type {StreamedEvent} from '../../protocol/admin.ts';
import type {Watch, WatchBatch} from '../../store/port.ts';
import type {AdminDependencies} from './dependencies.ts';
import {eventsOf} from './events.ts';
import {readKeys} from './listing.ts';

/** Events kept for a caller that reads slowly; past this it gets a gap. */
const BACKLOG_LIMIT = 10_000;

/**
 * Events from behind `after` (default: from now) until the signal is aborted.
 * @throws SmError APP_NOT_FOUND and store errors before the first event.
 */
export async function* eventStream(
  dependencies: AdminDependencies,
  {service, after}: {service?: string | undefined; after?: string | undefined},
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  const {revision} = await readKeys(dependencies, service ?? dependencies.service, []);
  const from = after === undefined ? revision : Math.min(Number(after), revision);
  const feed = new EventFeed(dependencies, service, from, signal);
  try {
    yield {type: 'hello', revision: String(from)};
    while (!signal.aborted) yield* await feed.next();
  } finally {
    feed.close();
  }
}

class EventFeed {
  private readonly dependencies: AdminDependencies;
  private readonly service: string | undefined;
  private readonly signal: AbortSignal;
  private backlog: StreamedEvent[] = [];
  private wake: () => void = () => undefined;
  private lost: string | undefined;
  private watch: Watch;

  constructor(
    dependencies: AdminDependencies,
    service: string | undefined,
    after: number,
    signal: AbortSignal,
  ) {
    this.dependencies = dependencies;
    this.service = service;
    this.signal = signal;
    this.watch = this.open(after + 1);
    signal.addEventListener('abort', () => this.wake(), {once: true});
  }

  close(): void {
    this.watch.close();
  }

  async next(): Promise<StreamedEvent[]> {
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
    return store.watch(keys.everyAppPrefix(), fromRevision, {
      onBatch: (batch) => this.take(batch),
      onLost: (reason) => this.lose(reason),
    });
  }

  private take({events}: WatchBatch): void {
    const {keys} = this.dependencies;
    for (const event of events) {
      if (event.type !== 'put') continue;
      const parsed = keys.parse(event.entry.key);
      if (parsed === undefined) continue;
      for (const told of eventsOf(parsed, event.entry))
        if (this.service === undefined || told.service === this.service) this.backlog.push(told);
    }
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

  private async startAnew(reason: string): Promise<StreamedEvent> {
    this.lost = undefined;
    const {revision} = await this.dependencies.store.status();
    this.watch = this.open(revision + 1);
    return {type: 'gap', revision: String(revision), reason};
  }
}
