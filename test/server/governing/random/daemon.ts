/** A daemon as the server wires it, without its HTTP and its etcd client: registration, election, governors of its apps. */
import type {Leases} from '../../../../src/etcd/leases.ts';
import {plan} from '../../../../src/planner/index.ts';
import type {DriverEnd} from '../../../../src/container/session-driver-options.ts';
import {openCluster} from '../../../../src/server/governing/cluster-record.ts';
import type {KnownCluster} from '../../../../src/server/governing/cluster-record.ts';
import {GoverningDaemon} from '../../../../src/server/governing-daemon.ts';
import {ensureOwnSpec} from '../../../../src/server/governing/own-spec.ts';
import type {CallOptions, Transaction, TransactionOutcome} from '../../../../src/store/port.ts';
import type {SeenHistory} from '../../../../src/store/seen-history.ts';
import {identity} from '../../../simulation/container-node.ts';
import {SimProcess} from '../../../simulation/process.ts';
import {simulatedLogger} from '../../../simulation/simulated-logger.ts';
import {SimulatedStore} from '../../../simulation/simulated-store.ts';
import {TTL_MS} from './world.ts';
import type {LeadershipWorld} from './world.ts';

const SHUTDOWN_LIMIT_MS = 15_000;
const OPEN_RETRY_MS = 500;
/** Far below rho, and below what raises an alarm. */
const RATE_SPREAD = 0.002;

/** Remembers how far the history has come, as the client of etcd does. */
class RememberingStore extends SimulatedStore {
  clusterId = '';
  newest = 0;
  private readonly world: LeadershipWorld;

  constructor(world: LeadershipWorld, process: SimProcess) {
    super(world.server, process);
    this.world = world;
  }

  override async transact(
    transaction: Transaction,
    options?: CallOptions,
  ): Promise<TransactionOutcome> {
    const outcome = await super.transact(transaction, options);
    if (outcome.kind === 'unknown') return outcome;
    this.clusterId = this.world.clusterOf.get(outcome) ?? this.clusterId;
    this.newest = Math.max(this.newest, outcome.revision);
    return outcome;
  }

  get history(): SeenHistory {
    return {
      clusterId: () => this.clusterId,
      newest: () => this.newest,
      forget: () => (this.newest = 0),
    };
  }
}

export class WalkedDaemon {
  readonly id: string;
  readonly process: SimProcess;
  governing: GoverningDaemon | undefined;
  /** How it has ended; '' while it has not. */
  end = '';
  private readonly world: LeadershipWorld;
  private readonly store: RememberingStore;

  constructor(world: LeadershipWorld, id: string) {
    const {sim, random} = world;
    this.world = world;
    this.id = id;
    const rate = 1 + random.between(-RATE_SPREAD, RATE_SPREAD);
    const nature = {rate, offsetMs: random.between(0, 1_000_000)};
    this.process = new SimProcess(sim, world.newName(id), nature);
    this.store = new RememberingStore(world, this.process);
    world.daemons.add(this);
    sim.as(this.process, () => void this.open());
  }

  get leads(): boolean {
    return this.governing?.leads === true;
  }

  /** Governors that run in it, with that of sm itself. */
  get apps(): readonly string[] {
    return this.governing?.governors.apps ?? [];
  }

  /** As at SIGTERM. */
  shutdown(): void {
    const {process, governing} = this;
    process.world.as(process, () => {
      if (governing === undefined) return this.ended('shut down before it was up');
      void governing.shutdown(SHUTDOWN_LIMIT_MS).then(() => this.ended('shut down'));
    });
  }

  kill(): void {
    this.ended('killed');
  }

  private async open(): Promise<void> {
    const {clock} = this.process;
    for (;;) {
      try {
        return this.begin(await this.opened());
      } catch {
        await clock.sleep(OPEN_RETRY_MS);
      }
    }
  }

  private async opened(): Promise<KnownCluster> {
    const {store, process, world} = this;
    const cluster = await openCluster(store, world.keys);
    if (cluster.doubt === undefined) await ensureOwnSpec(store, world.keys, process.clock.wallMs());
    return cluster;
  }

  private begin(cluster: KnownCluster): void {
    const {world, process, store, id} = this;
    const {keys, hints, checker} = world;
    const {clock} = process;
    const sender = hints.sender(process);
    const governing = new GoverningDaemon({
      ...{keys, store, heartbeatStore: store, leases: NO_LEASES, cluster, clock, plan},
      ...{hints: sender, daemonHints: sender, holdings: undefined, push: undefined},
      logger: simulatedLogger(process, checker),
      history: store.history,
      identity: identity(id, process.name, TTL_MS),
      compaction: 'off',
      longestTtlMs: TTL_MS,
      onAudited: () => undefined,
      onReady: () => world.say(process.name, 'has its id'),
      onEnded: (how: DriverEnd) => this.ended(how),
    });
    this.governing = governing;
    hints.listen(process.name, process, keys.service, governing.driver);
    this.observe(governing);
    governing.start();
  }

  /** To govern an app is to act for a shard of sm itself. */
  private observe({driver, governors}: GoverningDaemon): void {
    const {world, process} = this;
    const {keys, checker} = world;
    checker.joined(keys.service, process, driver);
    const start = governors.start.bind(governors);
    governors.start = (app, fencingKey, failureDetector) => {
      world.say(process.name, 'governs', app, 'by', fencingKey.value);
      const shard = driver.shards.get(app);
      if (app !== keys.service && shard !== undefined)
        checker.added(keys.service, process, driver, shard);
      start(app, fencingKey, failureDetector);
    };
  }

  private ended(how: string): void {
    if (this.end !== '') return;
    const {world, process} = this;
    this.end = how;
    world.say(process.name, 'ends:', how);
    this.governing?.stop();
    world.hints.close(process.name, process);
    process.kill();
    world.daemons.delete(this);
  }
}

const unreachable = (): Promise<never> => Promise.reject(new Error('there are no leases here'));
const NO_LEASES: Leases = {
  ...{grant: unreachable, keepAliveOnce: unreachable, grantedSeconds: unreachable},
  ...{revoke: unreachable, close: () => undefined},
};
