/** What a consumer of a watch knows: one listing, then changes, listing again when told that some may be missing. */
import type {Store, Watch, WatchBatch, WatchEvent} from '../../src/store/port.ts';

export class Mirror {
  readonly known = new Map<string, string>();
  readonly losses: string[] = [];
  /** Changes that came as events, not by a listing. */
  changes = 0;
  /** Broken promises of the port: doubled or disordered changes. */
  readonly faults: string[] = [];
  private readonly store: Store;
  private readonly prefix: string;
  private watch: Watch | undefined;
  private last = 0;
  private closed = false;

  constructor(store: Store, prefix: string) {
    this.store = store;
    this.prefix = prefix;
  }

  /** Lists, then watches from the next revision. */
  async start(): Promise<void> {
    const {revision, entries} = await this.store.list([this.prefix]);
    if (this.closed) return;
    this.known.clear();
    for (const {key, value} of entries) this.known.set(key, value);
    this.last = revision;
    this.watch = this.store.watch(this.prefix, revision + 1, {
      onBatch: (batch) => this.apply(batch),
      onLost: (reason) => {
        this.losses.push(reason);
        void this.restart();
      },
    });
  }

  close(): void {
    this.closed = true;
    this.watch?.close();
  }

  private async restart(): Promise<void> {
    while (!this.closed) {
      try {
        await this.start();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  private apply({revision, events}: WatchBatch): void {
    let newest = this.last;
    for (const event of events) {
      const mod = event.type === 'put' ? event.entry.mod : event.mod;
      if (mod <= this.last || mod < newest) this.faults.push(`${mod} after ${newest}`);
      newest = Math.max(newest, mod);
      this.changes += 1;
      this.take(event);
    }
    if (newest !== revision) this.faults.push(`batch says ${revision}, holds ${newest}`);
    this.last = newest;
  }

  private take(event: WatchEvent): void {
    if (event.type === 'put') this.known.set(event.entry.key, event.entry.value);
    else this.known.delete(event.key);
  }
}

/** The store's own content, to compare a mirror with. */
export async function contentOf(store: Store, prefix: string): Promise<Map<string, string>> {
  const {entries} = await store.list([prefix]);
  return new Map(entries.map(({key, value}) => [key, value]));
}
