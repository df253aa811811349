/**
 * A daemon without its HTTP and etcd clients: the real driver, governors and leadership, wired as in the server's
 * composition root.
 */
import {SessionDriver} from '../../src/container/session-driver.ts';
import type {Keys} from '../../src/etcd/keys.ts';
import type {Leases} from '../../src/etcd/leases.ts';
import type {DriverEnd} from '../../src/container/session-driver-options.ts';
import {plan} from '../../src/planner/index.ts';
import {fencingKeyOf} from '../../src/server/governing/fencing-key.ts';
import {Governors} from '../../src/server/governing/governors.ts';
import {LeadershipShell} from '../../src/server/governing/leadership-shell.ts';
import {probeIntervalMs} from '../../src/server/governing/probe-interval.ts';
import {TransactionBatcher} from '../../src/store/batcher.ts';
import type {Checker} from './checker.ts';
import {identity} from './container-node.ts';
import type {HintNetwork} from './hint-network.ts';
import type {SimProcess} from './process.ts';
import {simulatedLogger} from './simulated-logger.ts';
import {SimulatedStore} from './simulated-store.ts';
import type {StoreServer} from './simulated-store.ts';

const unreachable = (): Promise<never> =>
  Promise.reject(new Error('the simulated store has no leases'));
/** Simulated containers are our own kind: no leases. */
const NO_LEASES: Leases = {
  grant: unreachable,
  keepAliveOnce: unreachable,
  grantedSeconds: unreachable,
  revoke: unreachable,
  close: () => undefined,
};

export interface DaemonOptions {
  readonly keys: Keys;
  readonly process: SimProcess;
  readonly address: string;
  readonly ttlMs: number;
  readonly server: StoreServer;
  readonly hints: HintNetwork;
  readonly checker: Checker;
  readonly onGone: (node: DaemonNode) => void;
}

/** A daemon as the rest of the world sees it. */
export interface Daemon {
  readonly process: SimProcess;
  readonly address: string;
  readonly incarnation: string;
  readonly leads: boolean;
  /** Apps that it governs now. */
  readonly apps: readonly string[];
  start(): void;
  shutdown(): void;
  kill(): void;
}

const HOOK_LIMIT_MS = 10_000;
const SHUTDOWN_LIMIT_MS = 15_000;

export class DaemonNode implements Daemon {
  readonly process: SimProcess;
  readonly driver: SessionDriver;
  private readonly options: DaemonOptions;
  private readonly governors: Governors;
  private readonly leadership: LeadershipShell;
  private probeEveryMs = Number.POSITIVE_INFINITY;
  private isReady = false;
  private stopping = false;
  private stopped = false;

  constructor(options: DaemonOptions) {
    const {process, keys, server, checker} = options;
    this.options = options;
    this.process = process;
    const store = new SimulatedStore(server, process);
    const common = {
      keys,
      store,
      batcher: new TransactionBatcher(store),
      clock: process.clock,
      logger: simulatedLogger(process, checker),
    };
    this.governors = new Governors({
      onAudited: () => undefined,
      ...common,
      epoch: () => 1,
      daemon: options.address,
      hints: options.hints.sender(process),
      daemonHints: options.hints.sender(process),
      push: undefined,
      holdings: undefined,
      leases: NO_LEASES,
      plan,
      onProbeInterval: () => this.lookAtProbeInterval(),
    });
    this.driver = this.newDriver(common);
    this.leadership = new LeadershipShell({
      ...common,
      me: () => ({container: options.address, incarnation: this.driver.session.incarnation}),
      eligible: () => this.isReady && !this.stopped && !this.stopping,
      standby: () => !this.stopped && !this.stopping,
      onElected: (fencingKey) =>
        this.governors.start(keys.service, fencingKey, this.leadership.failureDetector),
      onLostLeadership: () => this.governors.stop(keys.service),
      onProbeInterval: () => this.lookAtProbeInterval(),
    });
    checker.joined(keys.service, process, this.driver);
  }

  private lookAtProbeInterval(): void {
    this.probeEveryMs = probeIntervalMs(this.governors, this.leadership);
  }

  start(): void {
    const {hints, address, keys} = this.options;
    hints.listen(address, this.process, keys.service, this.driver);
    this.process.world.as(this.process, () => {
      this.driver.start();
      this.leadership.start();
    });
  }

  /** As at SIGTERM: hands the apps over, resigns, goes. */
  shutdown(): void {
    this.process.touched = true;
    this.process.world.as(this.process, () => {
      this.stopping = true;
      this.driver.leave();
      this.process.after(SHUTDOWN_LIMIT_MS, () => void this.resign());
    });
  }

  kill(): void {
    this.options.hints.close(this.options.address, this.process);
    this.process.kill();
  }

  get address(): string {
    return this.options.address;
  }

  get incarnation(): string {
    return this.driver.session.incarnation;
  }

  get apps(): readonly string[] {
    return this.governors.apps;
  }

  get leads(): boolean {
    return this.leadership.leads;
  }

  private async resign(): Promise<void> {
    if (this.stopped) return;
    await this.leadership.resign();
    this.release();
  }

  private newDriver(
    common: Pick<
      ConstructorParameters<typeof SessionDriver>[0],
      'keys' | 'store' | 'batcher' | 'clock' | 'logger'
    >,
  ): SessionDriver {
    const {keys, address, ttlMs, checker, process} = this.options;
    const {service} = keys;
    const driver: SessionDriver = new SessionDriver({
      ...common,
      app: service,
      epoch: 1,
      heartbeatStore: common.store,
      identity: identity(address, address, ttlMs),
      addTimeoutMs: HOOK_LIMIT_MS,
      dropTimeoutMs: HOOK_LIMIT_MS,
      refuseTakenId: false,
      readyAtClaim: true,
      heartbeatEveryMs: () => this.probeEveryMs,
      hooks: {
        add: (shard) => {
          checker.added(service, process, driver, shard);
          process.world.note(`govern ${shard.id} ${process.name}`);
          this.governors.start(shard.id, fencingKeyOf(keys, shard.id, shard.token));
        },
        drop: (shard, reason) => {
          checker.dropping(service, process, shard.id, reason);
          process.world.note(`govern no more ${shard.id} ${process.name} ${reason}`);
          this.governors.stop(shard.id);
        },
      },
      onReady: () => {
        this.isReady = true;
        this.leadership.wake();
      },
      onEnded: (how) => this.onSessionEnded(how),
      onHeartbeat: () => {
        this.governors.probeCommitted();
        this.leadership.probeCommitted();
      },
    });
    return driver;
  }

  private onSessionEnded(how: DriverEnd): void {
    this.process.world.note(`ended ${this.process.name} ${how}`);
    if (this.stopping) void this.resign();
    else if (how !== 'left') this.release();
  }

  private release(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.governors.stopAll();
    this.leadership.stop();
    this.driver.stop();
    this.options.onGone(this);
  }
}
