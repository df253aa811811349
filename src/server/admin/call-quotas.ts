/** How often an app may be called, and the daemon for all apps together. Each daemon counts for itself. */
import {valueOf} from '../../appview/app-news.ts';
import {appQuota, overAppQuota, overClusterQuota} from '../../model/quota.ts';
import type {ClusterQuota} from '../../model/quota.ts';
import {decodeAppSpec} from '../../protocol/records.ts';
import type {Keys} from '../../etcd/keys.ts';
import type {Store} from '../../store/port.ts';
import {CallBuckets} from '../../runtime/call-buckets.ts';
import {CALL_BURST_S, CALL_QUOTA_FRESH_MS, LEDGERS_LIMIT} from './limits.ts';

interface Reading {
  readonly store: Store;
  readonly keys: Keys;
}

interface Bucket {
  readonly perSecond: number;
  readonly readAtMs: number;
  readonly calls: CallBuckets;
}

const CALLER = '';

export class CallQuotas {
  private readonly buckets = new Map<string, Bucket>();
  private all: Bucket | undefined;
  private readonly options: {cluster: () => ClusterQuota; nowMs: () => number};

  constructor(options: CallQuotas['options']) {
    this.options = options;
  }

  /** Counts one call; `app` undefined: of none. @throws SmError QUOTA (retryable), and what the store throws. */
  async take(reading: Reading, app: string | undefined): Promise<void> {
    const {callsPerSecond} = this.options.cluster();
    this.all = bucketOf(this.all, callsPerSecond, 0);
    if (isOver(this.all, this.options.nowMs()))
      throw overClusterQuota('callsPerSecond', callsPerSecond, callsPerSecond);
    if (app === undefined) return;
    const bucket = await this.ofApp(reading, app);
    if (bucket !== undefined && isOver(bucket, this.options.nowMs()))
      throw overAppQuota(app, 'callsPerSecond', bucket.perSecond, bucket.perSecond);
  }

  /** Undefined: there is no such app. */
  private async ofApp({store, keys}: Reading, app: string): Promise<Bucket | undefined> {
    const known = this.buckets.get(app);
    if (known !== undefined && this.options.nowMs() - known.readAtMs < CALL_QUOTA_FRESH_MS)
      return known;
    // Who reads next goes by what is known until this has been read: one read however many call.
    if (known !== undefined) this.buckets.set(app, {...known, readAtMs: this.options.nowMs()});
    const {entry} = await store.get(keys.appSpec(app));
    if (entry === undefined) {
      this.buckets.delete(app);
      return undefined;
    }
    const {callsPerSecond} = appQuota(valueOf(entry, decodeAppSpec)?.quota);
    const bucket = bucketOf(this.buckets.get(app), callsPerSecond, this.options.nowMs());
    this.buckets.set(app, bucket);
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > LEDGERS_LIMIT && oldest !== undefined) this.buckets.delete(oldest);
    return bucket;
  }
}

function bucketOf(known: Bucket | undefined, perSecond: number, readAtMs: number): Bucket {
  if (known?.perSecond === perSecond) return {...known, readAtMs};
  const options = {burst: CALL_BURST_S * perSecond, refillMs: 1_000 / perSecond, callers: 1};
  return {perSecond, readAtMs, calls: new CallBuckets(options)};
}

function isOver({calls, perSecond}: Bucket, nowMs: number): boolean {
  return calls.take(CALLER, nowMs).current > CALL_BURST_S * perSecond;
}
