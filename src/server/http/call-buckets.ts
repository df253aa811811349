/** The store behind the rate limit. The plugin's own counts windows, and decides on all calls of one turn by the count of the last. */
import {performance} from 'node:perf_hooks';
import {CallBuckets} from '../../runtime/call-buckets.ts';
import type {BucketOptions, Verdict} from '../../runtime/call-buckets.ts';

/** What @fastify/rate-limit asks of a store. */
interface RateStore {
  incr(caller: string, done: (error: Error | null, verdict?: Verdict) => void): void;
  child(): RateStore;
}

/** The buckets as a class that the plugin makes itself. */
export function bucketStore(options: BucketOptions): new () => RateStore {
  return class implements RateStore {
    readonly #buckets = new CallBuckets(options);

    incr(...[caller, done]: Parameters<RateStore['incr']>): void {
      done(null, this.#buckets.take(caller, performance.now()));
    }

    child(): RateStore {
      return this;
    }
  };
}
