/** Whose token it is. What was proved once is remembered by a keyed digest, so that a slow hash is computed once for each token. */
import {createHmac, createHash, randomBytes, timingSafeEqual} from 'node:crypto';
import {isTokenOf, nameInToken, parseTokenLine} from '../../config/token-line.ts';
import type {TokenLine} from '../../config/token-line.ts';
import type {Grant} from '../../model/access.ts';
import {SmError} from '../../model/errors.ts';
import {revealed} from '../../model/hidden-text.ts';
import type {HiddenText} from '../../model/hidden-text.ts';
import {CallBuckets} from '../../runtime/call-buckets.ts';
import {
  CALLERS_LIMIT,
  FAILED_LOGINS_AT_ONCE,
  FAILED_LOGIN_REFILL_MS,
  LOGINS_AT_ONCE,
  LOGINS_KNOWN_LIMIT,
} from './limits.ts';

export class Authenticator {
  readonly #lines: () => readonly (string | HiddenText)[];
  readonly #nowMs: () => number;
  readonly #key = randomBytes(32);
  /** Text of the line by digest of its token. */
  readonly #known = new Map<string, string>();
  readonly #failures = new CallBuckets({
    burst: FAILED_LOGINS_AT_ONCE,
    refillMs: FAILED_LOGIN_REFILL_MS,
    callers: CALLERS_LIMIT,
  });
  #parsed: {from: readonly (string | HiddenText)[]; lines: readonly TokenLine[]} | undefined;
  #hashing = 0;

  constructor(
    lines: () => readonly (string | HiddenText)[],
    nowMs: () => number = () => performance.now(),
  ) {
    this.#lines = lines;
    this.#nowMs = nowMs;
  }

  /**
   * What the token may do; undefined for one that is not valid.
   * @throws SmError RATE_LIMITED while too many logins of the address have failed, or too many are being checked.
   */
  async grantOf(token: string, address: string): Promise<Grant | undefined> {
    const digest = createHmac('sha256', this.#key).update(token).digest('base64');
    const text = this.#known.get(digest);
    const known = text === undefined ? undefined : this.#line(text);
    if (known !== undefined) return known;
    const freeInMs = this.#failures.freeInMs(address, this.#nowMs());
    if (freeInMs > 0) throw tooManyFailures();
    const line = this.#plain(token) ?? (await this.#hashed(token));
    // The file may have been read again while the hash was computed.
    if (line === undefined || this.#line(line.text) === undefined) {
      this.#failures.take(address, this.#nowMs());
      return undefined;
    }
    this.#remember(digest, line.text);
    return line;
  }

  /** Whether the grant still stands: its line is in the file as it was. */
  stands(grant: Grant): boolean {
    return !('text' in grant) || this.#line((grant as TokenLine).text) !== undefined;
  }

  #line(text: string): TokenLine | undefined {
    return this.#current().find((line) => line.text === text);
  }

  #current(): readonly TokenLine[] {
    const from = this.#lines();
    if (this.#parsed?.from !== from)
      this.#parsed = {from, lines: from.map((line, at) => parseTokenLine(revealed(line), at))};
    return this.#parsed.lines;
  }

  /** Compares in a time that tells nothing about the tokens: digests of equal length, all of them, always. */
  #plain(token: string): TokenLine | undefined {
    const wanted = digestOf(token);
    let found: TokenLine | undefined;
    for (const line of this.#current()) {
      if (line.secret.kind !== 'plain') continue;
      if (timingSafeEqual(digestOf(line.secret.token.reveal()), wanted)) found = line;
    }
    return found;
  }

  async #hashed(token: string): Promise<TokenLine | undefined> {
    const name = nameInToken(token);
    if (name === undefined) return undefined;
    const lines = this.#current().filter((line) => line.name === name);
    if (this.#hashing >= LOGINS_AT_ONCE)
      throw new SmError('RATE_LIMITED', 'too many tokens are being checked', {
        hint: 'wait for the time in Retry-After',
        retryable: true,
      });
    this.#hashing += 1;
    try {
      let found: TokenLine | undefined;
      for (const line of lines) {
        if (line.secret.kind === 'hashed' && (await isTokenOf(token, line.secret))) found = line;
      }
      return found;
    } finally {
      this.#hashing -= 1;
    }
  }

  #remember(digest: string, text: string): void {
    this.#known.set(digest, text);
    const [oldest] = this.#known.keys();
    if (this.#known.size > LOGINS_KNOWN_LIMIT && oldest !== undefined) this.#known.delete(oldest);
  }
}

function tooManyFailures(): SmError {
  return new SmError('RATE_LIMITED', 'too many failed logins from this address', {
    hint: 'check the token, and call again after Retry-After',
    retryable: true,
  });
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
