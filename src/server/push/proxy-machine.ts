/**
 * The sessions of an app's push containers, and what is to be done for their proxy heartbeats (push-containers.md). Passive: sessions, listings and
 * time go in, actions come out. Every decision is made on the governor's view as it is at that moment.
 */
import type {AppView} from '../../appstate/app-view.ts';
import {heartbeatIntervalMs} from '../../model/container.ts';
import type {Heartbeat} from '../../model/container.ts';
import {proxyIncarnation} from '../../model/ids.ts';
import {PushSession} from '../../ownership/push-session.ts';
import type {PushAlarm} from '../../ownership/push-session.ts';
import {usageOf} from '../../appstate/usage.ts';
import {appQuota} from '../../model/quota.ts';
import {decodePushSession} from '../../protocol/push.ts';
import type {PassiveMachine} from '../../runtime/machine-driver.ts';
import type {KeyValue} from '../../store/port.ts';
import {DoubledIds} from './doubled-ids.ts';
import {LostSessions} from './lost-sessions.ts';
import {TICK_MS, UNHEARD_PER_TICK} from './limits.ts';
import {isProxyHeartbeat, isSettled, mayHoldId} from './proxy-heartbeat.ts';
import type {ProxySubject} from './proxy-heartbeat.ts';
import type {OpenSession} from './push-work.ts';
import {sessionAlarms, sessionProblems} from './session-alarms.ts';

/** News of one session's key; `entry` undefined: it is gone, as of `mod`. */
export interface SessionChange {
  readonly key: string;
  readonly container: string;
  readonly lease: string;
  readonly entry: KeyValue | undefined;
  readonly mod: number;
}

export interface Session extends OpenSession {
  /** Newest version of its key. */
  mod: number;
  /** It still waits for its id. */
  waiting: boolean;
  /** Why its newest heartbeat cannot be read; '' when it can. */
  problem: string;
  /** It has sent a heartbeat that could be read. */
  readable: boolean;
  /** What it may run while it has not: all that was recorded at its container when it came, or since. */
  readonly presumed: Set<string>;
  /** A write of its proxy heartbeat is under way. */
  writing: boolean;
  renewedAtMs: number;
  /** It is not registered: the app has as many as its quota lets it have. */
  overQuota: boolean;
  /** An operator's eviction has been seen, or the app goes: it is not registered again. */
  evicted: boolean;
}

export type ProxyAction =
  | {readonly type: 'opened' | 'ended'; readonly session: Session}
  /** Create, promote or renew its proxy heartbeat; `kept` when that has been answered. */
  | {readonly type: 'keep'; readonly session: Session}
  /** Take the next steps of all its shards. */
  | {readonly type: 'look'; readonly session: Session}
  /**
   * End it, which is all the Go project's containers understand: the app goes and the session has no shards, or it is a second one of an id
   * that beats.
   */
  | {readonly type: 'endSession'; readonly session: Session; readonly why: string}
  /** It has ended and will be evicted soon: delete what its container keeps of its shards in the store. */
  | {readonly type: 'deleteStored'; readonly subject: ProxySubject}
  /** The app goes: delete the proxy heartbeat of a session that has ended. */
  | {readonly type: 'remove'; readonly subject: ProxySubject}
  | {readonly type: 'startGuard'}
  /** What the container's machine bears, as it says itself. */
  | {
      readonly type: 'figures';
      readonly incarnation: string;
      readonly own: Readonly<Record<string, unknown>>;
    }
  /** What an operator has to know now, and which containers get nothing new, with the reason. */
  | {
      readonly type: 'alarms';
      readonly alarms: readonly PushAlarm[];
      readonly problems: ReadonlyMap<string, string>;
    };

export class ProxyMachine implements PassiveMachine<ProxyAction> {
  private readonly view: AppView;
  private readonly sessions = new Map<string, Session>();
  private readonly byContainer = new Map<string, Set<Session>>();
  private readonly byIncarnation = new Map<string, Session>();
  private out: ProxyAction[] = [];
  /** Sessions that have spoken since the last look. */
  private readonly heardOf = new Set<Session>();
  /** Those of which it was said that they have come: they cost a look at each tick. */
  private readonly shown = new Set<Session>();
  /** The others: never readable, successors of nobody, in the order of their turns. Anybody may write any number of them. */
  private readonly unheard = new Set<Session>();
  private readonly unreadable = new Set<Session>();
  private readonly doubles = new DoubledIds();
  private readonly lost = new LostSessions(this.byContainer, this.byIncarnation);
  /** As `capacityNow`, within one `advance`: counted for each session, sessions would cost their square. */
  private sessionsLeft: number | undefined;
  private nextTickMs: number;
  private governorListed = false;
  private sessionsListed = false;
  private guardStarted = false;

  /** `view`: the governor's. */
  constructor(view: AppView, nowMs: number) {
    this.view = view;
    this.nextTickMs = nowMs + TICK_MS;
  }

  /** The governor knows every record and container: before that, everything would look recorded elsewhere. */
  governorHasListed(): void {
    this.governorListed = true;
  }

  get isGovernorListed(): boolean {
    return this.governorListed;
  }

  /** All sessions are known, and their actions given out. */
  get hasLookedAtAll(): boolean {
    return this.governorListed && this.sessionsListed && this.heardOf.size === 0;
  }

  get hasSessions(): boolean {
    return this.sessions.size > 0;
  }

  /**
   * Guard lease that most of the shards run under which containers say they have, decimal digits, '' where they do not say; undefined when
   * no container has a shard.
   */
  get leaseInUse(): string | undefined {
    const shards = new Map<string, number>();
    for (const {talk} of this.sessions.values())
      for (const lease of talk.leases) shards.set(lease, (shards.get(lease) ?? 0) + 1);
    let most: string | undefined;
    for (const [lease, count] of shards)
      if (most === undefined || count > (shards.get(most) ?? 0)) most = lease;
    return most;
  }

  holderOf(incarnation: string): Session | undefined {
    return this.byIncarnation.get(incarnation);
  }

  listed(changes: readonly SessionChange[], revision: number, nowMs: number): void {
    const seen = new Set(changes.map(({key}) => key));
    for (const change of changes) this.changed(change, nowMs);
    for (const session of [...this.sessions.values()])
      if (!seen.has(session.key) && session.mod <= revision) this.end(session, nowMs);
    // Only when all are known: who holds an id depends on the others.
    for (const session of this.sessions.values()) this.heardOf.add(session);
    this.sessionsListed = true;
  }

  changed(change: SessionChange, nowMs: number): void {
    const known = this.sessions.get(change.key);
    if (known !== undefined && change.mod <= known.mod) return;
    const {entry} = change;
    if (known !== undefined && entry?.create !== known.create) this.end(known, nowMs);
    if (entry === undefined) return;
    const session = this.sessions.get(entry.key) ?? this.open(change, entry, nowMs);
    this.heard(session, entry, nowMs);
    this.heardOf.add(session);
  }

  /** What the container runs for all that is known, or is about to. */
  runningOf({readable, presumed, talk}: Session): ReadonlySet<string> {
    return readable ? talk.running : presumed;
  }

  /** The write of a proxy heartbeat has been answered, or is given up. */
  kept(session: Session): void {
    session.writing = false;
  }

  /** A session could not be ended: it is tried again. */
  notEnded(session: Session): void {
    session.evicted = false;
  }

  advance(nowMs: number): ProxyAction[] {
    this.sessionsLeft = undefined;
    if (this.governorListed) this.lookAtHeard(nowMs);
    if (nowMs >= this.nextTickMs) this.tick(nowMs);
    return this.out.splice(0);
  }

  wakeAtMs(): number {
    return this.nextTickMs;
  }

  private lookAtHeard(nowMs: number): void {
    for (const session of this.heardOf) {
      if (session.ended || !this.regard(session)) continue;
      this.presume(session);
      this.maintain(session, nowMs);
      this.out.push({type: 'look', session});
    }
    this.heardOf.clear();
  }

  private tick(nowMs: number): void {
    this.nextTickMs = nowMs + TICK_MS;
    if (!this.governorListed || !this.sessionsListed) return;
    const exists = !this.view.isGone;
    if (this.isDeleting) this.dismantle();
    else if (exists && !this.guardStarted) {
      this.guardStarted = true;
      this.out.push({type: 'startGuard'});
    }
    this.lookAtUnheard();
    for (const session of this.shown) this.maintain(session, nowMs);
    if (!this.isDeleting) this.lookAtDoubles(nowMs);
    for (const subject of this.lost.due(this.view, nowMs))
      this.out.push({type: 'deleteStored', subject});
    // A status after an app's removal would be a key left behind.
    if (exists && !this.isDeleting) {
      const {shown, unreadable} = this;
      const alarms = [...this.doubles.alarms(nowMs), ...sessionAlarms(shown, unreadable, nowMs)];
      this.out.push({type: 'alarms', alarms, problems: sessionProblems(shown, this.view, nowMs)});
    }
  }

  /** The process before one of them may have become known since. Those that have had their turn go to the end. */
  private lookAtUnheard(): void {
    let left = Math.min(UNHEARD_PER_TICK, this.unheard.size);
    for (const session of this.unheard) {
      if (left-- === 0) break;
      this.unheard.delete(session);
      this.regard(session);
      if (!this.shown.has(session)) this.unheard.add(session);
    }
  }

  /** A second session that beats is ended at once: what it runs, somebody else runs. */
  private lookAtDoubles(nowMs: number): void {
    for (const session of this.doubles.look(this.byContainer.values(), nowMs)) {
      if (session.waiting || session.evicted) continue;
      session.evicted = true;
      const why = 'its id belongs to an older session, which still sends heartbeats';
      this.out.push({type: 'endSession', session, why});
    }
  }

  /** The stored shards of the container are deleted. */
  storedDeleted(incarnation: string): void {
    this.lost.done(incarnation);
  }

  private open({container, lease}: SessionChange, {key, create}: KeyValue, nowMs: number): Session {
    const incarnation = proxyIncarnation(lease, create);
    const session: Session = {
      ...{container, lease, incarnation, key, create, mod: 0, waiting: true, problem: ''},
      talk: new PushSession({container, incarnation}, nowMs),
      ...{readable: false, presumed: new Set<string>(), backlog: new Set<string>()},
      ...{calls: 0, reachedAtMs: Number.NEGATIVE_INFINITY, probing: false, ended: false},
      ...{writing: false, renewedAtMs: Number.NEGATIVE_INFINITY, evicted: false, overQuota: false},
    };
    this.sessions.set(key, session);
    this.unheard.add(session);
    const same = this.byContainer.get(container);
    if (same === undefined) this.byContainer.set(container, new Set([session]));
    else same.add(session);
    this.byIncarnation.set(incarnation, session);
    return session;
  }

  private heard(session: Session, entry: KeyValue, nowMs: number): void {
    session.mod = entry.mod;
    const value = decodePushSession(entry.value);
    session.waiting = value.kind === 'waiting';
    session.problem = value.kind === 'unreadable' ? value.problem : '';
    if (value.kind === 'unreadable') this.unreadable.add(session);
    else {
      this.unreadable.delete(session);
      this.show(session);
    }
    session.readable ||= value.kind === 'heartbeat';
    if (value.kind === 'waiting') return;
    const shards = value.kind === 'heartbeat' ? value.heartbeat.shards : undefined;
    session.talk.heard(entry.mod, shards, nowMs);
    if (value.kind !== 'heartbeat' || Object.keys(value.heartbeat.own).length === 0) return;
    const {incarnation} = session;
    this.out.push({type: 'figures', incarnation, own: value.heartbeat.own});
  }

  private show(session: Session): void {
    if (this.shown.has(session)) return;
    this.unheard.delete(session);
    this.shown.add(session);
    this.out.push({type: 'opened', session});
  }

  /** The last renewal counts from now: its shards stay for a full T. */
  private end(session: Session, nowMs: number): void {
    this.sessions.delete(session.key);
    this.byIncarnation.delete(session.incarnation);
    const same = this.byContainer.get(session.container);
    same?.delete(session);
    if (same?.size === 0) this.byContainer.delete(session.container);
    for (const set of [this.unheard, this.unreadable]) set.delete(session);
    if (this.shown.delete(session)) this.out.push({type: 'ended', session});
    if (isSettled(this.view, session) && !this.isDeleting && this.governorListed)
      this.keep(session, nowMs);
    session.ended = true;
    this.lost.ended(session, nowMs);
  }

  /**
   * The lowest create revision with a heartbeat holds the id. One that never sent a readable heartbeat takes it from nobody who did, and only
   * where the container is known: anybody may write any number of keys, but a process that has come back runs what the one before it had.
   */
  private holds(session: Session): boolean {
    if (session.waiting || (!session.readable && !this.isKnown(session))) return false;
    for (const other of this.byContainer.get(session.container) ?? []) {
      if (other === session || other.waiting || (session.readable && !other.readable)) continue;
      if (other.create < session.create || other.readable !== session.readable) return false;
    }
    return true;
  }

  /** The session before it has not been taken out yet, or it is registered itself. */
  private isKnown({container, incarnation}: Session): boolean {
    const {view} = this;
    return view.livingIncarnation(container) !== undefined || view.hasHeartbeat(incarnation);
  }

  /** Whether it holds its id. It is shown when it does, or is registered already. */
  private regard(session: Session): boolean {
    const holds = this.holds(session);
    if (holds || this.view.hasHeartbeat(session.incarnation)) this.show(session);
    return holds;
  }

  private presume({container, incarnation, readable, presumed}: Session): void {
    if (readable) return presumed.clear();
    const before = this.view.livingIncarnation(container);
    for (const holder of [before, incarnation])
      if (holder !== undefined) for (const shard of this.view.shardsOf(holder)) presumed.add(shard);
  }

  private get isDeleting(): boolean {
    return this.view.spec?.value.deleting === true;
  }

  /** Creates, promotes or renews the proxy heartbeat when it is time. */
  private maintain(session: Session, nowMs: number): void {
    const {view} = this;
    const known = view.heartbeats.get(session.incarnation)?.value;
    if (known?.state === 'evicting') session.evicted = true;
    if (session.writing || (session.evicted && !this.isShownOn(session, known))) return;
    if (known === undefined && (this.isDeleting || !this.holds(session))) return;
    this.sessionsLeft ??= this.capacityNow();
    session.overQuota = known === undefined && this.sessionsLeft <= 0;
    if (session.overQuota) return;
    const promotion = !isSettled(view, session) && mayHoldId(view, session);
    const dueMs = session.renewedAtMs + heartbeatIntervalMs(known?.ttlMs ?? 0) - TICK_MS / 2;
    if (known === undefined) this.sessionsLeft -= 1;
    if (known === undefined || promotion || nowMs >= dueMs) this.keep(session, nowMs);
  }

  /**
   * An evicted one that has let all shards go, and still beats: it stays in sight, and gets nothing. One that keeps shards is renewed no more,
   * so that they are taken from it.
   */
  private isShownOn({incarnation}: Session, known: Heartbeat | undefined): boolean {
    if (known?.state !== 'evicting' || this.isDeleting) return false;
    return this.view.shardsOf(incarnation).size === 0;
  }

  /** Registrations that the quotas still allow; those that are on their way count. */
  private capacityNow(): number {
    const {pushSessions: ofPush, containers: ofAll} = appQuota(this.view.spec?.value.quota);
    const {pushSessions, containers} = usageOf(this.view);
    let coming = 0;
    for (const {writing, incarnation} of this.sessions.values())
      if (writing && !this.view.heartbeats.has(incarnation)) coming += 1;
    return Math.min(ofPush - pushSessions, ofAll - containers) - coming;
  }

  private keep(session: Session, nowMs: number): void {
    session.writing = true;
    session.renewedAtMs = nowMs;
    this.out.push({type: 'keep', session});
  }

  private dismantle(): void {
    for (const session of this.sessions.values()) {
      if (this.view.shardsOf(session.incarnation).size > 0 || session.evicted) continue;
      session.evicted = true;
      this.out.push({type: 'endSession', session, why: 'the app is being removed'});
    }
    for (const [incarnation, {value}] of this.view.heartbeats) {
      const isLeft = isProxyHeartbeat(value) && this.holderOf(incarnation) === undefined;
      if (!isLeft || this.view.shardsOf(incarnation).size > 0) continue;
      this.out.push({type: 'remove', subject: {container: value.container, incarnation}});
    }
  }
}
