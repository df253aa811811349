/** Notices containers that are alive in the store but do not claim what is assigned to them. */
import type {Heartbeat} from '../model/container.ts';
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import type {ContainerCall} from './actions.ts';

/** A container that claims nothing of what waits for it for so long counts as unreachable until a call to it succeeds. */
const UNCLAIMED_LIMIT_MS = 5_000;
/** Between two calls, from the start of one to the start of the next: doubling. */
const CALL_MIN_MS = 1_000;
/** Below the 5 s that I6 leaves, so that a call falls into them. */
const CALL_MAX_MS = 4_000;
/** One that was called with success and claims nothing all the same is called at the longest interval. */
const CALLS_SKIPPED = 2;

interface Calls {
  atMs: number;
  made: number;
}

export class ClaimMonitor {
  /** Incarnations that count as unreachable, with the calls to them. */
  readonly unreachable = new Map<string, Calls>();
  /** When each incarnation has claimed something last, ms. */
  readonly claimedAtMs = new Map<string, number>();
  private readonly waiting = new Map<string, Set<string>>();
  private readonly progressAtMs = new Map<string, number>();
  /** Called with success, and nothing claimed since. */
  private readonly onlyCalled = new Set<string>();

  /** A record changed: any change by a container shows that it works. */
  note(
    shard: string,
    before: OwnershipRecord | undefined,
    after: OwnershipRecord | undefined,
    nowMs: number,
  ): void {
    if (before?.state === 'assigned') this.waiting.get(before.incarnation)?.delete(shard);
    if (after === undefined) return;
    if (after.state !== 'assigned') {
      if (after.state === 'owned') this.progressAtMs.set(after.incarnation, nowMs);
      if (after.state === 'owned' && before?.state === 'assigned') this.claimed(after, nowMs);
      return;
    }
    const waiting = this.waiting.get(after.incarnation) ?? new Set<string>();
    if (waiting.size === 0) this.progressAtMs.set(after.incarnation, nowMs);
    waiting.add(shard);
    this.waiting.set(after.incarnation, waiting);
  }

  /** Records assigned to the incarnation and not claimed. */
  unclaimed(incarnation: string): number {
    return this.waiting.get(incarnation)?.size ?? 0;
  }

  forget(incarnation: string): void {
    this.waiting.delete(incarnation);
    this.progressAtMs.delete(incarnation);
    this.claimedAtMs.delete(incarnation);
    this.unreachable.delete(incarnation);
    this.onlyCalled.delete(incarnation);
  }

  /** A call to the incarnation has succeeded; true when it counted as unreachable. */
  reached(incarnation: string, nowMs: number): boolean {
    if (!this.unreachable.delete(incarnation)) return false;
    this.onlyCalled.add(incarnation);
    this.progressAtMs.set(incarnation, nowMs);
    return true;
  }

  /** Unreachable incarnations to be called now. */
  callsDue(heartbeats: ReadonlyMap<string, Versioned<Heartbeat>>, nowMs: number): ContainerCall[] {
    const due: ContainerCall[] = [];
    for (const [incarnation, calls] of this.unreachable) {
      const heartbeat = heartbeats.get(incarnation);
      if (calls.atMs > nowMs || heartbeat === undefined) continue;
      calls.atMs = nowMs + Math.min(CALL_MAX_MS, CALL_MIN_MS * 2 ** calls.made);
      calls.made += 1;
      const {container, endpoint} = heartbeat.value;
      due.push({container, incarnation, endpoint});
    }
    return due;
  }

  advance(nowMs: number): void {
    for (const [incarnation, shards] of this.waiting) {
      if (shards.size === 0 || this.unreachable.has(incarnation)) continue;
      if (nowMs - (this.progressAtMs.get(incarnation) ?? nowMs) < UNCLAIMED_LIMIT_MS) continue;
      const made = this.onlyCalled.has(incarnation) ? CALLS_SKIPPED : 0;
      this.unreachable.set(incarnation, {atMs: nowMs + CALL_MIN_MS * (2 ** made - 1), made});
    }
  }

  wakeAtMs(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const {atMs} of this.unreachable.values()) at = Math.min(at, atMs);
    for (const [incarnation, shards] of this.waiting) {
      if (shards.size > 0 && !this.unreachable.has(incarnation))
        at = Math.min(at, (this.progressAtMs.get(incarnation) ?? 0) + UNCLAIMED_LIMIT_MS);
    }
    return at;
  }

  private claimed({incarnation}: OwnershipRecord, nowMs: number): void {
    this.claimedAtMs.set(incarnation, nowMs);
    this.unreachable.delete(incarnation);
    this.onlyCalled.delete(incarnation);
  }
}
