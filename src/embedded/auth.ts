/** One user with a password, or nobody at all: etcd's simple tokens. */
import {createHash, randomBytes, timingSafeEqual} from 'node:crypto';
import type {Metadata} from '@grpc/grpc-js';
import {hidden, revealed} from '../model/hidden-text.ts';
import type {HiddenText} from '../model/hidden-text.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import {CallBuckets} from '../runtime/call-buckets.ts';
import {failure} from './failures.ts';
import {
  ADDRESSES_KNOWN,
  GUESSES_AT_ONCE,
  GUESS_REFILL_MS,
  TOKENS_LIMIT,
  TOKEN_TTL_DEFAULT_MS,
} from './limits.ts';

export interface StoreUser {
  readonly name: string;
  readonly password: string | HiddenText;
}

export class Authenticator {
  readonly user: StoreUser | undefined;
  private readonly nowMs: () => number;
  private readonly ttlMs: number;
  /** Token and until when, in the order of last use. */
  readonly #tokens = new Map<string, number>();
  private readonly guesses = new CallBuckets({
    burst: GUESSES_AT_ONCE,
    refillMs: GUESS_REFILL_MS,
    callers: ADDRESSES_KNOWN,
  });

  /** A token lives so long after its last use. */
  constructor(user: StoreUser | undefined, nowMs: () => number, ttlMs = TOKEN_TTL_DEFAULT_MS) {
    this.user = user === undefined ? undefined : {...user, password: hidden(user.password)};
    this.nowMs = nowMs;
    this.ttlMs = ttlMs;
  }

  /**
   * `address`: of who asks. While another machine has guessed too often it is not answered whether the guess is right; tokens that it has go on. This machine
   * is not locked out: one container with an old password would keep its daemon out.
   * @throws EtcdFailure authNotEnabled, authFailed, tooManyRequests
   */
  authenticate(name: string, password: string, address = ''): string {
    if (this.user === undefined) throw failure('authNotEnabled');
    const isCounted = !isLoopbackHost(address);
    if (isCounted && this.guesses.freeInMs(address, this.nowMs()) > 0)
      throw failure('tooManyRequests');
    const nameFits = isSame(name, this.user.name);
    const passwordFits = isSame(password, revealed(this.user.password));
    if (!nameFits || !passwordFits) {
      if (isCounted) this.guesses.take(address, this.nowMs());
      throw failure('authFailed');
    }
    const token = randomBytes(16).toString('hex');
    this.touch(token);
    return token;
  }

  /** @throws EtcdFailure userEmpty without a token, invalidAuthToken with one that is unknown or over */
  check(metadata: Metadata): void {
    if (this.user === undefined) return;
    const [token] = [...metadata.get('token'), ...metadata.get('authorization')];
    if (typeof token !== 'string') throw failure('userEmpty');
    const endMs = this.#tokens.get(token);
    if (endMs === undefined || endMs < this.nowMs()) throw failure('invalidAuthToken');
    this.touch(token);
  }

  private touch(token: string): void {
    this.#tokens.delete(token);
    this.#tokens.set(token, this.nowMs() + this.ttlMs);
    for (const [oldest, endMs] of this.#tokens) {
      if (endMs >= this.nowMs() && this.#tokens.size <= TOKENS_LIMIT) break;
      this.#tokens.delete(oldest);
    }
  }
}

/** In a time that tells nothing about where they differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
