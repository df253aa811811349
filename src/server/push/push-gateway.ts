/**
 * Push containers of one governed app (push-containers.md): they register a session and know add and drop only. The gateway keeps
 * a proxy heartbeat for each, so that planner and governor see a container like any other, and acts in its name.
 * A session that ends is simply renewed no more: the governor's failure detector evicts its proxy heartbeat. One that stops beating while its
 * lease lives may still run its shards: it keeps them, and gets nothing new.
 * What is to be done is decided by the ProxyMachine; this is its shell.
 */
import type {Leases} from '../../etcd/leases.ts';
import type {ContainerCall, HintBatch} from '../../governor/hints.ts';
import type {Contact} from '../../model/contact.ts';
import type {RaisedAlarm} from '../../model/alarm.ts';
import {leaseIdOfHex} from '../../protocol/push.ts';
import {randomId} from '../../runtime/ids.ts';
import {MachineDriver} from '../../runtime/machine-driver.ts';
import type {ActionHandlers} from '../../runtime/machine-driver.ts';
import type {BatchLane} from '../../store/batcher.ts';
import {governsNoMore, stillGoverns} from '../../store/ownership-transactions.ts';
import type {Transaction, TransactionOutcome} from '../../store/port.ts';
import {changeOf} from '../../appview/app-changes.ts';
import {ListAndWatch} from '../../appview/list-and-watch.ts';
import {LeaseRenewer} from './guard-lease.ts';
import {deleteStored} from './stored-shards.ts';
import type {PushCaller} from './push-caller.ts';
import {ProxyMachine} from './proxy-machine.ts';
import type {ProxyAction, Session, SessionChange} from './proxy-action.ts';
import {PushWork} from './push-work.ts';
import type {PushScope} from './push-work.ts';
import {isProxyHeartbeat, proxyRemoval, proxyTransaction} from './proxy-heartbeat.ts';
import type {ProxySubject} from './proxy-heartbeat.ts';

/** What a daemon brings along for push containers. */
export interface PushDependencies {
  readonly caller: PushCaller;
  /** T of new proxy heartbeats. */
  readonly ttlMs: number;
  /** For writes of proxy heartbeats, which must not wait behind those of a thousand moves. Default: the lane of the app's other writes. */
  readonly heartbeatLane?: BatchLane;
}

export interface PushGatewayOptions extends PushScope, PushDependencies {
  readonly leases: Leases;
}

export class PushGateway {
  private readonly options: PushGatewayOptions;
  private readonly machine: ProxyMachine;
  private readonly driver: MachineDriver<ProxyAction>;
  private readonly observer: ListAndWatch<SessionChange>;
  private readonly work: PushWork;
  private readonly guard: LeaseRenewer;
  /** Sessions are known, and the governor's view says what they run: before that, what runs might be given to somebody else. */
  knowsSessions = false;

  constructor(options: PushGatewayOptions) {
    this.options = options;
    const {app, keys, clock, governor} = options;
    this.machine = new ProxyMachine(governor.view, clock.nowMs());
    this.driver = this.newDriver();
    this.guard = new LeaseRenewer({
      ...options,
      proofs: [stillGoverns(options.fencingKey)],
      isWatched: () => this.machine.hasSessions,
      leaseInUse: () => this.machine.leaseInUse,
    });
    this.work = new PushWork({
      ...options,
      guardLeaseId: () => this.guard.leaseId,
      background: (work) => this.driver.background(work, () => undefined),
    });
    this.observer = new ListAndWatch({
      ...options,
      prefixes: [keys.pushSessionPrefix(app)],
      decode: (parsed, entry, mod) => {
        if (parsed.kind !== 'pushSession') return undefined;
        const {container, lease} = parsed;
        return {key: keys.pushSession(app, container, lease), container, lease, entry, mod};
      },
      sink: {
        listed: (changes, revision) => {
          this.take(() => this.machine.listed([...changes], revision, clock.nowMs()));
          return undefined;
        },
        changed: (changes) =>
          this.take(() => {
            for (const change of changes) this.machine.changed(change, clock.nowMs());
          }),
      },
    });
  }

  start(): void {
    this.observer.start();
    this.driver.queueTurn();
  }

  stop(): void {
    this.driver.stop();
    this.observer.close();
    this.guard.stop();
    this.work.stop();
  }

  /** The governor knows every record and container: before that, everything would look recorded elsewhere. */
  governorHasListed(): void {
    this.take(() => this.machine.governorHasListed());
  }

  /** Takes hints meant for a proxy heartbeat; false when they are for somebody else. */
  took({incarnation, items}: HintBatch): boolean {
    if (!isProxyHeartbeat(this.options.governor.view.heartbeats.get(incarnation)?.value))
      return false;
    const session = this.machine.holderOf(incarnation);
    if (session !== undefined && this.machine.isGovernorListed)
      for (const {shard} of items) this.work.one(session, shard);
    return true;
  }

  /** Whether anything answers where the container of a proxy heartbeat should listen; undefined for somebody else. */
  contact({container, incarnation}: ContainerCall): Promise<Contact> | undefined {
    if (!isProxyHeartbeat(this.options.governor.view.heartbeats.get(incarnation)?.value))
      return undefined;
    return this.options.caller.contact(container);
  }

  private take(news: () => void): void {
    this.driver.guarded(() => {
      news();
      this.driver.queueTurn();
    });
  }

  private newDriver(): MachineDriver<ProxyAction> {
    const {clock, onBroken} = this.options;
    return new MachineDriver<ProxyAction>({
      machine: this.machine,
      handlers: this.handlers(),
      clock,
      nowMs: () => clock.nowMs(),
      restsAfterTurns: true,
      afterActions: () => this.lookedAround(),
      onBroken,
    });
  }

  private lookedAround(): void {
    if (this.knowsSessions || !this.machine.hasLookedAtAll) return;
    this.knowsSessions = true;
    this.options.onNews();
  }

  private handlers(): ActionHandlers<ProxyAction> {
    const {logger} = this.options;
    return {
      opened: ({session: {container, incarnation}}) =>
        logger.info({container, incarnation}, 'push container has a session'),
      ended: ({session}) => {
        const {container, incarnation} = session;
        this.options.governor.view.noteSessionShards(session, undefined);
        logger.info({container, incarnation}, 'session of a push container has ended');
      },
      keep: ({session}) => this.keep(session),
      look: ({session}) => {
        // What is not registered, and will not be, keeps nothing.
        const isOut = session.evicted || session.overQuota;
        const running = isOut ? undefined : this.machine.runningOf(session);
        this.options.governor.view.noteSessionShards(session, running);
        this.work.all(session);
      },
      endSession: ({session, why}) => this.endSession(session, why),
      deleteStored: ({subject}) => this.deleteStored(subject),
      remove: ({subject}) => this.remove(subject),
      figures: ({incarnation, own}) => this.options.governor.loads.ownSaid(incarnation, own),
      startGuard: () => this.guard.start(),
      alarms: ({alarms, problems}) => this.raise(alarms, problems),
    };
  }

  private async keep(session: Session): Promise<void> {
    const {clock, governor, ttlMs} = this.options;
    const {view} = governor;
    const fresh = {nonce: randomId(), ttlMs};
    const built = proxyTransaction({...this.options, view}, session, fresh);
    const {value, takesId, evicted} = built;
    const outcome = await this.submit(session, built.transaction);
    this.machine.kept(session);
    if (outcome?.kind !== 'committed') return;
    const {revision: mod} = outcome;
    const {container, incarnation} = session;
    const create = view.heartbeats.get(incarnation)?.create ?? mod;
    const entry = {value, mod, create};
    governor.changed({kind: 'heartbeat', mod, incarnation, entry}, clock.nowMs());
    const noted = evicted === undefined ? {} : {evicted};
    if (takesId)
      governor.changed({kind: 'id', mod, container, incarnation, ...noted}, clock.nowMs());
  }

  private async remove(subject: ProxySubject): Promise<void> {
    const {view} = this.options.governor;
    await this.submit(subject, proxyRemoval({...this.options, view}, subject));
  }

  /** Sends a write of a proxy heartbeat and takes what a refusal tells. */
  private async submit(
    subject: ProxySubject,
    transaction: Transaction,
  ): Promise<TransactionOutcome | undefined> {
    const {app, keys, fencingKey, batcher, heartbeatLane = batcher, governor, clock} = this.options;
    const outcome = await heartbeatLane.submit(transaction);
    if (this.driver.isStopped) return undefined;
    this.options.onNews();
    if (outcome.kind !== 'refused') return outcome;
    const [proof, heartbeat, id] = outcome.answers;
    if (governsNoMore(fencingKey, proof)) {
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

  private async endSession(session: Session, why: string): Promise<void> {
    const {leases, store, fencingKey, logger} = this.options;
    const {container, lease, key, create} = session;
    try {
      const leaseId = leaseIdOfHex(lease);
      if (leaseId !== undefined) await leases.revoke(leaseId);
      await store.transact({
        compares: [stillGoverns(fencingKey), {key, target: 'create', op: '=', value: create}],
        then: [{op: 'delete', key}],
      });
      logger.info({container, why}, 'session of a push container ended');
    } catch (error) {
      this.machine.notEnded(session);
      logger.warn({container, error: String(error)}, 'session could not be ended: trying again');
    }
  }

  /** Not while it cannot be known whether it is back: it is due again at the next look. */
  private async deleteStored({container, incarnation}: ProxySubject): Promise<void> {
    const {app, keys, store, fencingKey, logger} = this.options;
    try {
      const {entries} = await store.list([keys.pushContainerPrefix(app, container)]);
      const stored = entries.map((entry) => entry.key);
      if (!(await deleteStored(store, [stillGoverns(fencingKey)], stored))) return;
      this.machine.storedDeleted(incarnation);
      if (entries.length > 0)
        logger.info(
          {container, shards: entries.length},
          'deleted the shards that a push container had stored in etcd',
        );
    } catch (error) {
      logger.debug(
        {container, error: String(error)},
        'stored shards of a push container could not be deleted: trying again',
      );
    }
  }

  private raise(alarms: readonly RaisedAlarm[], problems: ReadonlyMap<string, string>): void {
    const {governor, onNews} = this.options;
    if (governor.view.noteSessionProblems(problems)) onNews();
    const all = this.guard.alarm === undefined ? alarms : [this.guard.alarm, ...alarms];
    if (governor.noteAlarms('push', all)) onNews();
  }
}
