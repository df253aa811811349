/** Whether the store answers, asked while anyone watches: a daemon that lives but has lost etcd must not look well. */
import type {LiveBeat} from '../../../../protocol/admin.ts';
import {LIVE_BEAT_MS} from '../../../../protocol/admin.ts';
import {messageOf} from '../../../../model/failure-text.ts';
import {writesText} from '../../../../model/store-writes.ts';
import type {AdminDependencies} from '../../dependencies.ts';
import {STORE_PROBE_TIMEOUT_MS} from '../../limits.ts';

type Word = Pick<LiveBeat, 'lagMs' | 'store'>;
type ProbeDependencies = Pick<AdminDependencies, 'store' | 'wallMs' | 'writes'>;

const WELL: Word = {lagMs: 0, store: {ok: true, since: '', reason: ''}};

export class StoreProbe {
  private readonly dependencies: ProbeDependencies;
  private readonly listeners = new Set<(word: Word) => void>();
  private users = 0;
  private timer: NodeJS.Timeout | undefined;
  private last: Word = WELL;

  constructor(dependencies: ProbeDependencies) {
    this.dependencies = dependencies;
  }

  /** Asks until the last user has called what this returns. */
  use(): () => void {
    this.users++;
    if (this.users === 1) {
      // What was so while nobody asked says nothing of now.
      this.last = WELL;
      void this.ask();
    }
    return () => {
      this.users--;
      if (this.users === 0) clearTimeout(this.timer);
    };
  }

  /** As `use`; the listener is called when the store goes away and when it is back, and at once where it is away. */
  follow(listener: (word: Word) => void): () => void {
    const release = this.use();
    this.listeners.add(listener);
    if (!this.last.store.ok) listener(this.last);
    return () => {
      this.listeners.delete(listener);
      release();
    };
  }

  word(): Word {
    return this.last;
  }

  private async ask(): Promise<void> {
    const before = this.last;
    const startedMs = performance.now();
    try {
      await this.dependencies.store.status({timeoutMs: STORE_PROBE_TIMEOUT_MS});
      const writes = this.dependencies.writes();
      // Since when stands beside it: where there is little room, the reason comes first.
      if (writes.kind === 'none') throw new Error(writes.reason || writesText(writes));
      const lagMs = Math.round(performance.now() - startedMs);
      this.last = {lagMs, store: {ok: true, since: '', reason: ''}};
    } catch (error) {
      this.away(error, performance.now() - startedMs);
    }
    if (before.store.ok !== this.last.store.ok)
      for (const listener of [...this.listeners]) listener(this.last);
    clearTimeout(this.timer);
    if (this.users === 0) return;
    this.timer = setTimeout(() => void this.ask(), LIVE_BEAT_MS);
    this.timer.unref();
  }

  private away(error: unknown, tookMs: number): void {
    const since =
      this.last.store.since || new Date(this.dependencies.wallMs() - tookMs).toISOString();
    const reason = messageOf(error);
    this.last = {lagMs: Math.round(tookMs), store: {ok: false, since, reason}};
  }
}
