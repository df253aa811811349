/** What the leader does for etcd: compaction, else heartbeats fill it, and a mark of how far the history has come. */
import type {Timer} from '../../runtime/clock.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {trimAudit} from './audit-trim.ts';
import {noteRevision} from './cluster-record.ts';
import type {KnownCluster} from './cluster-record.ts';
import {COMPACTION_INTERVALS_KEPT, COMPACTION_INTERVAL_MS} from './limits.ts';

export interface UpkeepOptions extends Pick<GovernedApp, 'store' | 'keys' | 'clock' | 'logger'> {
  readonly cluster: KnownCluster;
  readonly compaction: 'auto' | 'off';
}

export class Upkeep {
  private readonly options: UpkeepOptions;
  private cluster: KnownCluster;
  private revisions: number[] = [];
  private timer: Timer | undefined;
  /** Grows with every start and stop: a round that outlives its term sets no timer any more. */
  private term = 0;

  constructor(options: UpkeepOptions) {
    this.options = options;
    this.cluster = options.cluster;
  }

  start(): void {
    this.stop();
    this.wait();
  }

  stop(): void {
    this.term += 1;
    this.timer?.cancel();
    this.revisions = [];
  }

  private wait(): void {
    this.timer = this.options.clock.after(COMPACTION_INTERVAL_MS, () => void this.round());
  }

  private async round(): Promise<void> {
    const {term} = this;
    const {store, keys, logger, compaction} = this.options;
    try {
      this.cluster = await noteRevision(store, keys, this.cluster);
      this.revisions.push(this.cluster.record.maxRevision);
      await trimAudit(store, keys);
      const old =
        this.revisions.length > COMPACTION_INTERVALS_KEPT ? this.revisions.shift() : undefined;
      if (compaction === 'auto' && old !== undefined) await store.compact(old);
    } catch (error) {
      logger.warn({error: String(error)}, 'upkeep of etcd failed: trying again in 5 minutes');
    }
    if (term === this.term) this.wait();
  }
}
