/** What all apps take together, counted by the leader from the summaries of their governors, for daemons and containers to read. */
import {valueOf} from '../../appview/app-news.ts';
import {chunksOf} from '../../model/chunks.ts';
import {RECORD_VERSION} from '../../model/ownership.ts';
import type {AppUsage, ClusterQuota, ClusterUsage} from '../../model/quota.ts';
import {decodeAppStatus, encodeRecord} from '../../protocol/records.ts';
import type {UsageRecord} from '../../protocol/quota-fields.ts';
import type {Keys} from '../../etcd/keys.ts';
import type {Timer} from '../../runtime/clock.ts';
import type {GovernedApp} from '../../store/governed-app.ts';
import {KEYS_PER_TRANSACTION} from '../../store/limits.ts';
import {stillGoverns} from '../../store/ownership-transactions.ts';
import type {FencingKey} from '../../store/ownership-transactions.ts';
import type {Store} from '../../store/port.ts';
import {USAGE_INTERVAL_MS} from './limits.ts';

export interface UsageReportOptions extends Pick<
  GovernedApp,
  'store' | 'keys' | 'clock' | 'logger'
> {
  /** As the configuration says now. */
  readonly quota: () => ClusterQuota;
}

export class UsageReport {
  private readonly options: UsageReportOptions;
  private timer: Timer | undefined;
  /** Grows with every start and stop: a round that outlives its term sets no timer any more. */
  private term = 0;

  constructor(options: UsageReportOptions) {
    this.options = options;
  }

  /** `fencingKey`: of the leadership in whose name it counts. */
  start(fencingKey: FencingKey): void {
    this.stop();
    this.wait(fencingKey);
  }

  stop(): void {
    this.term += 1;
    this.timer?.cancel();
  }

  private wait(fencingKey: FencingKey): void {
    this.timer = this.options.clock.after(USAGE_INTERVAL_MS, () => void this.round(fencingKey));
  }

  private async round(fencingKey: FencingKey): Promise<void> {
    const {term} = this;
    const {store, keys, logger, quota} = this.options;
    try {
      const used = await clusterUsage(store, keys);
      const record: UsageRecord = {v: RECORD_VERSION, used, quota: quota()};
      const value = encodeRecord(record);
      // Whoever else has written there, or damaged it, is written over.
      const stored = (await store.get(keys.usage())).entry?.value;
      if (term === this.term && value !== stored) {
        const then = [{op: 'put', key: keys.usage(), value}] as const;
        // The next leader writes only what is news to it: what came late from the one before would stay.
        const compares = [stillGoverns(fencingKey)];
        await store.transact({compares, then});
      }
    } catch (error) {
      logger.debug({error: String(error)}, 'the use of quotas could not be counted');
    }
    if (term === this.term) this.wait(fencingKey);
  }
}

async function clusterUsage(store: Store, keys: Keys): Promise<ClusterUsage> {
  const {entries} = await store.list([keys.shardSpecPrefix(keys.service)]);
  const apps = entries.flatMap(({key}) => {
    const parsed = keys.parse(key);
    return parsed?.kind === 'shardSpec' ? [parsed.shard] : [];
  });
  const sum = {
    apps: apps.length,
    shards: 0,
    containers: 0,
    specBytes: 0,
    groups: 0,
    pushSessions: 0,
  };
  for (const some of chunksOf(apps, KEYS_PER_TRANSACTION)) {
    const {entries: statuses} = await store.getMany(some.map((app) => keys.status(app)));
    for (const entry of statuses) {
      const usage = valueOf(entry, decodeAppStatus)?.usage;
      if (usage !== undefined) add(sum, usage);
    }
  }
  return sum;
}

function add(sum: Record<keyof AppUsage, number>, more: AppUsage): void {
  for (const name of Object.keys(more) as (keyof AppUsage)[])
    if (Object.hasOwn(sum, name)) sum[name] += more[name];
}
