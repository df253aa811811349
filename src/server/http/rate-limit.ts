/** How often one caller may call: by token, or by address where no token is asked for. */
import rateLimit from '@fastify/rate-limit';
import type {FastifyInstance, FastifyRequest, onRequestAsyncHookHandler} from 'fastify';
import {SmError} from '../../model/errors.ts';
import {CallBuckets} from '../../runtime/call-buckets.ts';
import type {BucketOptions, Verdict} from '../../runtime/call-buckets.ts';
import {isOpen} from './access.ts';
import type {HttpDependencies} from './dependencies.ts';
import {callerOf} from './heavy-calls.ts';
import {CALLERS_LIMIT, CALLS_AT_ONCE, CALLS_PER_SECOND} from './limits.ts';

/** Call after the access guard: refused callers are not counted, probes and hints are free. Loopback without auth is not limited. */
export function limitRates(
  server: FastifyInstance,
  {tokens, allowedHosts}: Pick<HttpDependencies, 'tokens' | 'allowedHosts'>,
): void {
  if (tokens === 'none' && allowedHosts !== 'any') return;
  void server.register(rateLimit, {
    global: false,
    max: CALLS_AT_ONCE,
    store: bucketStore({
      burst: CALLS_AT_ONCE,
      refillMs: 1_000 / CALLS_PER_SECOND,
      callers: CALLERS_LIMIT,
    }),
    keyGenerator: (request) => callerOf(request, tokens),
    errorResponseBuilder: () =>
      new SmError(
        'RATE_LIMITED',
        `more than ${CALLS_AT_ONCE} calls at once, or more than ${CALLS_PER_SECOND} calls per second`,
        {
          hint: 'wait for the time in Retry-After; send shards in batches',
          retryable: true,
        },
      ),
  });
  let limit: onRequestAsyncHookHandler | undefined;
  server.after(() => {
    limit = server.rateLimit() as unknown as onRequestAsyncHookHandler;
  });
  server.addHook('onRequest', async function (request: FastifyRequest, reply) {
    if (limit !== undefined && !isOpen(request)) await limit.call(this, request, reply);
  });
}

/** What @fastify/rate-limit asks of a store. */
interface RateStore {
  incr(caller: string, done: (error: Error | null, verdict?: Verdict) => void): void;
  child(): RateStore;
}

/** The buckets as a class that the plugin makes itself. Its own store counts windows, and decides on all calls of one turn by the count of the last. */
function bucketStore(options: BucketOptions): new () => RateStore {
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
