import {setMaxListeners} from 'node:events';
import {SmError} from '../model/errors.ts';
import type {ShardSpec} from '../model/specs.ts';
import type {Loads, ShardMeter} from '../load/shard-meter.ts';
import type {StopReason} from '../ownership/shard-actions.ts';

/**
 * A shard as given to `add`: the right to act for it, until it is revoked. Each `add` gets a new handle; a revoked handle
 * never comes back to life.
 */
export interface Shard {
  /** Unique in the app. */
  readonly id: string;
  /** The payload given when the shard was added. */
  readonly task: string;
  /** Shards of one group are balanced among themselves; '' is a group, too. */
  readonly group: string;
  /**
   * Fencing token: fixed width, sorts as text, grows with every new owner of the shard. Write it to the resource *before*
   * you load from it, and let the resource refuse effects with an older one.
   */
  readonly token: string;
  /** Aborts when the shard has to stop: it is moved, the container is fenced, or leaves. `reason` is the StopReason. */
  readonly signal: AbortSignal;
  /**
   * Call right before each effect. Returns when this process may act for the shard now; the effect has to leave the
   * process within 100 ms of the call, or carry the token. Still passes while `drop` runs.
   * @throws SmError FENCED when the right to act is over.
   */
  guard(): void;
  /** Whether `guard` would pass. */
  readonly owned: boolean;
  /**
   * Runs work for the shard: guards first, and the shard is not given away before the work has settled.
   * @throws SmError FENCED when the right to act is over before it begins; otherwise what `work` throws.
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /**
   * Reports what the shard takes now, as `report({connections: 12, bytes: 4096})`: each value stands until it is reported anew. At most 8 metrics
   * a shard, names as of apps. Costs a fraction of a microsecond and sends nothing: the governor asks for it. What is not a
   * finite number of 0 or more is left out and counted. Without effect once the handle is revoked. Never throws.
   */
  report(loads: Loads): void;
  /** Adds to counters, as `count({requests: 1})`: the load is their rate a second. Everything else as with `report`. */
  count(amounts: Loads): void;
}

/** What the application implements. Hooks of one shard never overlap; those of different shards do. */
export interface ShardHooks {
  /**
   * Start serving the shard. Resolves when it serves; until then it is not ready. Stop early when `shard.signal` aborts.
   * Throwing means the shard could not be started: it is dropped, freed, and tried elsewhere.
   */
  add(shard: Shard): Promise<void> | void;
  /**
   * Stop serving the shard. Once it resolves the application must have no more effects for it. A throw is retried with
   * back-off; the shard is not given away before.
   */
  drop(shard: Shard, reason: StopReason): Promise<void> | void;
}

/** What a handle asks of its container. */
export interface HandleOwner {
  /** Milliseconds of the right to act that are left by the owner's clock; negative when it is over. */
  remainingMs(): number;
  workChanged(shard: string, handle: number, outstanding: number): void;
  /** What is reported of its shards. */
  readonly loads: {newMeter(): ShardMeter};
}

/** What belongs to the container is private in the language, too: an application that logs a shard logs the shard alone. */
export class ShardHandle implements Shard {
  readonly id: string;
  readonly task: string;
  readonly group: string;
  readonly token: string;
  readonly number: number;
  readonly #owner: HandleOwner;
  readonly #controller = new AbortController();
  #revoked = false;
  /** `drop` has resolved for this handle. */
  dropped = false;
  /** Undefined while nothing was reported. */
  meter: ShardMeter | undefined;
  #outstanding = 0;

  constructor(spec: ShardSpec, token: string, number: number, owner: HandleOwner) {
    this.id = spec.id;
    this.task = spec.task;
    this.group = spec.group;
    this.token = token;
    this.number = number;
    this.#owner = owner;
    // Each request of a busy shard may listen; Node takes more than ten for a leak, and says so on stderr.
    setMaxListeners(0, this.#controller.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get owned(): boolean {
    return !this.#revoked && this.#owner.remainingMs() > 0;
  }

  get isRevoked(): boolean {
    return this.#revoked;
  }

  guard(): void {
    if (this.owned) return;
    throw new SmError('FENCED', `this container may no longer act for shard ${this.id}`, {
      hint: 'stop working for this shard: it is, or may be, owned by another container',
    });
  }

  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.guard();
    this.workChanged(1);
    try {
      return await work(this.signal);
    } finally {
      this.workChanged(-1);
    }
  }

  report(loads: Loads): void {
    if (!this.#revoked) this.metered().report(loads);
  }

  count(amounts: Loads): void {
    if (!this.#revoked) this.metered().count(amounts);
  }

  /** Opens the meter at the first call. */
  metered(): ShardMeter {
    return (this.meter ??= this.#owner.loads.newMeter());
  }

  /** Asks the application to stop. */
  abort(reason: StopReason): void {
    if (!this.signal.aborted) this.#controller.abort(reason);
  }

  /** Ends the right to act for good; no code of the application runs in it. */
  endRight(): void {
    this.#revoked = true;
  }

  /** Ends the right to act for good, and says so. */
  revoke(reason: StopReason = 'lost'): void {
    this.endRight();
    this.abort(reason);
  }

  private workChanged(by: number): void {
    this.#outstanding += by;
    this.#owner.workChanged(this.id, this.number, this.#outstanding);
  }
}
