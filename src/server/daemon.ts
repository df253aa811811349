/**
 * The daemon: one container of sm's own service S. The apps are S's shards; being given one means governing it. Whoever
 * holds the leader key governs S itself. Everything here is wiring; decisions are in ownership/ and governor/.
 */
import type {FastifyInstance} from 'fastify';
import {Registry} from 'prom-client';
import type {ServerConfig} from '../config/index.ts';
import {Member} from '../container/door.ts';
import {Keys} from '../etcd/keys.ts';
import type {Leases} from '../etcd/leases.ts';
import {heartbeatIntervalMs} from '../model/container.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import {parseToken} from '../model/token.ts';
import type {SessionEnd} from '../ownership/session-actions.ts';
import {plan} from '../planner/index.ts';
import {systemClock, watchingClock} from '../runtime/clock.ts';
import type {Clock, Timer} from '../runtime/clock.ts';
import type {Logger} from '../runtime/logger.ts';
import {TransactionBatcher} from '../store/batcher.ts';
import type {Office} from '../store/ownership-transactions.ts';
import type {EtcdStore} from '../store/etcd-store.ts';
import {seenHistory} from '../store/seen-history.ts';
import type {Store} from '../store/port.ts';
import {createAdminHandlers} from './admin/handlers.ts';
import {Credentials} from './credentials.ts';
import {daemonIdentity} from './daemon-identity.ts';
import {openWhenReachable} from './etcd-start.ts';
import type {OpenedStores} from './etcd-start.ts';
import {registerGauges} from './gauges.ts';
import {markRestored} from './governing/cluster-record.ts';
import {Governors} from './governing/governors.ts';
import {HintSender} from './governing/hint-sender.ts';
import {HoldingsCaller} from './governing/holdings-audit.ts';
import {LeadershipShell} from './governing/leadership-shell.ts';
import {ensureOwnSpec} from './governing/own-spec.ts';
import {Upkeep} from './governing/upkeep.ts';
import {mountHintReceiver} from './hint-routes.ts';
import {buildHttp} from './http/http.ts';
import {listen} from './listening.ts';
import {refuseLoopbackBesideOthers} from './loopback-check.ts';
import {ensureGuard} from './push/guard-lease.ts';
import {PushCaller} from './push/push-caller.ts';
import {untilStored} from './until-stored.ts';

/** A running daemon. */
export interface Daemon {
  /** host:port of the admin API. */
  readonly address: string;
  /** Resolves when this daemon has its id and may govern. */
  readonly ready: Promise<void>;
  /** Resolves when the daemon has ended, by `shutdown` or because it may not go on (rejects then). */
  readonly ended: Promise<void>;
  /** Hands the apps over, gives up leadership, deregisters; at the latest after `shutdownTimeoutMs`. */
  shutdown(): Promise<void>;
  /**
   * Reads the files of tokens and certificates again.
   * @throws SmError INVALID_CONFIG when one cannot be used: then all stays as it was.
   */
  reloadCredentials(): void;
  /** Ends at once without telling the store, as a crash would; tests use it. */
  abandon(): Promise<void>;
}

export interface DaemonOptions {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly version: string;
  /** Gives up waiting for etcd when aborted. */
  readonly signal?: AbortSignal;
  /** What the line `ready` says besides the address. */
  readonly readyFields?: object;
}

/** Hooks of a daemon only start and stop a governor. */
const HOOK_TIMEOUT_MS = 10_000;

export class RunningDaemon implements Daemon {
  readonly address: string;
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  private readonly options: DaemonOptions;
  private readonly keys: Keys;
  private readonly clock: ReturnType<typeof watchingClock>;
  private readonly store: EtcdStore;
  private readonly heartbeatStore: EtcdStore;
  private readonly leases: Leases;
  private readonly credentials: Credentials;
  private readonly http: FastifyInstance;
  private readonly member: Member;
  private readonly governors: Governors;
  private leadership: LeadershipShell;
  private readonly upkeep: Upkeep;
  private readonly senders: readonly {close(): Promise<void>}[];
  private epoch: number;
  /** Why etcd is not trusted: nothing is governed until that is accepted; '' when it is. */
  private halted = '';
  private probeEveryMs = Number.POSITIVE_INFINITY;
  private isReady = false;
  private signalReady: () => void = () => undefined;
  private signalEnded: (error?: Error) => void = () => undefined;
  private stopping: Promise<void> | undefined;
  private stopped = false;
  private readonly memberEnded: Promise<void>;
  private signalMemberEnded: () => void = () => undefined;

  private constructor(
    options: DaemonOptions,
    stores: OpenedStores,
    keys: Keys,
    credentials: Credentials,
  ) {
    const {config, logger} = options;
    this.options = options;
    this.keys = keys;
    this.credentials = credentials;
    this.clock = watchingClock(systemClock());
    this.address = config.advertise;
    this.store = stores.store;
    this.heartbeatStore = stores.heartbeatStore;
    this.leases = stores.leases;
    const {cluster} = stores;
    this.epoch = cluster.record.epoch;
    this.ready = new Promise((resolve) => (this.signalReady = resolve));
    this.memberEnded = new Promise((resolve) => (this.signalMemberEnded = resolve));
    this.ended = new Promise(
      (resolve, reject) =>
        (this.signalEnded = (error) => (error === undefined ? resolve() : reject(error))),
    );
    this.ended.catch(() => undefined);
    const batcher = new TransactionBatcher(this.store);
    const allowLoopback = isLoopbackHost(config.host);
    const hints = new HintSender({logger, allowLoopback});
    const daemonHints = new HintSender({logger, allowLoopback: true, ...credentials.forDaemons()});
    const caller = new PushCaller({allowLoopback});
    const holdings = new HoldingsCaller({allowLoopback});
    this.senders = [hints, daemonHints, caller, holdings];
    const common = {
      keys,
      store: this.store,
      batcher,
      clock: this.clock,
      logger,
    };
    this.governors = new Governors({
      ...common,
      epoch: () => this.epoch,
      daemon: this.address,
      hints,
      daemonHints,
      leases: this.leases,
      plan,
      holdings,
      push: {caller, ttlMs: config.heartbeat.ttlMs},
      onProbeInterval: () => this.adaptProbe(),
    });
    this.member = this.newMember(common);
    this.leadership = this.newLeadership();
    this.upkeep = new Upkeep({...common, cluster, compaction: config.compaction});
    this.http = this.newHttp();
  }

  /**
   * Opens everything and joins S. Resolves once HTTP listens; `ready` follows when the id is taken.
   * Where etcd was restored or replaced nothing is governed until that is accepted.
   * @throws SmError PORT_TAKEN, STORE_AUTH, INVALID_CONFIG.
   */
  static async start(options: DaemonOptions): Promise<RunningDaemon> {
    const {config} = options;
    const keys = new Keys(config.etcdPrefix, config.service);
    const credentials = new Credentials(config);
    // Before anything is open: a file that is missing must end the start, whether etcd answers or not.
    credentials.check();
    const stores = await openWhenReachable(options, keys);
    const {suspicion, record, mod} = stores.cluster;
    const daemon = new RunningDaemon(options, stores, keys, credentials);
    try {
      await refuseLoopbackBesideOthers(config, {store: daemon.store, keys, clock: daemon.clock});
      if (suspicion === '') await ensureOwnSpec(daemon.store, keys, daemon.clock.wallMs());
      await listen(daemon.http, config);
    } catch (error) {
      await daemon.release();
      throw error;
    }
    daemon.member.session.clusterSeen(record.epoch, suspicion, daemon.clock.ownerMs(), mod);
    daemon.member.start();
    if (daemon.halted === '') daemon.leadership.start();
    return daemon;
  }

  shutdown(): Promise<void> {
    this.stopping ??= this.shutdownOnce();
    return this.stopping;
  }

  reloadCredentials(): void {
    this.credentials.reload();
  }

  async abandon(): Promise<void> {
    await this.release();
    this.signalEnded(new Error('abandoned'));
  }

  private async shutdownOnce(): Promise<void> {
    const {config, logger} = this.options;
    logger.info({apps: this.governors.apps.length}, 'shutting down: handing the apps over');
    this.member.leave();
    await this.memberEndedWithin(config.shutdownTimeoutMs);
    await this.leadership.resign();
    await this.release();
    logger.info({}, 'stopped');
    this.signalEnded();
  }

  /** No timer may stay behind: it would keep the process from ending. */
  private async memberEndedWithin(limitMs: number): Promise<void> {
    let timer: Timer | undefined;
    const over = new Promise<void>((resolve) => (timer = this.clock.after(limitMs, resolve)));
    await Promise.race([this.memberEnded, over]);
    timer?.cancel();
  }

  private newMember(common: {
    keys: Keys;
    store: Store;
    batcher: TransactionBatcher;
    clock: Clock;
    logger: Logger;
  }): Member {
    return new Member({
      ...common,
      app: this.keys.service,
      epoch: this.epoch,
      heartbeatStore: this.heartbeatStore,
      history: seenHistory(this.heartbeatStore, this.store),
      identity: daemonIdentity(this.options.config, this.options.version),
      addTimeoutMs: HOOK_TIMEOUT_MS,
      dropTimeoutMs: HOOK_TIMEOUT_MS,
      refuseTakenId: false,
      readyAtClaim: true,
      heartbeatEveryMs: () => this.probeEveryMs,
      hooks: {
        add: (shard) => this.governors.start(shard.id, this.officeOf(shard.id, shard.token)),
        drop: (shard) => this.governors.stop(shard.id),
      },
      onReady: () => this.becameReady(),
      onEnded: (how) => this.memberIsGone(how),
      onRestored: (why) => this.halt(why),
      onAccepted: (epoch) => this.accepted(epoch),
      onHeartbeat: () => {
        this.governors.probeCommitted();
        this.leadership.probeCommitted();
      },
    });
  }

  private newLeadership(): LeadershipShell {
    const {keys, store, clock} = this;
    return new LeadershipShell({
      ...{keys, store, clock, logger: this.options.logger},
      me: () => ({container: this.address, incarnation: this.member.session.incarnation}),
      eligible: () => this.isReady && !this.stopped && this.stopping === undefined,
      standby: () => !this.stopped && this.stopping === undefined,
      onElected: (office) => this.elected(office),
      onDeposed: () => this.deposed(),
    });
  }

  /** Stops planning, and puts it down for those who cannot see it. HTTP goes on: it is how the restore is accepted. */
  private halt(why: string): void {
    this.halted = why;
    this.isReady = false;
    this.leadership.stop();
    this.governors.stopAll();
    this.upkeep.stop();
    const {store, keys, epoch} = this;
    void this.persist(() => markRestored(store, keys, epoch, why));
  }

  /** The member has begun anew; so does the election, which counted the revisions of another history. */
  private accepted(epoch: number): void {
    this.epoch = epoch;
    if (this.halted === '') return;
    this.halted = '';
    this.leadership = this.newLeadership();
    const {store, keys, clock, leadership, options} = this;
    options.logger.warn({epoch}, 'the restored etcd was accepted: governing again');
    void this.persist(() => ensureOwnSpec(store, keys, clock.wallMs())).then(() => {
      if (!this.stopped && this.leadership === leadership) leadership.start();
    });
  }

  private persist(work: () => Promise<void>): Promise<void> {
    const isStopped = (): boolean => this.stopped;
    return untilStored(work, {clock: this.clock, logger: this.options.logger, isStopped});
  }

  /** The record of an app is ready from its claim on, so it stands at the revision of the claim while we govern. */
  private officeOf(app: string, token: string): Office {
    const claim = parseToken(token);
    if (claim === undefined) throw new Error(`token of app ${app} cannot be read`);
    return {key: this.keys.ownership(this.keys.service, app), target: 'mod', value: claim.revision};
  }

  private newHttp(): FastifyInstance {
    const {config, logger, version} = this.options;
    const {keys, store, leases} = this;
    const metrics = new Registry();
    registerGauges(metrics, {
      governors: () => this.governors.apps.length,
      leads: () => this.leadership.leads,
      breaks: () => this.governors.breaks,
    });
    const admin = createAdminHandlers({
      store,
      keys,
      service: config.service,
      version,
      wallMs: () => this.clock.wallMs(),
      epoch: () => this.epoch,
      plan,
      appCreated: async (app) => void (await ensureGuard({app, keys, store, leases})),
    });
    return buildHttp({
      admin,
      readiness: () => this.readiness(),
      metrics,
      logger,
      version,
      ...this.credentials.forHttp(),
      mount: (server) => mountHintReceiver(server, this.keys.service, () => this.member),
    });
  }

  private readiness(): {ready: boolean; reason: string} {
    if (this.halted !== '')
      return {ready: false, reason: `${this.halted}; accept it: sm store accept-restore`};
    if (!this.isReady) return {ready: false, reason: 'waiting for the daemon id'};
    if (this.stopping !== undefined) return {ready: false, reason: 'shutting down'};
    return this.member.remainingMs() > 0
      ? {ready: true, reason: ''}
      : {ready: false, reason: 'etcd has not answered for too long'};
  }

  private becameReady(): void {
    const {logger, readyFields} = this.options;
    if (!this.isReady) logger.info({address: this.address, ...readyFields}, 'ready');
    this.isReady = true;
    this.signalReady();
    this.leadership.wake();
  }

  private elected(office: Office): void {
    this.options.logger.info({}, 'leading');
    this.governors.start(this.keys.service, office, this.leadership.silence);
    this.upkeep.start();
  }

  private deposed(): void {
    this.options.logger.warn({}, 'leading no more');
    this.governors.stop(this.keys.service);
    this.upkeep.stop();
  }

  /** Every silence clock here needs probes at a fifth of the smallest T it watches; our heartbeat is the probe. */
  private adaptProbe(): void {
    const leastMs = Math.min(this.governors.smallestTtlMs(), this.leadership.smallestTtlMs());
    this.probeEveryMs = Number.isFinite(leastMs)
      ? heartbeatIntervalMs(leastMs)
      : Number.POSITIVE_INFINITY;
  }

  private memberIsGone(how: SessionEnd): void {
    this.signalMemberEnded();
    if (this.stopping !== undefined || how === 'left') return;
    this.options.logger.error({how}, 'this daemon may not go on');
    void this.release().then(() => this.signalEnded(new Error(`daemon ended: ${how}`)));
  }

  private async release(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.governors.stopAll();
    this.leadership.stop();
    this.upkeep.stop();
    this.member.stop();
    await this.http.close();
    await Promise.all(this.senders.map((sender) => sender.close()));
    await Promise.all([this.store.close(), this.heartbeatStore.close()]);
    this.leases.close();
    this.clock.close();
  }
}
