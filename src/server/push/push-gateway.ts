/**
 * Push containers of one governed app (push-containers.md): they register a session and know add and drop only. The gateway keeps
 * a proxy heartbeat heartbeat for each, so that planner and governor see a container like any other, and acts in its name.
 * A session that ends, or stops beating, is simply renewed no more: the governor's failure detector evicts its proxy heartbeat.
 */
import type {ParsedKey} from '../../etcd/keys.ts';
import type {Leases} from '../../etcd/leases.ts';
import type {ContainerCall} from '../../governor/actions.ts';
import type {HintBatch} from '../../governor/hints.ts';
import {heartbeatIntervalMs} from '../../model/container.ts';
import {PushSession} from '../../ownership/push-session.ts';
import type {PushAlarm} from '../../ownership/push-session.ts';
import {decodePushSession, leaseIdOfHex} from '../../protocol/push.ts';
import type {Timer} from '../../runtime/clock.ts';
import {randomId} from '../../runtime/ids.ts';
import type {KeyValue, Transaction, TransactionOutcome} from '../../store/port.ts';
import {changeOf} from '../../appview/app-changes.ts';
import {ListAndWatch} from '../../appview/list-and-watch.ts';
import {LeaseRenewer} from './guard-lease.ts';
import type {PushCaller} from './push-caller.ts';
import {PushWork} from './push-work.ts';
import type {OpenSession, PushScope} from './push-work.ts';
import {
  isSettled,
  isProxyHeartbeat,
  mayHoldId,
  proxyIncarnation,
  proxyRemoval,
  proxyTransaction,
} from './proxy-heartbeat.ts';
import type {ProxySubject} from './proxy-heartbeat.ts';
import {TICK_MS} from './limits.ts';

/** What a daemon brings along for push containers. */
export interface PushDependencies {
  readonly caller: PushCaller;
  /** T of new proxy heartbeats. */
  readonly ttlMs: number;
}

export interface PushGatewayOptions extends PushScope, PushDependencies {
  readonly leases: Leases;
}

interface SessionChange {
  readonly container: string;
  readonly lease: string;
  readonly entry: KeyValue | undefined;
  readonly mod: number;
}

interface Session extends OpenSession {
  /** Newest version of its key. */
  mod: number;
  /** It still waits for its id. */
  waiting: boolean;
  /** Why its newest heartbeat cannot be read; '' when it can. */
  problem: string;
  /** A write of its proxy heartbeat is under way. */
  writing: boolean;
  renewedAtMs: number;
  /** An operator's eviction has been seen: it is not registered again. */
  evicted: boolean;
}

export class PushGateway {
  private readonly options: PushGatewayOptions;
  private readonly sessions = new Map<string, Session>();
  private readonly observer: ListAndWatch<SessionChange>;
  private readonly work: PushWork;
  private readonly guard: LeaseRenewer;
  private timer: Timer | undefined;
  private governorListed = false;
  private guardStarted = false;
  private sessionsListed = false;
  private stopped = false;

  constructor(options: PushGatewayOptions) {
    this.options = options;
    this.guard = new LeaseRenewer({
      ...options,
      mayCreate: () => !this.shardsAreHeld(),
    });
    this.work = new PushWork({...options, guardLeaseId: () => this.guard.leaseId});
    this.observer = new ListAndWatch({
      ...options,
      prefixes: [options.keys.pushSessionPrefix(options.app)],
      decode: sessionChange,
      sink: {
        listed: (changes, revision) => this.guarded(() => this.listed(changes, revision)),
        changed: (changes) =>
          this.guarded(() => {
            for (const change of changes) this.look(this.changed(change));
          }),
      },
    });
  }

  start(): void {
    this.observer.start();
    this.timer = this.options.clock.after(TICK_MS, () => this.guarded(() => this.tick()));
  }

  stop(): void {
    this.stopped = true;
    this.observer.close();
    this.guard.stop();
    this.work.stop();
    this.timer?.cancel();
  }

  /** The governor knows every record and container: before that, everything would look recorded elsewhere. */
  governorHasListed(): void {
    this.governorListed = true;
  }

  /** Takes hints meant for a proxy heartbeat; false when they are for somebody else. */
  took({incarnation, items}: HintBatch): boolean {
    if (!isProxyHeartbeat(this.options.governor.view.heartbeats.get(incarnation)?.value))
      return false;
    const session = this.holderOf(incarnation);
    if (session !== undefined && this.governorListed)
      for (const {shard} of items) this.work.one(session, shard);
    return true;
  }

  /** Whether anything answers where the container of a proxy heartbeat should listen; undefined for somebody else. */
  reaches({container, incarnation}: ContainerCall): Promise<boolean> | undefined {
    if (!isProxyHeartbeat(this.options.governor.view.heartbeats.get(incarnation)?.value))
      return undefined;
    return this.options.caller.reaches(container);
  }

  private holderOf(incarnation: string): Session | undefined {
    for (const session of this.sessions.values())
      if (session.incarnation === incarnation) return session;
    return undefined;
  }

  private listed(changes: readonly SessionChange[], revision: number): void {
    const seen = new Set<string>();
    for (const change of changes) {
      seen.add(this.keyOf(change));
      this.changed(change);
    }
    for (const session of [...this.sessions.values()])
      if (!seen.has(session.key) && session.mod <= revision) this.end(session);
    // Only when all are known: who holds an id depends on the others.
    for (const session of this.sessions.values()) this.look(session);
    this.sessionsListed = true;
  }

  /** The session that spoke, if it is still there and the news is new. */
  private changed(change: SessionChange): Session | undefined {
    const known = this.sessions.get(this.keyOf(change));
    if (this.stopped || (known !== undefined && change.mod <= known.mod)) return undefined;
    const {entry} = change;
    if (known !== undefined && entry?.create !== known.create) this.end(known);
    if (entry === undefined) return undefined;
    const session = this.sessions.get(entry.key) ?? this.open(change, entry);
    this.heard(session, entry);
    return session;
  }

  private open({container, lease}: SessionChange, {key, create}: KeyValue): Session {
    const incarnation = proxyIncarnation(lease, create);
    const session: Session = {
      ...{container, lease, incarnation, key, create, mod: 0, waiting: true, problem: ''},
      talk: new PushSession({container, incarnation}, this.options.clock.nowMs()),
      backlog: new Set(),
      ...{calls: 0, reachedAtMs: Number.NEGATIVE_INFINITY, probing: false, ended: false},
      ...{writing: false, renewedAtMs: Number.NEGATIVE_INFINITY, evicted: false},
    };
    this.sessions.set(key, session);
    this.options.logger.info({container, incarnation}, 'push container has a session');
    return session;
  }

  private heard(session: Session, entry: KeyValue): void {
    session.mod = entry.mod;
    const value = decodePushSession(entry.value);
    session.waiting = value.kind === 'waiting';
    session.problem = value.kind === 'unreadable' ? value.problem : '';
    if (value.kind === 'waiting') return;
    const shards = value.kind === 'heartbeat' ? value.heartbeat.shards : undefined;
    session.talk.heard(entry.mod, shards, this.options.clock.nowMs());
  }

  private look(session: Session | undefined): void {
    if (session === undefined || !this.governorListed || !this.holds(session)) return;
    this.maintain(session);
    this.work.all(session);
  }

  /** The last renewal counts from now: its shards stay for a full T. */
  private end(session: Session): void {
    this.sessions.delete(session.key);
    const {container, incarnation} = session;
    this.options.logger.info({container, incarnation}, 'session of a push container has ended');
    if (isSettled(this.options.governor.view, session) && !this.deleting && this.governorListed)
      this.keep(session);
    session.ended = true;
  }

  /** The lowest create revision with a heartbeat holds the id. */
  private holds(session: Session): boolean {
    if (session.waiting) return false;
    for (const other of this.sessions.values()) {
      const rival = other.container === session.container && !other.waiting;
      if (rival && other.create < session.create) return false;
    }
    return true;
  }

  private tick(): void {
    if (this.stopped) return;
    this.timer = this.options.clock.after(TICK_MS, () => this.guarded(() => this.tick()));
    if (!this.governorListed || !this.sessionsListed) return;
    const exists = !this.options.governor.view.isGone;
    if (this.deleting) this.dismantle();
    else if (exists && !this.guardStarted) {
      this.guardStarted = true;
      this.guard.start();
    }
    for (const session of this.sessions.values()) this.maintain(session);
    // A status after an app's removal would be a key left behind.
    if (exists && !this.deleting) this.raise();
  }

  private get deleting(): boolean {
    return this.options.governor.view.spec?.value.deleting === true;
  }

  private shardsAreHeld(): boolean {
    for (const {talk} of this.sessions.values()) for (const _ of talk.listed) return true;
    return false;
  }

  /** Creates, promotes or renews the proxy heartbeat when it is time. */
  private maintain(session: Session): void {
    const {clock, governor} = this.options;
    const known = governor.view.heartbeats.get(session.incarnation)?.value;
    if (known?.state === 'evicting') session.evicted = true;
    if (session.writing || session.evicted || !session.talk.beating(clock.nowMs())) return;
    if (known === undefined && (this.deleting || !this.holds(session))) return;
    const promotion = !isSettled(governor.view, session) && mayHoldId(governor.view, session);
    const renewal =
      clock.nowMs() - session.renewedAtMs >= heartbeatIntervalMs(known?.ttlMs ?? 0) - TICK_MS / 2;
    if (known === undefined || promotion || renewal) this.keep(session);
  }

  private keep(session: Session): void {
    const {clock, governor, ttlMs} = this.options;
    const {view} = governor;
    const fresh = {nonce: randomId(), ttlMs};
    const built = proxyTransaction({...this.options, view}, session, fresh);
    session.writing = true;
    session.renewedAtMs = clock.nowMs();
    const {value, takesId} = built;
    this.background(async () => {
      const outcome = await this.submit(session, built.transaction);
      session.writing = false;
      if (outcome?.kind !== 'committed') return;
      const {revision: mod} = outcome;
      const {container, incarnation} = session;
      const create = view.heartbeats.get(incarnation)?.create ?? mod;
      const entry = {value, mod, create};
      governor.changed({kind: 'heartbeat', mod, incarnation, entry}, clock.nowMs());
      if (takesId) governor.changed({kind: 'id', mod, container, incarnation}, clock.nowMs());
    });
  }

  /** Sends a write of a proxy heartbeat and takes what a refusal tells. */
  private async submit(
    subject: ProxySubject,
    transaction: Transaction,
  ): Promise<TransactionOutcome | undefined> {
    const {app, keys, fencingKey, batcher, governor, clock} = this.options;
    const outcome = await batcher.submit(transaction);
    if (this.stopped) return undefined;
    this.options.onNews();
    if (outcome.kind !== 'refused') return outcome;
    const [proof, heartbeat, id] = outcome.answers;
    if ((proof?.[fencingKey.target] ?? 0) !== fencingKey.value) {
      this.options.onLostLeadership();
      return undefined;
    }
    const read = [
      {key: keys.heartbeat(app, subject.incarnation), entry: heartbeat},
      {key: keys.containerId(app, subject.container), entry: id},
    ];
    for (const {key, entry} of read) {
      const parsed = keys.parse(key);
      const change =
        parsed && changeOf(parsed, entry, entry === undefined ? outcome.revision : entry.mod);
      if (change !== undefined) governor.changed(change, clock.nowMs());
    }
    return outcome;
  }

  /** The app goes: sessions without shards are ended, which is all the origin's containers understand, then their proxy heartbeats. */
  private dismantle(): void {
    const {view} = this.options.governor;
    for (const session of this.sessions.values()) {
      if (view.shardsOf(session.incarnation).size > 0 || session.evicted) continue;
      session.evicted = true;
      this.background(() => this.endSession(session));
    }
    for (const [incarnation, {value}] of view.heartbeats) {
      const gone = isProxyHeartbeat(value) && this.holderOf(incarnation) === undefined;
      if (!gone || view.shardsOf(incarnation).size > 0) continue;
      const subject = {container: value.container, incarnation};
      const removal = proxyRemoval({...this.options, view}, subject);
      this.background(async () => void (await this.submit(subject, removal)));
    }
  }

  private async endSession(session: Session): Promise<void> {
    const {leases, store, fencingKey, logger} = this.options;
    const {container, lease, key, create} = session;
    try {
      const leaseId = leaseIdOfHex(lease);
      if (leaseId !== undefined) await leases.revoke(leaseId);
      await store.transact({
        compares: [
          {key: fencingKey.key, target: fencingKey.target, op: '=', value: fencingKey.value},
          {key, target: 'create', op: '=', value: create},
        ],
        then: [{op: 'delete', key}],
        otherwise: [],
      });
      logger.info({container}, 'app is being removed: session of a push container ended');
    } catch (error) {
      session.evicted = false;
      logger.warn({container, error: String(error)}, 'session could not be ended: trying again');
    }
  }

  private raise(): void {
    const {clock, governor} = this.options;
    const alarms: PushAlarm[] = this.guard.alarm === undefined ? [] : [this.guard.alarm];
    for (const session of this.sessions.values()) {
      alarms.push(...session.talk.alarms(clock.nowMs()));
      if (session.problem === '') continue;
      const text = `heartbeat of push container ${session.container} cannot be read: ${session.problem}`;
      alarms.push({code: 'PUSH_UNREADABLE', text});
    }
    if (governor.noteAlarms('push', alarms)) this.options.onNews();
  }

  private keyOf({container, lease}: SessionChange): string {
    return this.options.keys.pushSession(this.options.app, container, lease);
  }

  /** Called by timers and watches: what is thrown there would end the process. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.options.onBroken(error);
    }
  }

  private background(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.options.onBroken(error));
  }
}

function sessionChange(
  parsed: ParsedKey,
  entry: KeyValue | undefined,
  mod: number,
): SessionChange | undefined {
  if (parsed.kind !== 'pushSession') return undefined;
  return {container: parsed.container, lease: parsed.lease, entry, mod};
}
