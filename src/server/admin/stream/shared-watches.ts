/**
 * Watches that many streams share: one of the store for each prefix, however many listen. Batches are kept for a while, so that whoever begins a little behind
 * the newest one gets what is between.
 */
import type {Store, Watch, WatchBatch, WatchEvent, WatchListener} from '../../../store/port.ts';
import {RING_CHARACTERS, RING_ROWS} from '../limits.ts';
import {charactersOf} from './watch-feed.ts';

interface Listening {
  readonly fromRevision: number;
  readonly listener: WatchListener;
  /** It has got what was kept. */
  isLive: boolean;
}

class SharedWatch {
  private readonly listening = new Set<Listening>();
  private readonly kept: WatchBatch[] = [];
  private keptEvents = 0;
  private keptCharacters = 0;
  /** Of what is newer, all is kept. */
  private low: number;
  private readonly watch: Watch;

  constructor(
    store: Pick<Store, 'watch'>,
    prefix: string,
    fromRevision: number,
    onLost: () => void,
  ) {
    this.low = fromRevision - 1;
    this.watch = store.watch(prefix, fromRevision, {
      onBatch: (batch) => this.take(batch),
      onLost: (reason) => {
        onLost();
        for (const one of [...this.listening]) one.listener.onLost(reason);
      },
    });
  }

  /** Whether a listener may begin there. */
  covers(fromRevision: number): boolean {
    return fromRevision > this.low;
  }

  /** `onUnused`: nobody listens any more. */
  listen(fromRevision: number, listener: WatchListener, onUnused: () => void): Watch {
    const one: Listening = {fromRevision, listener, isLive: false};
    this.listening.add(one);
    queueMicrotask(() => {
      if (!this.listening.has(one)) return;
      one.isLive = true;
      for (const batch of this.kept) deliver(one, batch);
    });
    const {watch} = this;
    return {
      close: () => {
        if (!this.listening.delete(one) || this.listening.size > 0) return;
        watch.close();
        onUnused();
      },
      ...(watch.reached === undefined ? {} : {reached: () => watch.reached!()}),
    };
  }

  private take(batch: WatchBatch): void {
    this.kept.push(batch);
    this.keptEvents += batch.events.length;
    this.keptCharacters += charactersOf(batch);
    for (const one of [...this.listening]) if (one.isLive) deliver(one, batch);
    // The newest stays: whoever has begun in this turn has not got it yet.
    while (this.kept.length > 1 && this.keepsTooMuch) {
      const oldest = this.kept.shift();
      if (oldest === undefined) break;
      this.keptEvents -= oldest.events.length;
      this.keptCharacters -= charactersOf(oldest);
      this.low = oldest.revision;
    }
  }

  private get keepsTooMuch(): boolean {
    return this.keptEvents + this.kept.length > RING_ROWS || this.keptCharacters > RING_CHARACTERS;
  }
}

function deliver({fromRevision, listener}: Listening, batch: WatchBatch): void {
  const [first] = batch.events;
  if (batch.revision < fromRevision || first === undefined) return;
  // Whoever listens for long gets the batch that all get: what is made of it is made once.
  if (modOf(first) >= fromRevision) return listener.onBatch(batch);
  const events = batch.events.filter((event) => modOf(event) >= fromRevision);
  listener.onBatch({...batch, events});
}

function modOf(event: WatchEvent): number {
  return event.type === 'put' ? event.entry.mod : event.mod;
}

/** What streams watch by. */
export class SharedWatches implements Pick<Store, 'watch' | 'status'> {
  private readonly store: Pick<Store, 'watch' | 'status'>;
  private readonly byPrefix = new Map<string, SharedWatch>();

  constructor(store: Pick<Store, 'watch' | 'status'>) {
    this.store = store;
  }

  /** Watches of the store that are open for more than one listener, or may be. */
  get size(): number {
    return this.byPrefix.size;
  }

  watch(prefix: string, fromRevision: number, listener: WatchListener): Watch {
    const known = this.byPrefix.get(prefix);
    // Whoever begins long ago reads the past by himself.
    if (known?.covers(fromRevision) === false)
      return this.store.watch(prefix, fromRevision, listener);
    const forget = (): void => {
      if (this.byPrefix.get(prefix) === shared) this.byPrefix.delete(prefix);
    };
    const shared: SharedWatch =
      known ?? new SharedWatch(this.store, prefix, fromRevision, () => forget());
    this.byPrefix.set(prefix, shared);
    return shared.listen(fromRevision, listener, forget);
  }

  status(): ReturnType<Store['status']> {
    return this.store.status();
  }
}
