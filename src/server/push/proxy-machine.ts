/**
 * The sessions of an app's push containers, and what is to be done for their proxy heartbeats (push-containers.md). Passive: sessions, listings and
 * time go in, actions come out. Every decision is made on the governor's view as it is at that moment.
 */
import type {AppView} from '../../appstate/app-view.ts';
import {heartbeatIntervalMs} from '../../model/container.ts';
import type {Heartbeat} from '../../model/container.ts';
import {proxyIncarnation} from '../../model/ids.ts';
import {PushSession} from '../../ownership/push-session.ts';
import {usageOf} from '../../appstate/usage.ts';
import {appQuota} from '../../model/quota.ts';
import {decodePushSession} from '../../protocol/push.ts';
import type {PassiveMachine} from '../../runtime/machine-driver.ts';
import type {KeyValue} from '../../store/port.ts';
import {ContainerSessions} from './container-sessions.ts';
import {DoubledIds} from './doubled-ids.ts';
import {LostSessions} from './lost-sessions.ts';
import {HEARD_PER_TURN, LISTED_PER_TURN, TICK_MS, TURNS_PER_TICK} from './limits.ts';
import {isProxyHeartbeat, isSettled, mayHoldId} from './proxy-heartbeat.ts';
import type {ProxyAction, Session, SessionChange} from './proxy-action.ts';
import {SessionAlarms, sessionProblems} from './session-alarms.ts';

export class ProxyMachine implements PassiveMachine<ProxyAction> {
  private readonly view: AppView;
  /** By key, in the order of their turns. */
  private readonly sessions = new Map<string, Session>();
  private readonly byContainer = new ContainerSessions<Session>();
  private readonly byIncarnation = new Map<string, Session>();
  private out: ProxyAction[] = [];
  /** Sessions that were listed, or have changed, since the last look at them. */
  private readonly heardOf = new Set<Session>();
  /** Sessions whose arrival was logged. A session that could never be read, and succeeds no other, is not among them. */
  private readonly shown = new Set<Session>();
  /** A write of their proxy heartbeat is under way. */
  private readonly writing = new Set<Session>();
  private readonly alarms = new SessionAlarms<Session>();
  private readonly doubles = new DoubledIds();
  private readonly lost = new LostSessions(this.byContainer, this.byIncarnation);
  /** The result of `capacityNow`, kept for one `advance`: to count again for each session would cost the square of their number. */
  private sessionsLeft: number | undefined;
  private nextTickMs: number;
  /** The last turn left news for the next. */
  private hasMore = false;
  isGovernorListed = false;
  private sessionsListed = false;
  private guardStarted = false;

  /** `view`: the governor's. */
  constructor(view: AppView, nowMs: number) {
    this.view = view;
    this.nextTickMs = nowMs + TICK_MS;
  }

  /** The governor knows every record and container: before that, everything would look recorded elsewhere. */
  governorHasListed(): void {
    this.isGovernorListed = true;
  }

  /** All sessions are known, and their actions given out. */
  get hasLookedAtAll(): boolean {
    return this.isGovernorListed && this.sessionsListed && this.heardOf.size === 0;
  }

  get hasSessions(): boolean {
    return this.sessions.size > 0;
  }

  /**
   * Guard lease that most of the shards run under which containers say they have, decimal digits, '' where they do not say; undefined when
   * no container has a shard. A shard that a record names as its container's counts before all others: anybody may write a session that lists
   * any number of shards.
   */
  get leaseInUse(): string | undefined {
    const [recorded, claimed] = [new Map<string, number>(), new Map<string, number>()];
    for (const {incarnation, talk} of this.sessions.values()) {
      const own = this.view.shardsOf(incarnation);
      for (const [shard, lease] of talk.leases()) {
        const counts = own.has(shard) ? recorded : claimed;
        counts.set(lease, (counts.get(lease) ?? 0) + 1);
      }
    }
    return mostCounted(recorded) ?? mostCounted(claimed);
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
    this.writing.delete(session);
  }

  /** A session could not be ended: it is tried again. */
  notEnded(session: Session): void {
    session.evicted = false;
  }

  advance(nowMs: number): ProxyAction[] {
    this.sessionsLeft = undefined;
    if (this.isGovernorListed) this.lookAtHeard(nowMs);
    if (nowMs >= this.nextTickMs) this.tick(nowMs);
    return this.out.splice(0);
  }

  wakeAtMs(): number {
    return this.hasMore ? Number.NEGATIVE_INFINITY : this.nextTickMs;
  }

  private lookAtHeard(nowMs: number): void {
    let [sessions, shards] = [0, 0];
    for (const session of this.heardOf) {
      if (sessions === HEARD_PER_TURN || shards >= LISTED_PER_TURN) break;
      this.heardOf.delete(session);
      sessions += 1;
      if (session.ended) continue;
      shards += session.talk.listedCount;
      if (this.regard(session)) {
        this.presume(session);
        this.maintain(session, nowMs);
        this.out.push({type: 'look', session});
      }
      this.alarms.look(session, this.shown.has(session), nowMs);
    }
    this.hasMore = this.heardOf.size > 0;
  }

  private tick(nowMs: number): void {
    this.nextTickMs = nowMs + TICK_MS;
    if (!this.isGovernorListed || !this.sessionsListed) return;
    const exists = !this.view.isGone;
    if (this.isDeleting) this.removeLeft();
    else if (exists && !this.guardStarted) {
      this.guardStarted = true;
      this.out.push({type: 'startGuard'});
    }
    for (const incarnation of this.view.heartbeats.keys()) {
      const session = this.holderOf(incarnation);
      if (session !== undefined) this.lookAt(session, nowMs);
    }
    this.lookAtUnregistered(nowMs);
    for (const subject of this.lost.due(this.view, nowMs))
      this.out.push({type: 'deleteStored', subject});
    // A status after an app's removal would be a key left behind.
    if (exists && !this.isDeleting) {
      const alarms = [...this.doubles.alarms(nowMs), ...this.alarms.all()];
      const sessionOf = (incarnation: string): Session | undefined => this.holderOf(incarnation);
      this.out.push({
        type: 'alarms',
        alarms,
        problems: sessionProblems(sessionOf, this.view, nowMs),
      });
    }
  }

  /** By turns: those that have had theirs go to the end. The process before one of them may have become known since, or there is room. */
  private lookAtUnregistered(nowMs: number): void {
    let left = TURNS_PER_TICK;
    let all = this.sessions.size;
    for (const [key, session] of this.sessions) {
      if (left === 0 || all-- === 0) break;
      this.sessions.delete(key);
      this.sessions.set(key, session);
      if (this.view.heartbeats.has(session.incarnation)) continue;
      left -= 1;
      this.lookAt(session, nowMs);
    }
  }

  private lookAt(session: Session, nowMs: number): void {
    if (this.isDeleting) this.dismantle(session);
    if (!this.shown.has(session)) this.regard(session);
    if (!this.shown.has(session)) return;
    this.maintain(session, nowMs);
    const isDouble = !this.isDeleting && this.lookAtDouble(session, nowMs);
    // What is wrong with a second one that waits is its id. As a container without heartbeats it would pass for the first one.
    this.alarms.look(session, !(isDouble && session.waiting), nowMs);
  }

  /** A second session that beats is ended at once: what it runs, somebody else runs. True of one that waits, too. */
  private lookAtDouble(session: Session, nowMs: number): boolean {
    const {any} = this.byContainer.oldest(session.container);
    if (!this.doubles.look(session, any, nowMs)) return false;
    if (session.waiting || session.evicted) return true;
    session.evicted = true;
    const why = 'its id belongs to an older session, which still sends heartbeats';
    this.out.push({type: 'endSession', session, why});
    return true;
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
      ...{renewedAtMs: Number.NEGATIVE_INFINITY, evicted: false, overQuota: false},
    };
    this.sessions.set(key, session);
    this.byContainer.add(session);
    this.byIncarnation.set(incarnation, session);
    return session;
  }

  private heard(session: Session, entry: KeyValue, nowMs: number): void {
    session.mod = entry.mod;
    const {waiting, readable} = session;
    const value = decodePushSession(entry.value);
    session.waiting = value.kind === 'waiting';
    session.problem = value.kind === 'unreadable' ? value.problem : '';
    if (value.kind !== 'unreadable') this.show(session);
    session.readable ||= value.kind === 'heartbeat';
    if (session.waiting !== waiting || session.readable !== readable)
      this.byContainer.changed(session);
    if (value.kind === 'waiting') return;
    const shards = value.kind === 'heartbeat' ? value.heartbeat.shards : undefined;
    session.talk.heard(entry.mod, shards, nowMs);
    if (value.kind !== 'heartbeat' || Object.keys(value.heartbeat.own).length === 0) return;
    const {incarnation} = session;
    this.out.push({type: 'figures', incarnation, own: value.heartbeat.own});
  }

  private show(session: Session): void {
    if (this.shown.has(session)) return;
    this.shown.add(session);
    this.out.push({type: 'opened', session});
  }

  /** The last renewal counts from now: its shards stay for a full T. */
  private end(session: Session, nowMs: number): void {
    this.sessions.delete(session.key);
    this.byIncarnation.delete(session.incarnation);
    this.byContainer.delete(session);
    this.alarms.ended(session);
    if (this.shown.delete(session)) this.out.push({type: 'ended', session});
    if (isSettled(this.view, session) && !this.isDeleting && this.isGovernorListed)
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
    const {any, readable} = this.byContainer.oldest(session.container);
    return session === (readable ?? any);
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
    // The daemon before this one may have deleted its proxy heartbeat already.
    const wasEvicted = view.ids.get(session.container)?.evicted === session.incarnation;
    if (known?.state === 'evicting' || wasEvicted) session.evicted = true;
    if (this.writing.has(session) || (session.evicted && !this.isShownOn(session, known))) return;
    if (known === undefined && (this.isDeleting || !this.holds(session))) return;
    this.sessionsLeft ??= this.capacityNow();
    session.overQuota = known === undefined && this.sessionsLeft <= 0;
    if (session.overQuota) return;
    const promotion = !session.evicted && !isSettled(view, session) && mayHoldId(view, session);
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
    for (const {incarnation, ended} of this.writing)
      if (!ended && !this.view.heartbeats.has(incarnation)) coming += 1;
    return Math.min(ofPush - pushSessions, ofAll - containers) - coming;
  }

  private keep(session: Session, nowMs: number): void {
    this.writing.add(session);
    session.renewedAtMs = nowMs;
    this.out.push({type: 'keep', session});
  }

  private dismantle(session: Session): void {
    if (this.view.shardsOf(session.incarnation).size > 0 || session.evicted) return;
    session.evicted = true;
    this.out.push({type: 'endSession', session, why: 'the app is being removed'});
  }

  private removeLeft(): void {
    for (const [incarnation, {value}] of this.view.heartbeats) {
      const isLeft = isProxyHeartbeat(value) && this.holderOf(incarnation) === undefined;
      if (!isLeft || this.view.shardsOf(incarnation).size > 0) continue;
      this.out.push({type: 'remove', subject: {container: value.container, incarnation}});
    }
  }
}

/** The first of those that are counted most. */
function mostCounted(counts: ReadonlyMap<string, number>): string | undefined {
  let most: string | undefined;
  for (const [value, count] of counts)
    if (most === undefined || count > (counts.get(most) ?? 0)) most = value;
  return most;
}
