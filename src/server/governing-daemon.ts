/**
 * All of a daemon but its connections and its HTTP: its own registration, the governors of its apps, the election and the upkeep of etcd.
 * Everything here is wiring; decisions are in ownership/ and governor/.
 */
import {OldRights} from './governing/old-rights.ts';
import {SessionDriver, untilIdleAndFenced} from '../container/internal.ts';
import type {HeartbeatIdentity} from '../model/container.ts';
import {CLUSTER_QUOTA_DEFAULT} from '../model/quota.ts';
import type {ClusterQuota} from '../model/quota.ts';
import type {AppEvent} from '../model/audit.ts';
import type {StoreWrites} from '../model/store-writes.ts';
import type {DriverEnd} from '../container/internal.ts';
import type {Timer} from '../runtime/clock.ts';
import type {BulkAdmission} from '../runtime/bulk-work.ts';
import {gate} from '../runtime/gate.ts';
import {TransactionBatcher} from '../store/batcher.ts';
import type {FencingKey} from '../store/ownership-transactions.ts';
import type {Store} from '../store/port.ts';
import type {SeenHistory} from '../store/seen-history.ts';
import type {StoreDoubt} from '../model/store-doubt.ts';
import {nextGoverningState, readinessOf} from './daemon-state.ts';
import type {GoverningEvent, GoverningState, Readiness} from './daemon-state.ts';
import {markRestored} from './governing/cluster-record.ts';
import type {KnownCluster} from './governing/cluster-record.ts';
import {fencingKeyOf} from './governing/fencing-key.ts';
import {Governors} from './governing/governors.ts';
import type {GovernorsOptions} from './governing/governors.ts';
import {probeIntervalMs} from './governing/probe-interval.ts';
import {LeadershipShell} from './governing/leadership-shell.ts';
import {OwnEvents} from './governing/own-events.ts';
import {ensureOwnSpec} from './governing/own-spec.ts';
import {SeenApps} from './governing/seen-apps.ts';
import {Upkeep} from './governing/upkeep.ts';
import {UsageReport} from './governing/usage-report.ts';
import {HOOK_TIMEOUT_MS, STORED_RETRY_MS} from './limits.ts';
import {TTL_MAX_MS} from '../model/limits.ts';

export interface GoverningDaemonOptions extends Pick<
  GovernorsOptions,
  | ('keys' | 'store' | 'leases' | 'clock' | 'logger' | 'onAudited' | 'daemonHints')
  | ('hints' | 'push' | 'holdings' | 'plan' | 'planners' | 'meter')
> {
  /** A connection of its own for heartbeats, so that nothing delays them. */
  readonly heartbeatStore: Store;
  readonly history: SeenHistory;
  readonly identity: HeartbeatIdentity;
  /** The cluster record as it was found at the start. */
  readonly cluster: KnownCluster;
  readonly compaction: 'auto' | 'off';
  /** When the writes of long queues may begin. Absent: at once. */
  readonly bulkWork?: BulkAdmission;
  /** What the cluster may take, as the configuration says now. Default: CLUSTER_QUOTA_DEFAULT. */
  readonly quota?: () => ClusterQuota;
  /** The id is taken: at the start, and again after an accepted restore. */
  readonly onReady: () => void;
  /** Of any container of the cluster. Default: the longest that a container may have. */
  readonly longestTtlMs?: number | undefined;
  /** It may not go on; not called for what `shutdown` brings about. */
  readonly onEnded: (how: DriverEnd) => void;
}

type Common = Pick<GoverningDaemonOptions, 'keys' | 'store' | 'clock' | 'logger'> & {
  readonly batcher: TransactionBatcher;
};

export class GoverningDaemon {
  readonly driver: SessionDriver;
  readonly governors: Governors;
  private readonly options: GoverningDaemonOptions;
  private readonly upkeep: Upkeep;
  private readonly usage: UsageReport;
  private readonly sessionEnded = gate();
  private leadership: LeadershipShell;
  private epochNow: number;
  private state: GoverningState = {kind: 'waiting'};
  private readonly oldRights: OldRights;
  /** Apps that there were; those that a store in doubt lacks are missing. */
  readonly seenApps = new SeenApps();
  private probeEveryMs = Number.POSITIVE_INFINITY;
  private readonly events: OwnEvents;

  constructor(options: GoverningDaemonOptions) {
    const {keys, store, clock, logger, cluster, compaction} = options;
    this.options = options;
    this.epochNow = cluster.record.epoch;
    this.oldRights = new OldRights(options.longestTtlMs ?? TTL_MAX_MS);
    const {bulkWork} = options;
    const batcher = new TransactionBatcher(store, bulkWork && {bulkWork});
    const common = {keys, store, clock, logger, batcher};
    this.events = new OwnEvents(common, options.identity.container);
    this.governors = this.newGovernors(common);
    this.driver = this.newDriver(common);
    this.leadership = this.newLeadership();
    this.upkeep = new Upkeep({...common, cluster, compaction});
    const {quota = () => CLUSTER_QUOTA_DEFAULT} = options;
    this.usage = new UsageReport({...common, quota});
  }

  /** Of fencing tokens. */
  get epoch(): number {
    return this.epochNow;
  }

  /** How long somebody may still act by a right of before the store was restored, ms. */
  get oldRightsMs(): number {
    return this.oldRights.leftMs(this.options.clock.nowMs());
  }

  /** Why etcd is not believed; undefined: it is. */
  get doubt(): StoreDoubt | undefined {
    return this.state.kind === 'halted' ? this.state.doubt : undefined;
  }

  /** Whether this daemon governs sm itself. */
  get leads(): boolean {
    return this.leadership.leads;
  }

  /** Registers, and stands for election. Where etcd was restored or replaced nothing is governed until that is accepted. */
  start(): void {
    const {cluster, clock} = this.options;
    const {record, doubt, mod} = cluster;
    this.driver.session.clusterSeen({...record, doubt, mod}, clock.ownerMs());
    this.driver.start();
    if (this.state.kind !== 'halted') this.leadership.start();
  }

  /** Hands the apps over and deregisters, within `limitMs`, and soon where the store is away and nothing runs; then gives up leadership. Call `stop` after it. */
  async shutdown(limitMs: number): Promise<void> {
    this.take({kind: 'leave'});
    this.driver.leave();
    await this.sessionEndedWithin(limitMs);
    // Without the store there is nobody to tell, and a leader whose heartbeat is silent is replaced.
    if (this.driver.remainingMs() > 0) await this.resign();
  }

  private async resign(): Promise<void> {
    const {leads, events, driver} = this;
    await this.leadership.resign();
    if (!leads) return;
    // There is no later try: the process ends.
    await events
      .writing(events.leaderGone(driver.session.incarnation))()
      .catch(() => undefined);
  }

  /** Ends at once; nothing is written to the store. */
  stop(): void {
    if (!this.take({kind: 'stop'})) return;
    this.stopGoverning();
    this.driver.stop();
  }

  /** How the writes of this daemon fare: what it says of the present rests on them. */
  writes(): StoreWrites {
    return this.driver.writes();
  }

  readiness(): Readiness {
    return readinessOf(this.state, this.writes());
  }

  private get isStopped(): boolean {
    return this.state.kind === 'stopped';
  }

  /** Whether the event has changed the state. */
  private take(event: GoverningEvent): boolean {
    const before = this.state;
    this.state = nextGoverningState(before, event);
    return this.state !== before;
  }

  /** No timer may stay behind: it would keep the process from ending. */
  private async sessionEndedWithin(limitMs: number): Promise<void> {
    let timer: Timer | undefined;
    const over = new Promise<void>(
      (resolve) => (timer = this.options.clock.after(limitMs, resolve)),
    );
    let done = false;
    const alone = untilIdleAndFenced(this.driver, this.options.clock, () => done || this.isStopped);
    await Promise.race([this.sessionEnded.promise, over, alone]);
    done = true;
    timer?.cancel();
  }

  private newGovernors(common: Common): Governors {
    return new Governors({
      ...this.options,
      ...common,
      epoch: () => this.epochNow,
      daemon: this.options.identity.container,
      onProbeInterval: () => this.lookAtProbeInterval(),
    });
  }

  private lookAtProbeInterval(): void {
    this.probeEveryMs = probeIntervalMs(this.governors, this.leadership);
  }

  private newDriver(common: Common): SessionDriver {
    const {heartbeatStore, history, identity} = this.options;
    return new SessionDriver({
      ...common,
      ...{heartbeatStore, history, identity},
      app: common.keys.service,
      epoch: this.epochNow,
      clusterId: this.options.cluster.record.clusterId,
      addTimeoutMs: HOOK_TIMEOUT_MS,
      dropTimeoutMs: HOOK_TIMEOUT_MS,
      refuseTakenId: false,
      readyAtClaim: true,
      heartbeatEveryMs: () => this.probeEveryMs,
      hooks: {
        add: (shard) => {
          this.seenApps.note([shard.id]);
          this.governors.start(shard.id, fencingKeyOf(common.keys, shard.id, shard.token));
        },
        drop: (shard) => this.governors.stop(shard.id),
      },
      onReady: () => this.becameReady(),
      onEnded: (how) => this.onSessionEnded(how),
      onRestored: (doubt) => this.halt(doubt),
      onAccepted: (epoch) => this.accepted(epoch),
      onEpoch: (epoch) => (this.epochNow = epoch),
      onOutageOver: (outage) => this.noteOutage(outage),
      onRecords: (apps, revision) => this.seenApps.listed(apps, revision),
      onHeartbeat: () => {
        this.governors.probeCommitted();
        this.leadership.probeCommitted();
      },
    });
  }

  private newLeadership(): LeadershipShell {
    const {keys, store, clock, logger, identity} = this.options;
    return new LeadershipShell({
      ...{keys, store, clock, logger},
      me: () => ({container: identity.container, incarnation: this.driver.session.incarnation}),
      eligible: () => this.state.kind === 'ready',
      standby: () => this.state.kind !== 'leaving' && !this.isStopped,
      onElected: (fencingKey) => this.elected(fencingKey),
      onLostLeadership: () => this.lostLeadership(),
      onProbeInterval: () => this.lookAtProbeInterval(),
      onLeaderLost: ({container, incarnation}) =>
        this.putDown(this.events.leaderLost(container, incarnation)),
    });
  }

  /** Stops planning, and puts it down for those who cannot see it. HTTP goes on: it is how the restore is accepted. */
  private halt(doubt: StoreDoubt): void {
    this.take({kind: 'doubted', doubt});
    this.oldRights.noticed(this.options.clock.nowMs());
    this.stopGoverning();
    const {store, keys} = this.options;
    const [epoch, noticedMs] = [this.epochNow, this.options.clock.wallMs()];
    void this.persist(() => markRestored(store, keys, epoch, doubt, noticedMs));
  }

  private stopGoverning(): void {
    this.leadership.stop();
    this.governors.stopAll();
    this.upkeep.stop();
    this.usage.stop();
  }

  /**
   * The session has begun anew; so does the election, which counted the revisions of another history. Also where this daemon has never doubted
   * the store: it may have stood still until all was accepted.
   */
  private accepted(epoch: number): void {
    this.epochNow = epoch;
    this.take({kind: 'accepted'});
    if (this.state.kind === 'leaving' || this.isStopped) return;
    this.stopGoverning();
    this.seenApps.forget();
    this.leadership = this.newLeadership();
    const {leadership} = this;
    const {store, keys, clock, logger} = this.options;
    logger.warn({epoch}, 'the restored etcd was accepted: governing again');
    void this.persist(() => ensureOwnSpec(store, keys, clock.wallMs())).then(() => {
      if (!this.isStopped && this.leadership === leadership) leadership.start();
    });
  }

  private noteOutage(outage: StoreWrites): void {
    const event = this.events.outage(outage);
    if (event !== undefined) this.putDown(event);
  }

  private putDown(event: AppEvent): void {
    void this.persist(this.events.writing(event));
  }

  /** Does the work, again every second while the store does not answer; resolves when it is done, or nobody wants it any more. */
  private async persist(work: () => Promise<void>): Promise<void> {
    const {clock, logger} = this.options;
    while (!this.isStopped) {
      try {
        return await work();
      } catch (error) {
        logger.warn({error: String(error)}, 'etcd does not answer: trying again');
      }
      await clock.sleep(STORED_RETRY_MS);
    }
  }

  private becameReady(): void {
    if (this.take({kind: 'idTaken'})) this.options.onReady();
    this.leadership.wake();
  }

  private elected(fencingKey: FencingKey): void {
    const {keys, logger} = this.options;
    logger.info({}, 'leading');
    this.governors.start(keys.service, fencingKey, this.leadership.failureDetector);
    this.upkeep.start();
    this.usage.start(fencingKey);
  }

  private lostLeadership(): void {
    const {keys, logger} = this.options;
    logger.warn({}, 'no longer leading');
    this.governors.stop(keys.service);
    this.upkeep.stop();
    this.usage.stop();
  }

  private onSessionEnded(how: DriverEnd): void {
    this.sessionEnded.resolve();
    const isWanted = this.state.kind === 'leaving' || this.isStopped || how === 'left';
    if (!isWanted) this.options.onEnded(how);
  }
}
