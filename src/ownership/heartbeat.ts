/**
 * The heartbeat of one incarnation (protocol.md, "Container" 1-2): when to write it, and until when its owner may act.
 * Passive: the shell feeds the clock and the answers and sends what `due` returns.
 */
import {backOff} from '../model/back-off.ts';
import {actingMs, heartbeatIntervalMs} from '../model/container.ts';
import type {
  Heartbeat,
  HeartbeatIdentity,
  HeartbeatState,
  OverdueHook,
} from '../model/container.ts';
import {
  HEARTBEAT_ATTEMPT_LIMIT_MS,
  PATIENT_ATTEMPT_EVERY,
  RETRY_LIMIT_ROUND_TRIPS,
  RETRY_LIMIT_SHARE,
  RETRY_STEP_MS,
  RETRY_STEP_SHARE,
  ROUND_TRIP_DECAY_FACTOR,
  UNANSWERED_LIMIT,
} from './limits.ts';

/** One attempt: a transaction [hb mod = expectedMod (0: absent)] -> put value, else read it. */
export interface HeartbeatWrite {
  readonly incarnation: string;
  readonly expectedMod: number;
  readonly value: Heartbeat;
  readonly timeoutMs: number;
}

/** What the store said of an attempt. `found`: the record read when the compare failed. */
export type HeartbeatAnswer =
  | {readonly kind: 'committed'; readonly revision: number}
  | {
      readonly kind: 'found';
      readonly value: Heartbeat;
      readonly mod: number;
      readonly create: number;
    }
  | {readonly kind: 'absent'}
  /** A registration was refused: the app's spec is another version than the one seen last. Register again under that. */
  | {readonly kind: 'specChanged'}
  /** A registration was refused: the app is gone or being removed. */
  | {readonly kind: 'appGone'}
  | {readonly kind: 'unknown'};

/** What an answer means for the session. */
export type HeartbeatVerdict =
  | 'renewed'
  | 'evicted'
  | 'evicting'
  | 'cloned'
  | 'appGone'
  | 'unanswered';

interface Attempt {
  readonly nonce: string;
  readonly sentAtMs: number;
}

export class HeartbeatMachine {
  readonly incarnation: string;
  /** Create revision of hb/<incarnation>; 0 while not registered. */
  create = 0;
  /** Owner-clock ms until which this incarnation may act; never acted: -Infinity. */
  deadlineMs = Number.NEGATIVE_INFINITY;
  state: HeartbeatState = 'waiting';
  private readonly identity: HeartbeatIdentity;
  private readonly nextNonce: () => string;
  private readonly everyMs: () => number;
  private mod = 0;
  private seq = 0;
  private inFlight: Attempt | undefined;
  /** Nonces that may be the stored one, and when each was sent first: the proof that a found record is mine. */
  private readonly unanswered = new Map<string, number>();
  /** Nonces of attempts that would have registered it: one may still be under way when the registration has been evicted. */
  private readonly registrations = new Set<string>();
  private nextAtMs = Number.NEGATIVE_INFINITY;
  /** Attempts in a row without an answer. */
  private failures = 0;
  /** What answers took of late, the slower ones counting more, ms. */
  private roundTripMs = 0;
  /** The state last known to be stored. */
  private storedState: HeartbeatState | undefined;

  /** `everyMs`: beats at least so often, besides T/5; daemons use their heartbeat as the probe of failure detectors. */
  constructor(
    incarnation: string,
    identity: HeartbeatIdentity,
    nextNonce: () => string,
    everyMs: () => number = () => Number.POSITIVE_INFINITY,
  ) {
    this.incarnation = incarnation;
    this.identity = identity;
    this.nextNonce = nextNonce;
    this.everyMs = everyMs;
  }

  get ttlMs(): number {
    return this.identity.ttlMs;
  }

  /** Mod revision of the last version known to be mine. */
  get version(): number {
    return this.mod;
  }

  /** Whether the store is known to hold the present state. */
  get stateStored(): boolean {
    return this.storedState === this.state;
  }

  /** Writes the new state at once instead of at the next beat. */
  changeState(state: HeartbeatState): void {
    if (this.state === state) return;
    this.state = state;
    this.nextAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The attempt to send now, which also tells of overdue hooks, or undefined when none is due or one is in flight. */
  due(nowMs: number, overdue: readonly OverdueHook[] = []): HeartbeatWrite | undefined {
    if (this.inFlight !== undefined || nowMs < this.nextAtMs) return undefined;
    const nonce = this.nonceOfAttempt(nowMs);
    this.inFlight = {nonce, sentAtMs: nowMs};
    this.seq += 1;
    this.nextAtMs = this.nextBeatMs(nowMs);
    // A spread before further fields takes V8 of Node 20 a hundred times as long, and this runs at each beat.
    const beat = {seq: this.seq, nonce, state: this.state, sentAtMs: Math.round(nowMs)};
    const value = Object.assign({}, this.identity, beat) as Heartbeat;
    if (overdue.length > 0) value.overdue = [...overdue];
    return {
      incarnation: this.incarnation,
      expectedMod: this.mod,
      value,
      timeoutMs: this.attemptLimitMs(),
    };
  }

  /** Owner-clock ms at which `due` will have something, Infinity while an attempt is in flight. */
  wakeAtMs(): number {
    return this.inFlight === undefined ? this.nextAtMs : Number.POSITIVE_INFINITY;
  }

  /** Takes the answer to the attempt in flight with the value it tried to write. */
  answered(write: HeartbeatWrite, answer: HeartbeatAnswer, nowMs: number): HeartbeatVerdict {
    const {nonce, state} = write.value;
    const sentAtMs = this.sentAtMs(nonce);
    if (this.inFlight?.nonce === nonce) this.inFlight = undefined;
    if (answer.kind === 'unknown') {
      if (sentAtMs !== undefined) this.retrySoon(sentAtMs);
      return 'unanswered';
    }
    if (sentAtMs !== undefined) this.noteRoundTrip(nowMs - sentAtMs);
    if (answer.kind === 'absent') return 'evicted';
    if (answer.kind === 'appGone') return 'appGone';
    if (answer.kind === 'specChanged') {
      this.nextAtMs = Number.NEGATIVE_INFINITY;
      return 'unanswered';
    }
    if (answer.kind === 'committed') {
      const create = this.create === 0 ? answer.revision : this.create;
      return this.renewed(sentAtMs, state, answer.revision, create);
    }
    // Also where the answer to the registration never came: who is evicted then has a heartbeat to delete.
    if (this.create === 0) this.create = answer.create;
    if (answer.value.state === 'evicting') return 'evicting';
    if (answer.create !== this.create)
      return this.registrations.has(answer.value.nonce) ? 'evicted' : 'cloned';
    if (!this.unanswered.has(answer.value.nonce)) return 'cloned';
    const firstSentAtMs = this.unanswered.get(answer.value.nonce);
    return this.renewed(firstSentAtMs, answer.value.state, answer.mod, answer.create);
  }

  /**
   * A nonce of its own, or the newest one again where too many are without an answer. All of them compare the same version, so at most one is
   * ever written; forgetting one instead could take my own record for a clone's. A found record counts from the first sending of its nonce.
   */
  private nonceOfAttempt(nowMs: number): string {
    const newest = [...this.unanswered.keys()].at(-1);
    if (newest !== undefined && this.unanswered.size >= UNANSWERED_LIMIT) return newest;
    const nonce = this.nextNonce();
    this.unanswered.set(nonce, nowMs);
    if (this.mod === 0) this.registrations.add(nonce);
    return nonce;
  }

  /** When the attempt in flight, or an earlier one that is still unanswered, was sent. */
  private sentAtMs(nonce: string): number | undefined {
    return this.inFlight?.nonce === nonce ? this.inFlight.sentAtMs : this.unanswered.get(nonce);
  }

  private attemptLimitMs(): number {
    const limitMs = Math.min(HEARTBEAT_ATTEMPT_LIMIT_MS, heartbeatIntervalMs(this.ttlMs));
    if (this.failures % PATIENT_ATTEMPT_EVERY === 0) return limitMs;
    const leastMs = this.ttlMs * RETRY_LIMIT_SHARE;
    const wantedMs = Math.max(leastMs, RETRY_LIMIT_ROUND_TRIPS * this.roundTripMs);
    return Math.min(limitMs, Math.ceil(wantedMs));
  }

  private noteRoundTrip(tookMs: number): void {
    this.roundTripMs = Math.max(tookMs, ROUND_TRIP_DECAY_FACTOR * this.roundTripMs);
  }

  /**
   * The next attempt does not wait for the next beat. It is an attempt like any other, with a nonce of its own and the same compare:
   * of all that are unanswered at most one is ever written, and whichever it was, the next answer names it.
   */
  private retrySoon(sentAtMs: number): void {
    this.failures += 1;
    const longestMs =
      sentAtMs < this.deadlineMs ? this.ttlMs * RETRY_STEP_SHARE : heartbeatIntervalMs(this.ttlMs);
    const stepMs = backOff(this.failures, RETRY_STEP_MS, longestMs);
    this.nextAtMs = Math.min(this.nextAtMs, sentAtMs + stepMs);
  }

  private nextBeatMs(sentAtMs: number): number {
    return sentAtMs + Math.min(heartbeatIntervalMs(this.ttlMs), this.everyMs());
  }

  /**
   * Counted from the moment the proven attempt was sent: a late answer extends nothing. So is the next beat: after an outage an attempt that finds an
   * older one has written nothing itself, and what the older one has left of the right to act may end within the next interval.
   */
  private renewed(
    sentAtMs = Number.NEGATIVE_INFINITY,
    stored: HeartbeatState,
    mod: number,
    create: number,
  ): HeartbeatVerdict {
    this.mod = mod;
    this.create = create;
    this.storedState = stored;
    this.failures = 0;
    this.deadlineMs = Math.max(this.deadlineMs, sentAtMs + actingMs(this.ttlMs));
    for (const [other, at] of this.unanswered) if (at <= sentAtMs) this.unanswered.delete(other);
    this.nextAtMs = this.stateStored
      ? Math.min(this.nextAtMs, this.nextBeatMs(sentAtMs))
      : Number.NEGATIVE_INFINITY;
    return 'renewed';
  }
}
