/**
 * The daemon: one container of sm's own service S. The apps are S's shards; being given one means governing it. Whoever
 * holds the leader key governs S itself. Here are its connections and its HTTP; what it does is in governing-daemon.ts.
 */
import type {FastifyInstance} from 'fastify';
import {AppViews} from '../appview/app-views.ts';
import {Keys} from '../etcd/keys.ts';
import type {StoreCall} from '../etcd/connection.ts';
import type {Leases} from '../etcd/leases.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import {CLUSTER_QUOTA_DEFAULT} from '../model/quota.ts';
import type {ClusterQuota} from '../model/quota.ts';
import {unknownSince} from '../model/store-writes.ts';
import type {DriverEnd} from '../container/internal.ts';
import {plan} from '../planner/index.ts';
import {systemClock, watchingClock} from '../runtime/clock.ts';
import {gate} from '../runtime/gate.ts';
import type {Renewal} from '../runtime/renewal.ts';
import {auditLog} from '../store/audited-write.ts';
import type {EtcdStore} from '../store/etcd-store.ts';
import {seenHistory} from '../store/seen-history.ts';
import {writeRefusals} from './admin/write/refused-audit.ts';
import {CallQuotas} from './admin/call-quotas.ts';
import {createAdminHandlers} from './admin/handlers.ts';
import {Quotas} from './admin/quotas.ts';
import type {Contact} from '../model/contact.ts';
import {CredentialWatch} from './credential-watch.ts';
import {CallSigner} from './contact/call-signer.ts';
import {plainHostOf, warnOfPlainHost} from './plain-host.ts';
import {networkList} from './contact/endpoint-policy.ts';
import {Credentials} from './credentials.ts';
import {daemonIdentity} from './daemon-identity.ts';
import type {DaemonState} from './daemon-state.ts';
import type {DaemonOptions} from './daemon-options.ts';
import {etcdRenewal} from './etcd-renewal.ts';
import {openWhenReachable, whenReachable} from './etcd-start.ts';
import type {OpenedStores} from './etcd-start.ts';
import {GoverningDaemon} from './governing-daemon.ts';
import type {KnownCluster} from './governing/cluster-record.ts';
import {HintSender} from './governing/hint-sender.ts';
import {HoldingsCaller} from './governing/holdings-audit.ts';
import {ensureOwnSpec} from './governing/own-spec.ts';
import {mountHintReceiver} from './hint-routes.ts';
import {buildHttp, listen} from './http/http.ts';
import type {RefusedCount} from './http/dependencies.ts';
import {refuseLoopbackBesideOthers, refuseUncallable} from './loopback-check.ts';
import {ensureGuard} from './push/guard-lease.ts';
import {DaemonMetrics} from './metrics/daemon-metrics.ts';
import {PushCaller} from './push/push-caller.ts';
import {BulkWork} from '../runtime/bulk-work.ts';
import {Planners} from './planners.ts';
import {HEAVY_CALLS_WAITING, LARGE_BATCHES_AT_ONCE} from './limits.ts';
import {Turns} from './turns.ts';
import {SelfCheck} from './self-check.ts';

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
  /** What the cluster may take from now on. */
  setQuota(quota: ClusterQuota): void;
  /** Takes over files of etcd that have changed, once etcd accepts them; logs what comes of it. */
  renewEtcd(): void;
  /** Ends at once without telling the store, as a crash would; tests use it. */
  abandon(): Promise<void>;
}

interface Senders {
  readonly hints: HintSender;
  readonly daemonHints: HintSender;
  readonly caller: PushCaller;
  readonly holdings: HoldingsCaller;
}

type FilledOptions = DaemonOptions & Required<Pick<DaemonOptions, 'metrics' | 'onAudited'>>;

export class RunningDaemon implements Daemon {
  readonly address: string;
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  private readonly options: FilledOptions;
  private readonly keys: Keys;
  private readonly clock: ReturnType<typeof watchingClock>;
  private readonly planners: Planners;
  private readonly bulkWork = new BulkWork();
  private readonly batches = new Turns({
    atOnce: LARGE_BATCHES_AT_ONCE,
    waitingPerKey: HEAVY_CALLS_WAITING,
  });
  private readonly store: EtcdStore;
  private readonly heartbeatStore: EtcdStore;
  private readonly leases: Leases;
  private readonly views: AppViews;
  private readonly credentials: Credentials;
  private readonly http: FastifyInstance;
  private readonly metrics: DaemonMetrics;
  private readonly governing: GoverningDaemon;
  private readonly selfCheck: SelfCheck;
  private readonly credentialWatch: CredentialWatch;
  private readonly etcdRenewal: Renewal;
  private readonly senders: readonly {close(): Promise<void>}[];
  private readonly readyGate = gate();
  private readonly endedGate = gate();
  private quota: ClusterQuota;
  private state: DaemonState = {kind: 'serving'};

  private constructor(
    options: FilledOptions,
    stores: OpenedStores,
    keys: Keys,
    credentials: Credentials,
  ) {
    this.options = options;
    this.metrics = options.metrics;
    this.quota = {...CLUSTER_QUOTA_DEFAULT, ...options.config.quota};
    this.keys = keys;
    this.credentials = credentials;
    this.clock = watchingClock(systemClock());
    this.planners = new Planners(options);
    this.address = options.config.advertise;
    this.store = stores.store;
    this.heartbeatStore = stores.heartbeatStore;
    this.leases = stores.leases;
    const {clock, store} = this;
    this.views = new AppViews({
      ...{store, keys, clock, logger: options.logger},
      unknownSince: () => unknownSince(this.governing.writes()),
      kept: (app) => (app === keys.service ? undefined : this.governing.governors.kept(app)),
    });
    this.ready = this.readyGate.promise;
    this.ended = this.endedGate.promise;
    const senders = this.newSenders();
    this.senders = Object.values(senders);
    this.governing = this.newGoverning(stores.cluster, senders);
    this.selfCheck = this.newSelfCheck(senders.daemonHints);
    this.watchMetrics();
    this.etcdRenewal = etcdRenewal({
      ...{credentials, renew: stores.renew, clock, logger: options.logger},
      isInside: options.config.embedded !== undefined,
    });
    this.credentialWatch = new CredentialWatch({
      ...{clock, logger: options.logger, seen: credentials.seen},
      files: () => credentials.files(),
      reload: () => {
        this.renewEtcd();
        credentials.reload();
      },
    });
    this.http = this.newHttp(senders.daemonHints);
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
    refuseUncallable(config.advertise);
    // Before anything is open: a file that is missing must end the start, whether etcd answers or not.
    credentials.check();
    const metrics = options.metrics ?? new DaemonMetrics();
    const onCall = (call: StoreCall): void => metrics.storeCall(call);
    const stores = await openWhenReachable({...options, onCall}, keys);
    const filled = {onAudited: auditLog(options.logger), ...options, metrics};
    const daemon = new RunningDaemon(filled, stores, keys, credentials);
    try {
      const {store, clock} = daemon;
      await whenReachable(options, async () => {
        await refuseLoopbackBesideOthers(config, {store, keys, clock});
        if (stores.cluster.doubt === undefined) await ensureOwnSpec(store, keys, clock.wallMs());
      });
      await listen(daemon.http, config);
    } catch (error) {
      await daemon.release();
      throw error;
    }
    warnOfPlainHost(config, options.logger);
    daemon.governing.start();
    daemon.credentialWatch.start();
    void daemon.ready.then(() => daemon.selfCheck.start());
    return daemon;
  }

  shutdown(): Promise<void> {
    if (this.state.kind === 'leaving') return this.state.left;
    if (this.state.kind === 'released') return this.state.released;
    const left = gate();
    this.state = {kind: 'leaving', left: left.promise};
    this.leave().then(left.resolve, left.reject);
    return left.promise;
  }

  reloadCredentials(): void {
    this.credentials.reload();
  }

  setQuota(quota: ClusterQuota): void {
    this.quota = quota;
  }

  renewEtcd(): void {
    this.etcdRenewal.run();
  }

  async abandon(): Promise<void> {
    await this.release();
    this.endedGate.reject(new Error('abandoned'));
  }

  private async leave(): Promise<void> {
    const {config, logger} = this.options;
    logger.info(
      {apps: this.governing.governors.apps.length},
      'shutting down: handing the apps over',
    );
    await this.governing.shutdown(config.shutdownTimeoutMs);
    await this.release();
    logger.info({}, 'stopped');
    this.endedGate.resolve();
  }

  private newSenders(): Senders {
    const {config, logger} = this.options;
    const allowLoopback = isLoopbackHost(config.host);
    const networks = networkList(config.containerNetworks);
    const forDaemons = this.credentials.forDaemons();
    const {store, keys, clock} = this;
    const signer = new CallSigner({store, keys, clock});
    const calling = {allowLoopback, networks, signer, ...this.credentials.forContainers()};
    return {
      hints: new HintSender({logger, ...calling}),
      daemonHints: new HintSender({logger, allowLoopback: true, ...forDaemons}),
      caller: new PushCaller(calling),
      holdings: new HoldingsCaller(calling),
    };
  }

  private newGoverning(cluster: KnownCluster, senders: Senders): GoverningDaemon {
    const {config, logger, version, longestTtlMs} = this.options;
    const {keys, store, heartbeatStore, leases, clock} = this;
    const {caller, ...others} = senders;
    return new GoverningDaemon({
      ...{keys, store, heartbeatStore, leases, clock, logger, cluster, plan},
      planners: this.planners.governors,
      bulkWork: this.bulkWork,
      onAudited: this.options.onAudited,
      ...others,
      meter: this.metrics.governors,
      history: seenHistory(heartbeatStore, store),
      identity: daemonIdentity(config, version),
      compaction: config.compaction,
      longestTtlMs,
      quota: () => this.quota,
      push: {caller, ttlMs: config.heartbeat.ttlMs},
      onReady: () => this.becameReady(),
      onEnded: (how) => this.mayNotGoOn(how),
    });
  }

  private watchMetrics(): void {
    const {governing, credentials, clock, planners} = this;
    const {governors} = governing;
    const committing = (): boolean => governing.writes().kind === 'committing';
    this.metrics.watch({
      version: this.options.version,
      figures: () => governors.figures(!committing()),
      governed: () => governors.apps,
      leads: () => governing.leads,
      ready: () => this.readiness().ready,
      breaks: () => governors.breaks,
      writes: () => ({committing: committing(), lastMs: governing.driver.lastWriteMs}),
      restored: () => governing.doubt !== undefined,
      plannerLosses: () => planners.losses,
      certificates: () => credentials.expiries(),
      nowMs: () => clock.nowMs(),
    });
  }

  /** As others call it: by its address, with its token, over TLS where it speaks that. */
  private newSelfCheck(hints: HintSender): SelfCheck {
    const {config, logger} = this.options;
    const {address, clock} = this;
    const contact = (): Promise<Contact> => {
      const {incarnation} = this.governing.driver.session;
      return hints.contact(config.service, {container: address, endpoint: address, incarnation});
    };
    return new SelfCheck({address, clock, logger, contact});
  }

  /** Ready: it has its id, its writes commit, and others can call it. */
  private readiness(): {ready: boolean; reason: string} {
    const {problem} = this.selfCheck;
    const governs = this.governing.readiness();
    return governs.ready && problem !== undefined ? {ready: false, reason: problem.text} : governs;
  }

  private newHttp(daemonHints: HintSender): FastifyInstance {
    const {config, logger, version} = this.options;
    const {keys, store, leases, governing} = this;
    const quota = {cluster: () => this.quota, nowMs: () => this.clock.nowMs()};
    const admin = createAdminHandlers({
      store,
      keys,
      views: this.views,
      service: config.service,
      version,
      wallMs: () => this.clock.wallMs(),
      epoch: () => governing.epoch,
      writes: () => governing.writes(),
      callDaemon: ({id, endpoint, incarnation}) =>
        daemonHints.contact(config.service, {container: id, endpoint, incarnation}),
      selfProblem: () => this.selfCheck.problem,
      plainHost: plainHostOf(config),
      compaction: config.compaction,
      certificates: () => this.credentials.expiries(),
      sleep: (durationMs) => this.clock.sleep(durationMs),
      oldRightsMs: () => governing.oldRightsMs,
      doubt: () => governing.doubt,
      seenApps: () => governing.seenApps.all,
      planInUse: (app) => governing.governors.planInUse(app),
      ...this.planners.forReaders,
      batchByTurns: (app, work) => this.batches.run(app, work),
      bulkWork: this.bulkWork,
      quotas: new Quotas(quota),
      callQuotas: new CallQuotas(quota),
      appCreated: async (app) => void (await ensureGuard({app, keys, store, leases})),
      onAudited: this.options.onAudited,
    });
    return buildHttp({
      admin,
      readiness: () => this.readiness(),
      metrics: this.metrics.registry,
      logger,
      version,
      ...this.credentials.forHttp(),
      refused: (counts) => this.auditRefusals(counts),
      connectionRefused: () => this.metrics.adminConnectionRefused(),
      mount: (server) => mountHintReceiver(server, this.keys.service, () => governing.driver),
    });
  }

  /** What cannot be written is lost: the log has it. */
  private auditRefusals(counts: readonly RefusedCount[]): void {
    const {keys, store, clock, address} = this;
    const {logger, onAudited} = this.options;
    const at = {daemon: address, wallMs: clock.wallMs()};
    const writes = {store, keys, onAudited};
    void writeRefusals(writes, at, counts).catch((error: unknown) =>
      logger.warn({err: error}, 'refused calls could not be audited'),
    );
  }

  private becameReady(): void {
    const {logger, readyFields} = this.options;
    logger.info({address: this.address, ...readyFields}, 'ready');
    this.readyGate.resolve();
  }

  private mayNotGoOn(how: DriverEnd): void {
    this.options.logger.error({how}, 'this daemon must not continue');
    void this.release().then(() => this.endedGate.reject(new Error(`daemon ended: ${how}`)));
  }

  private release(): Promise<void> {
    if (this.state.kind === 'released') return this.state.released;
    const released = gate();
    this.state = {kind: 'released', released: released.promise};
    this.close().then(released.resolve, released.reject);
    return released.promise;
  }

  private async close(): Promise<void> {
    this.governing.stop();
    await this.planners.stop();
    this.selfCheck.stop();
    this.credentialWatch.stop();
    this.etcdRenewal.close();
    await this.http.close();
    this.views.close();
    await Promise.all(this.senders.map((sender) => sender.close()));
    await Promise.all([this.store.close(), this.heartbeatStore.close()]);
    this.leases.close();
    this.clock.close();
  }
}
