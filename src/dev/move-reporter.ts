/** Tells of shards that change hands, many at once in one word: from whom to whom. */
import type {AdminClient} from '../admin/admin-client.ts';
import type {MoveEvent} from '../protocol/admin.ts';
import {pause} from '../runtime/pause.ts';
import type {Emit} from './events.ts';
import {GATHER_MS, STREAM_RETRY_MS} from './limits.ts';

export class MoveReporter {
  private readonly emit: Emit;
  private readonly stopped = new AbortController();
  private readonly following: Promise<void>;
  /** Who has a shard, as last reported. */
  private readonly owners = new Map<string, string>();
  private readonly gathered = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(admin: AdminClient, app: string, emit: Emit) {
    this.emit = emit;
    this.following = this.follow(admin, app);
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    clearTimeout(this.timer);
    await this.following;
  }

  private async follow(admin: AdminClient, app: string): Promise<void> {
    const {signal} = this.stopped;
    let after: string | undefined;
    while (!signal.aborted) {
      try {
        for await (const event of admin.movesStream(app, after, signal)) {
          after = event.revision;
          this.take(event);
        }
      } catch {
        await pause(STREAM_RETRY_MS, signal);
      }
    }
  }

  private take(event: MoveEvent): void {
    // Let go by one and not yet taken by the next is on its way: reported when it has arrived.
    if (event.type !== 'settled' || event.container === '') return;
    this.gathered.set(event.shard, event.container);
    this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  private flush(): void {
    this.timer = undefined;
    const groups = new Map<string, {from: string; to: string; shards: string[]}>();
    for (const [shard, to] of this.gathered) {
      const from = this.owners.get(shard) ?? '';
      this.owners.set(shard, to);
      if (from === to) continue;
      const key = JSON.stringify([from, to]);
      const group = groups.get(key) ?? {from, to, shards: []};
      group.shards.push(shard);
      groups.set(key, group);
    }
    this.gathered.clear();
    for (const {from, to, shards} of groups.values()) this.emit({event: 'moved', shards, from, to});
  }
}
