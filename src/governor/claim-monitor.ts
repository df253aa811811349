/** Notices containers that are alive in the store but do not claim what is assigned to them. */
import {backOff} from '../model/back-off.ts';
import type {Heartbeat} from '../model/container.ts';
import type {OwnershipRecord, RecordChange, Versioned} from '../model/ownership.ts';
import type {ContainerCall} from './hints.ts';
import {CALLS_SKIPPED, CALL_MAX_MS, CALL_MIN_MS, UNCLAIMED_LIMIT_MS} from './limits.ts';

interface Calls {
  atMs: number;
  made: number;
}

interface Failing extends Calls {
  /** Of the first call that failed, none having succeeded since, ms. */
  readonly sinceMs: number;
  cause: string;
}

export class ClaimMonitor {
  /** Incarnations that count as unreachable, with the calls to them. */
  readonly unreachable = new Map<string, Calls>();
  /** When each incarnation has claimed something last, ms. */
  readonly claimedAtMs = new Map<string, number>();
  /** Why incarnations cannot be called: all calls to them have failed for 5 s and more. Whatever they claim meanwhile, they found by themselves. */
  readonly deaf = new Map<string, string>();
  private readonly failing = new Map<string, Failing>();
  private readonly waiting = new Map<string, Set<string>>();
  private readonly progressAtMs = new Map<string, number>();
  /** Called with success, and nothing claimed since. */
  private readonly onlyCalled = new Set<string>();
  private readonly isThere: (incarnation: string) => boolean;

  /** `isThere`: the incarnation has a heartbeat. A record may name one that has none as long as nobody else can have its shard: nothing is due for that one, ever. */
  constructor(isThere: (incarnation: string) => boolean) {
    this.isThere = isThere;
  }

  /** A record changed: any change by a container shows that it works. */
  note({shard, before, after}: RecordChange, nowMs: number): void {
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
    this.failing.delete(incarnation);
    this.deaf.delete(incarnation);
  }

  /** A call to the incarnation has succeeded, or has failed by that cause; true when that is news. */
  contacted(incarnation: string, failure: string | undefined, nowMs: number): boolean {
    // A call may take longer than its container lives.
    if (!this.isThere(incarnation)) return false;
    return failure === undefined
      ? this.reached(incarnation, nowMs)
      : this.failed(incarnation, failure, nowMs);
  }

  private failed(incarnation: string, cause: string, nowMs: number): boolean {
    const known = this.failing.get(incarnation);
    if (known === undefined) {
      const atMs = nowMs + CALL_MIN_MS;
      this.failing.set(incarnation, {sinceMs: nowMs, cause, atMs, made: 0});
      return false;
    }
    known.cause = cause;
    if (!this.deaf.has(incarnation) || this.deaf.get(incarnation) === cause) return false;
    this.deaf.set(incarnation, cause);
    return true;
  }

  private reached(incarnation: string, nowMs: number): boolean {
    this.failing.delete(incarnation);
    const wasDeaf = this.deaf.delete(incarnation);
    if (!this.unreachable.delete(incarnation)) return wasDeaf;
    this.onlyCalled.add(incarnation);
    this.progressAtMs.set(incarnation, nowMs);
    return true;
  }

  /** Incarnations that are unreachable, or to which the last call failed, to be called now. */
  callsDue(heartbeats: ReadonlyMap<string, Versioned<Heartbeat>>, nowMs: number): ContainerCall[] {
    const due: ContainerCall[] = [];
    for (const [incarnation, calls] of this.toCall()) {
      const heartbeat = heartbeats.get(incarnation);
      if (calls.atMs > nowMs || heartbeat === undefined) continue;
      calls.atMs = nowMs + backOff(calls.made + 1, CALL_MIN_MS, CALL_MAX_MS);
      calls.made += 1;
      const {container, endpoint} = heartbeat.value;
      due.push({container, incarnation, endpoint});
    }
    return due;
  }

  /** `isBehind`: the governor has more to look at than a turn takes. Its hints come late, and nobody counts as slow for that. */
  advance(nowMs: number, isBehind = false): void {
    for (const [incarnation, {sinceMs, cause}] of this.failing)
      if (nowMs - sinceMs >= UNCLAIMED_LIMIT_MS && !this.deaf.has(incarnation))
        this.deaf.set(incarnation, cause);
    for (const [incarnation, shards] of this.waiting) {
      if (shards.size === 0 || this.unreachable.has(incarnation) || !this.isThere(incarnation))
        continue;
      if (isBehind) this.progressAtMs.set(incarnation, nowMs);
      if (nowMs - (this.progressAtMs.get(incarnation) ?? nowMs) < UNCLAIMED_LIMIT_MS) continue;
      const made = this.onlyCalled.has(incarnation) ? CALLS_SKIPPED : 0;
      this.unreachable.set(incarnation, {atMs: nowMs + CALL_MIN_MS * (2 ** made - 1), made});
    }
  }

  wakeAtMs(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const [incarnation, {atMs}] of this.toCall()) {
      at = Math.min(at, atMs);
      const failing = this.deaf.has(incarnation) ? undefined : this.failing.get(incarnation);
      if (failing !== undefined) at = Math.min(at, failing.sinceMs + UNCLAIMED_LIMIT_MS);
    }
    for (const [incarnation, shards] of this.waiting) {
      if (shards.size > 0 && !this.unreachable.has(incarnation) && this.isThere(incarnation))
        at = Math.min(at, (this.progressAtMs.get(incarnation) ?? 0) + UNCLAIMED_LIMIT_MS);
    }
    return at;
  }

  /** One schedule of calls each. */
  private *toCall(): Iterable<readonly [string, Calls]> {
    yield* this.unreachable;
    for (const [incarnation, calls] of this.failing)
      if (!this.unreachable.has(incarnation)) yield [incarnation, calls];
  }

  private claimed({incarnation}: OwnershipRecord, nowMs: number): void {
    this.claimedAtMs.set(incarnation, nowMs);
    this.unreachable.delete(incarnation);
    this.onlyCalled.delete(incarnation);
  }
}
