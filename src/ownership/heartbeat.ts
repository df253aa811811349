/**
 * The heartbeat of one incarnation (protocol.md, "Container" 1-2): when to write it, and until when its owner may act.
 * Passive: the shell feeds the clock and the answers and sends what `due` returns.
 */
import {actingMs, heartbeatIntervalMs} from '../model/container.ts';
import type {
  Heartbeat,
  HeartbeatIdentity,
  HeartbeatState,
  OverdueHook,
} from '../model/container.ts';

/** Longest wait for one attempt, ms. */
export const HEARTBEAT_ATTEMPT_LIMIT_MS = 2_000;

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
  | {readonly kind: 'unknown'};

/** What an answer means for the session. */
export type HeartbeatVerdict = 'renewed' | 'evicted' | 'evicting' | 'cloned' | 'unanswered';

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
  private readonly unanswered = new Map<string, number>();
  private nextAtMs = Number.NEGATIVE_INFINITY;
  /** The state last known to be stored. */
  private storedState: HeartbeatState | undefined;

  /** `everyMs`: beats at least so often, besides T/5; daemons use their heartbeat as the probe of silence clocks. */
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

  get registered(): boolean {
    return this.create !== 0;
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
    const nonce = this.nextNonce();
    this.inFlight = {nonce, sentAtMs: nowMs};
    this.unanswered.set(nonce, nowMs);
    this.seq += 1;
    this.nextAtMs = nowMs + Math.min(heartbeatIntervalMs(this.ttlMs), this.everyMs());
    const value: Heartbeat = {...this.identity, seq: this.seq, nonce, state: this.state};
    if (overdue.length > 0) value.overdue = [...overdue];
    return {
      incarnation: this.incarnation,
      expectedMod: this.mod,
      value,
      timeoutMs: Math.min(HEARTBEAT_ATTEMPT_LIMIT_MS, heartbeatIntervalMs(this.ttlMs)),
    };
  }

  /** Owner-clock ms at which `due` will have something, Infinity while an attempt is in flight. */
  wakeAtMs(): number {
    return this.inFlight === undefined ? this.nextAtMs : Number.POSITIVE_INFINITY;
  }

  /** Takes the answer to the attempt in flight with the value it tried to write. */
  answered(write: HeartbeatWrite, answer: HeartbeatAnswer): HeartbeatVerdict {
    if (this.inFlight?.nonce === write.value.nonce) this.inFlight = undefined;
    if (answer.kind === 'unknown') return 'unanswered';
    if (answer.kind === 'absent') return 'evicted';
    if (answer.kind === 'committed') {
      const create = this.create === 0 ? answer.revision : this.create;
      return this.renewed(write.value.nonce, write.value.state, answer.revision, create);
    }
    if (answer.value.state === 'evicting') return 'evicting';
    if (!this.unanswered.has(answer.value.nonce)) return 'cloned';
    return this.renewed(answer.value.nonce, answer.value.state, answer.mod, answer.create);
  }

  /** Counted from the moment the proven attempt was sent: a late answer extends nothing. */
  private renewed(
    nonce: string,
    stored: HeartbeatState,
    mod: number,
    create: number,
  ): HeartbeatVerdict {
    const sentAtMs = this.unanswered.get(nonce) ?? Number.NEGATIVE_INFINITY;
    this.mod = mod;
    this.create = create;
    this.storedState = stored;
    this.deadlineMs = Math.max(this.deadlineMs, sentAtMs + actingMs(this.ttlMs));
    for (const [other, at] of this.unanswered) if (at <= sentAtMs) this.unanswered.delete(other);
    if (!this.stateStored) this.nextAtMs = Number.NEGATIVE_INFINITY;
    return 'renewed';
  }
}
