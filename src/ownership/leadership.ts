/**
 * Who leads sm itself (protocol.md, "Leadership"): the leader key is created if absent and ends by silence. Every daemon
 * keeps the failure detectors of its peers warm, so that a new leader need not start any wait anew. Passive: the shell feeds
 * what it sees and carries the actions out.
 */
import {FailureDetector} from './failure-detector.ts';
import {ELECTION_RETRY_MS, STANDBY_LEADS_AFTER_MS} from './limits.ts';

export interface LeaderKey {
  readonly incarnation: string;
  readonly create: number;
}

export interface Candidate {
  readonly container: string;
  readonly incarnation: string;
  /** Registered, ready, not shutting down. */
  readonly eligible: boolean;
  /** Not shutting down, but its id may still be taken by an incarnation of before. */
  readonly standby: boolean;
}

/** A daemon's heartbeat. */
export interface Beat {
  readonly ttlMs: number;
  /** By the daemon's own clock, where it says so. */
  readonly sentAtMs?: number | undefined;
  /** An operator evicts it. */
  readonly isEvicting?: boolean;
}

export type LeadershipAction =
  /** Txn [leader absent; hb/incarnation exists] -> put leader; else get leader. */
  | {readonly type: 'createLeader'; readonly container: string; readonly incarnation: string}
  /** Txn [leader create; hb of the leader at hbMod, 0: absent] -> delete leader, and hb unless hbMod is 0 or `isOrdered`. */
  | {
      readonly type: 'removeLeader';
      readonly create: number;
      readonly incarnation: string;
      readonly hbMod: number;
      /** An operator evicts it: the governor of sm deletes its heartbeat, as that of any other, and names it in the id. */
      readonly isOrdered?: true;
    }
  /** This daemon leads: the key's create revision proves it. */
  | {readonly type: 'elected'; readonly create: number}
  | {readonly type: 'lostLeadership'};

export class Leadership {
  /** Of all daemons; kept warm here, so that a governor of sm itself need not begin its waits anew. */
  readonly failureDetector = new FailureDetector();
  private readonly heartbeats = new Map<string, Beat & {readonly mod: number}>();
  private leader: LeaderKey | undefined;
  private leaderMod = 0;
  private fencingKey: number | undefined;
  private tryAtMs = Number.NEGATIVE_INFINITY;
  private leaderlessSinceMs: number | undefined;
  private listed = false;

  /** Create revision of the leader key while this daemon leads. */
  get createRevision(): number | undefined {
    return this.fencingKey;
  }

  /** The first complete listing has been fed: absence means absence. */
  complete(): void {
    this.listed = true;
  }

  /** The leader key as seen at `mod`; undefined: it is gone. Older news is ignored. */
  leaderSeen(leader: LeaderKey | undefined, mod: number): void {
    if (mod < this.leaderMod) return;
    this.leaderMod = mod;
    // Only another leader is a reason to try at once: an attempt that was refused tells of the same one again.
    if (leader?.create !== this.leader?.create) this.tryAtMs = Number.NEGATIVE_INFINITY;
    this.leader = leader;
  }

  /** A daemon's heartbeat as seen at `mod`; `beat` undefined: it is gone. */
  heartbeatSeen(incarnation: string, mod: number, beat: Beat | undefined, nowMs: number): void {
    const known = this.heartbeats.get(incarnation);
    if (known !== undefined && known.mod >= mod) return;
    if (beat === undefined) {
      this.heartbeats.delete(incarnation);
      this.failureDetector.forget(incarnation);
      return;
    }
    this.heartbeats.set(incarnation, {...beat, mod});
    this.failureDetector.observe(incarnation, mod, beat.ttlMs, nowMs, beat.sentAtMs);
  }

  /** Everything known about heartbeats, for finding what a listing no longer shows. */
  get incarnations(): readonly string[] {
    return [...this.heartbeats.keys()];
  }

  /** A write of this daemon's own has committed. */
  probeCommitted(nowMs: number): void {
    this.failureDetector.probeCommitted(nowMs);
  }

  /** Smallest T among the daemons, ms; Infinity when none is known. */
  smallestTtlMs(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const {ttlMs} of this.heartbeats.values()) least = Math.min(least, ttlMs);
    return least;
  }

  advance(me: Candidate, nowMs: number): LeadershipAction[] {
    const actions: LeadershipAction[] = [];
    if (!this.listed) return actions;
    this.noteFencingKey(me, actions);
    if (this.leader !== undefined) this.leaderlessSinceMs = undefined;
    else this.leaderlessSinceMs ??= nowMs;
    if (this.fencingKey !== undefined || nowMs < this.tryAtMs) return actions;
    const attempt =
      this.leader === undefined ? this.create(me, nowMs) : this.loseLeadership(this.leader, nowMs);
    if (attempt === undefined) return actions;
    this.tryAtMs = nowMs + ELECTION_RETRY_MS;
    actions.push(attempt);
    return actions;
  }

  wakeAtMs(me: Candidate, nowMs: number): number {
    if (!this.listed || this.fencingKey !== undefined) return Number.POSITIVE_INFINITY;
    if (this.leader === undefined)
      return Math.max(nowMs, this.tryAtMs, this.mayLeadFromMs(me, nowMs));
    if (!this.heartbeats.has(this.leader.incarnation)) return Math.max(nowMs, this.tryAtMs);
    return Math.max(this.tryAtMs, this.failureDetector.wakeAtMs(this.leader.incarnation, 0, nowMs));
  }

  private noteFencingKey(me: Candidate, actions: LeadershipAction[]): void {
    const mine = this.leader?.incarnation === me.incarnation ? this.leader.create : undefined;
    if (mine === this.fencingKey) return;
    if (this.fencingKey !== undefined) actions.push({type: 'lostLeadership'});
    this.fencingKey = mine;
    if (mine !== undefined) actions.push({type: 'elected', create: mine});
  }

  private mayLeadFromMs(me: Candidate, nowMs: number): number {
    if (me.eligible) return nowMs;
    if (!me.standby) return Number.POSITIVE_INFINITY;
    return (this.leaderlessSinceMs ?? nowMs) + STANDBY_LEADS_AFTER_MS;
  }

  private create(me: Candidate, nowMs: number): LeadershipAction | undefined {
    if (nowMs < this.mayLeadFromMs(me, nowMs)) return undefined;
    return {type: 'createLeader', container: me.container, incarnation: me.incarnation};
  }

  private loseLeadership(leader: LeaderKey, nowMs: number): LeadershipAction | undefined {
    const {incarnation, create} = leader;
    const beat = this.heartbeats.get(incarnation);
    const isThere = beat !== undefined;
    if (isThere && !this.failureDetector.silent(incarnation, nowMs)) return undefined;
    const hbMod = isThere ? this.failureDetector.version(incarnation) : 0;
    // The governor of sm shares the detector, and has heard a newer one: what is known here of its state may no longer be so.
    if (isThere && beat.mod !== hbMod) return undefined;
    const ordered = beat?.isEvicting === true ? {isOrdered: true as const} : {};
    return {type: 'removeLeader', create, incarnation, hbMod, ...ordered};
  }
}
