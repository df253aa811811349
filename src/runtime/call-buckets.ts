/** One bucket of calls per caller: so many at once, and one more every so often. Times come in from outside. */

export interface BucketOptions {
  /** Calls a caller may make at once. */
  readonly burst: number;
  /** One call comes back every so many milliseconds. */
  readonly refillMs: number;
  /** Callers remembered; who called longest ago is forgotten first. */
  readonly callers: number;
}

/** `current` above `burst`: refused, and `ttl` is in how many milliseconds one call is free. */
export interface Verdict {
  readonly current: number;
  readonly ttl: number;
}

/** Refused calls take nothing, so who goes on calling still gets his `1000 / refillMs` a second. */
export class CallBuckets {
  readonly #options: BucketOptions;
  /** When the bucket of a caller will be full again, in ms. */
  readonly #fullAt = new Map<string, number>();

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** In how many ms the caller may call; 0: now. Takes nothing. */
  freeInMs(caller: string, clockMs: number): number {
    const now = Math.floor(clockMs);
    const {burst, refillMs} = this.#options;
    return Math.max(0, (this.#fullAt.get(caller) ?? now) + refillMs - now - burst * refillMs);
  }

  /** `clockMs`: whole ms count. Sums of fractions are rounded, and the last call of a burst was sometimes refused for that. */
  take(caller: string, clockMs: number): Verdict {
    const now = Math.floor(clockMs);
    const {burst, refillMs, callers} = this.#options;
    const full = Math.max(this.#fullAt.get(caller) ?? now, now);
    const freeIn = full + refillMs - now - burst * refillMs;
    if (freeIn > 0) return {current: burst + 1, ttl: freeIn};
    this.#fullAt.delete(caller);
    this.#fullAt.set(caller, full + refillMs);
    const [oldest] = this.#fullAt.keys();
    if (this.#fullAt.size > callers && oldest !== undefined) this.#fullAt.delete(oldest);
    return {current: Math.ceil((full + refillMs - now) / refillMs), ttl: full + refillMs - now};
  }
}
