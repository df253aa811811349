/** Leases: who holds which keys and until when, on the monotonic clock it is given. */
import {failure} from './failures.ts';
import {DeadlineQueue} from '../model/deadline-queue.ts';
import {LEASE_TTL_MAX_S, LEASE_TTL_MIN_S} from './limits.ts';

interface Lease {
  readonly id: string;
  readonly ttlSeconds: number;
  readonly keys: Set<string>;
  deadlineMs: number;
  /** Its one valid entry in the queue: a lease may be granted again under the same id. */
  queuedMs: number;
  /** Its time is over and its revocation under way: it cannot be renewed any more. */
  expiring: boolean;
}

export interface LeaseSummary {
  readonly id: string;
  readonly ttlSeconds: number;
  /** May be below 0. */
  readonly remainingMs: number;
  readonly keys: readonly string[];
}

export class LeaseTable {
  private readonly nowMs: () => number;
  private readonly leases = new Map<string, Lease>();
  private readonly deadlines = new DeadlineQueue();

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** TTL that is granted when this one is asked for, s. @throws EtcdFailure leaseTtlTooLarge, leaseExists, leaseNotFound */
  check(id: string, ttlSeconds: number): number {
    if (id === '0') throw failure('leaseNotFound');
    if (ttlSeconds > LEASE_TTL_MAX_S) throw failure('leaseTtlTooLarge');
    if (this.leases.has(id)) throw failure('leaseExists');
    return Math.max(ttlSeconds, LEASE_TTL_MIN_S);
  }

  /** Returns the TTL, s. @throws EtcdFailure as `check` */
  grant(id: string, ttlSeconds: number): number {
    const granted = this.check(id, ttlSeconds);
    const deadlineMs = this.nowMs() + granted * 1_000;
    this.leases.set(id, {
      id,
      ttlSeconds: granted,
      keys: new Set(),
      deadlineMs,
      queuedMs: deadlineMs,
      expiring: false,
    });
    this.deadlines.add(id, deadlineMs);
    return granted;
  }

  has(id: string): boolean {
    return this.leases.has(id);
  }

  /** The table's own copy of an id, so that a hundred thousand keys share one text. */
  nameOf(id: string): string {
    return this.leases.get(id)?.id ?? id;
  }

  /** Removes the lease; returns its keys in order. @throws EtcdFailure leaseNotFound */
  revoke(id: string): string[] {
    const lease = this.leases.get(id);
    if (lease === undefined) throw failure('leaseNotFound');
    this.leases.delete(id);
    return [...lease.keys].sort();
  }

  attach(id: string, key: string): void {
    this.leases.get(id)?.keys.add(key);
  }

  detach(id: string, key: string): void {
    this.leases.get(id)?.keys.delete(key);
  }

  /** Begins the time to live anew; returns it, s. 0: no such lease, or too late. */
  renew(id: string): number {
    const lease = this.leases.get(id);
    if (lease === undefined || lease.expiring || lease.deadlineMs <= this.nowMs()) return 0;
    lease.deadlineMs = this.nowMs() + lease.ttlSeconds * 1_000;
    return lease.ttlSeconds;
  }

  find(id: string): LeaseSummary | undefined {
    const lease = this.leases.get(id);
    return lease === undefined ? undefined : this.summary(lease);
  }

  /** By deadline, the next to expire first. */
  list(): LeaseSummary[] {
    return [...this.leases.values()]
      .sort((a, b) => a.deadlineMs - b.deadlineMs)
      .map((lease) => this.summary(lease));
  }

  /** Takes up to so many leases whose time is over; each is returned once, to be revoked. */
  takeExpired(limit: number): string[] {
    const now = this.nowMs();
    const expired: string[] = [];
    while (expired.length < limit) {
      const due = this.deadlines.takeDue(now);
      if (due === undefined) break;
      const lease = this.leases.get(due.id);
      if (lease === undefined || lease.queuedMs !== due.atMs) continue;
      if (lease.deadlineMs > now) this.queue(lease, lease.deadlineMs);
      else {
        lease.expiring = true;
        expired.push(lease.id);
      }
    }
    return expired;
  }

  /** The revocation did not go through: it is due again after so long. */
  postpone(id: string, delayMs: number): void {
    const lease = this.leases.get(id);
    if (lease === undefined) return;
    lease.expiring = false;
    this.queue(lease, this.nowMs() + delayMs);
  }

  /** Every lease gets its whole time again: nobody could renew it while the store was down. */
  restart(): void {
    for (const lease of this.leases.values())
      this.queue(lease, (lease.deadlineMs = this.nowMs() + lease.ttlSeconds * 1_000));
  }

  private queue(lease: Lease, atMs: number): void {
    lease.queuedMs = atMs;
    this.deadlines.add(lease.id, atMs);
  }

  private summary(lease: Lease): LeaseSummary {
    return {
      id: lease.id,
      ttlSeconds: lease.ttlSeconds,
      remainingMs: lease.deadlineMs - this.nowMs(),
      keys: [...lease.keys],
    };
  }
}
