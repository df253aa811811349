/** A container of the app: the real SessionDriver, with hooks that take their time, fail or hang as the world pleases. */
import {SessionDriver} from '../../src/container/session-driver.ts';
import type {Shard, ShardHooks} from '../../src/container/shard.ts';
import type {Keys} from '../../src/etcd/keys.ts';
import type {HeartbeatIdentity} from '../../src/model/container.ts';
import type {StopReason} from '../../src/ownership/shard-actions.ts';
import type {DriverEnd} from '../../src/container/session-driver-options.ts';
import {seenHistory} from '../../src/store/seen-history.ts';
import {TransactionBatcher} from '../../src/store/batcher.ts';
import type {Checker} from './checker.ts';
import {takeStateOf} from './fork.ts';
import type {HintNetwork} from './hint-network.ts';
import type {SimProcess} from './process.ts';
import {JoinedProcess, realStores} from './joined-process.ts';
import type {RealStores} from './joined-process.ts';
import type {HttpNetwork} from './simulated-http.ts';
import {simulatedLogger} from './simulated-logger.ts';
import {SimulatedStore} from './simulated-store.ts';
import type {StoreServer} from './simulated-store.ts';

/** How hooks behave; changed while the world runs. */
export interface HookManners {
  addMs: number;
  dropMs: number;
  addFails: number;
  dropFails: number;
  /** Hangs until the manners are good again. */
  hangs: number;
  /** Starts work of its own by `shard.run`. */
  works: number;
}

export const GOOD_MANNERS: HookManners = {
  addMs: 40,
  dropMs: 40,
  addFails: 0,
  dropFails: 0,
  hangs: 0,
  works: 0.2,
};

export interface ContainerOptions {
  readonly app: string;
  readonly keys: Keys;
  readonly process: SimProcess;
  readonly container: string;
  /** Name of its machine. */
  readonly host: string;
  readonly endpoint: string;
  readonly ttlMs: number;
  readonly server: StoreServer;
  readonly hints: HintNetwork;
  /** Joins as an application does, and is reached by HTTP; undefined: hand-made wiring. */
  readonly http: HttpNetwork | undefined;
  readonly checker: Checker;
  readonly manners: HookManners;
  /** Adds fail. */
  readonly refuses: () => boolean;
  /** The process dies at an add. */
  readonly crashes: () => boolean;
  readonly onEnded: (node: ContainerNode, how: DriverEnd) => void;
}

const HOOK_LIMIT_MS = 10_000;
const HANG_LOOK_MS = 200;

/** What nobody has moved away from a container that leaves is released after so long: shorter than many a fault. */
const RELEASE_AFTER_MS = 8_000;

export class ContainerNode {
  readonly process: SimProcess;
  readonly container: string;
  private direct: SessionDriver | undefined;
  private readonly joined: JoinedProcess | undefined;
  private readonly options: ContainerOptions;

  constructor(options: ContainerOptions) {
    const {process, container, http} = options;
    this.options = options;
    this.process = process;
    this.container = container;
    if (http === undefined) this.direct = this.newDriver(undefined);
    else this.joined = this.newJoined(http);
  }

  /** The session driver. Throws while there is none yet. */
  get driver(): SessionDriver {
    const driver = this.direct ?? this.joined?.driver;
    if (driver === undefined) throw new Error(`${this.process.name} has not joined yet`);
    return driver;
  }

  /** '' before it has joined. */
  get incarnation(): string {
    return (this.direct ?? this.joined?.driver)?.session.incarnation ?? '';
  }

  get isReady(): boolean {
    return this.incarnation !== '' && this.driver.session.phase === 'ready';
  }

  get endpoint(): string {
    return this.options.endpoint;
  }

  /** Another process in the same state, which believes to be this one. It hears no hints: those of its address go to this one. */
  fork(process: SimProcess): ContainerNode {
    const {app, checker} = this.options;
    const {http, server} = this.options;
    const copy = new ContainerNode({...this.options, process, http: undefined});
    if (http !== undefined) copy.direct = copy.newDriver(realStores(server, process));
    const held = takeStateOf(this.driver, copy.driver, process.clock.ownerMs());
    for (const handle of held) {
      checker.copied(app, process, copy.driver, handle);
      void copy.workOfCopy(handle);
    }
    process.world.note(`fork ${this.process.name} ${process.name}`);
    process.world.as(process, () => copy.driver.start());
    return copy;
  }

  start(): void {
    const {hints, app, endpoint} = this.options;
    const {process, joined} = this;
    if (joined === undefined) {
      hints.listen(endpoint, process, app, this.driver);
      process.world.as(process, () => this.driver.start());
    } else process.world.as(process, () => void joined.run());
  }

  leave(): void {
    this.process.touched = true;
    const {process, joined} = this;
    process.world.as(process, () =>
      joined === undefined ? this.driver.leave(RELEASE_AFTER_MS) : joined.leave(),
    );
  }

  kill(): void {
    this.options.hints.close(this.options.endpoint, this.process);
    this.options.http?.close(this.options.endpoint, this.process);
    this.process.kill();
  }

  private newDriver(real: RealStores | undefined): SessionDriver {
    const {process, app, keys, container, host, endpoint, ttlMs, server, checker} = this.options;
    const plain = new SimulatedStore(server, process);
    const stores = real ?? {
      store: plain,
      heartbeatStore: plain,
      batcher: new TransactionBatcher(plain),
    };
    const driver = new SessionDriver({
      ...{app, keys, clock: process.clock},
      ...stores,
      ...(real === undefined ? {} : {history: seenHistory(real.heartbeatStore, real.store)}),
      logger: simulatedLogger(process, checker),
      identity: {...identity(container, endpoint, ttlMs), host},
      epoch: 1,
      specMod: server.kv.get(keys.appSpec(app))?.mod ?? -1,
      addTimeoutMs: HOOK_LIMIT_MS,
      dropTimeoutMs: HOOK_LIMIT_MS,
      refuseTakenId: false,
      readyAtClaim: false,
      hooks: this.hooks(),
      onReady: () => process.world.note(`ready ${process.name}`),
      onEnded: (how) => this.ended(how),
    });
    checker.joined(app, process, driver);
    return driver;
  }

  private newJoined(http: HttpNetwork): JoinedProcess {
    const {process, app, container, endpoint, ttlMs, server, checker} = this.options;
    return new JoinedProcess({
      ...{process, app, container, endpoint, ttlMs, server, http},
      hookLimitMs: HOOK_LIMIT_MS,
      logger: simulatedLogger(process, checker),
      hooks: this.hooks(),
      onJoined: (driver) => checker.joined(app, process, driver),
      onEnded: (how) => this.ended(how),
    });
  }

  private ended(how: DriverEnd): void {
    this.process.world.note(`ended ${this.process.name} ${how}`);
    this.options.onEnded(this, how);
  }

  private hooks(): ShardHooks {
    const {app, checker, process} = this.options;
    return {
      add: async (shard) => {
        checker.added(app, process, this.driver, shard);
        await this.counted(shard, () => this.add(shard));
      },
      drop: async (shard, reason) => {
        checker.dropping(app, process, shard.id, reason);
        await this.counted(shard, () => this.hook(shard, 'drop', reason));
      },
    };
  }

  private async add(shard: Shard): Promise<void> {
    const {crashes, refuses, onEnded, process} = this.options;
    if (refuses()) throw new Error('this release cannot add');
    if (!crashes()) return this.hook(shard, 'add');
    process.world.note(`crash ${process.name}`);
    onEnded(this, 'left');
    return new Promise(() => undefined);
  }

  private async workOfCopy(shard: Shard): Promise<void> {
    const {app, checker, process} = this.options;
    const {clock, random} = process;
    while (!shard.signal.aborted) {
      const pauseMs = process.world.choices.value(
        () => `${process.label} works as a copy on ${shard.id} ms`,
        () => 500,
        () => random.between(50, 1_000),
      );
      await clock.sleep(pauseMs);
      checker.effect(app, process, shard);
    }
  }

  /** Runs something of the application, which has effects when it begins and when it ends. */
  private async counted(shard: Shard, work: () => Promise<void>): Promise<void> {
    const {app, checker, process} = this.options;
    checker.worked(app, process, shard.id, 1);
    checker.effect(app, process, shard);
    try {
      await work();
    } finally {
      checker.effect(app, process, shard);
      checker.worked(app, process, shard.id, -1);
    }
  }

  private async hook(shard: Shard, which: 'add' | 'drop', reason?: StopReason): Promise<void> {
    const {manners, process} = this.options;
    const {clock} = process;
    process.world.note(`${which} ${shard.id} ${process.name} ${reason ?? shard.token.slice(-6)}`);
    if (which === 'add' && this.chosen(`${shard.id} works`, manners.works)) void this.work(shard);
    const sleepMs = this.sleepMs(shard, which);
    if (sleepMs > 0) await clock.sleep(sleepMs);
    const hanging = this.chosen(`${which} ${shard.id} hangs`, manners.hangs);
    while (hanging && manners.hangs > 0) await clock.sleep(HANG_LOOK_MS);
    const share = which === 'add' ? manners.addFails : manners.dropFails;
    if (this.chosen(`${which} ${shard.id} fails`, share)) throw new Error(`${which} fails`);
    process.world.note(`${which} done ${shard.id} ${process.name}`);
  }

  private sleepMs(shard: Shard, which: 'add' | 'drop'): number {
    const {manners, process} = this.options;
    const {random, world} = process;
    const longest = which === 'add' ? manners.addMs : manners.dropMs;
    return world.choices.value(
      () => `${process.label} ${which} ${shard.id} takes ms`,
      () => 0,
      () => (random.chance(0.7) ? random.between(0, longest) : 0),
    );
  }

  private chosen(what: string, share: number): boolean {
    const {process} = this.options;
    return process.world.choices.value(
      () => `${process.label} ${what}`,
      () => false,
      () => process.random.chance(share),
    );
  }

  /** Work that goes on beside the hooks; it may outlast a call of drop, but never the record. */
  private async work(shard: Shard): Promise<void> {
    const {clock, random, world, label} = this.process;
    const pause = (leastMs: number, mostMs: number): number =>
      world.choices.value(
        () => `${label} works on ${shard.id} ms`,
        () => (leastMs + mostMs) / 2,
        () => random.between(leastMs, mostMs),
      );
    while (!shard.signal.aborted) {
      try {
        await shard.run(() => this.counted(shard, () => clock.sleep(pause(1, 400))));
      } catch {
        return;
      }
      await clock.sleep(pause(500, 4_000));
    }
  }
}

export function identity(container: string, endpoint: string, ttlMs: number): HeartbeatIdentity {
  return {
    v: 1,
    container,
    ttlMs,
    endpoint,
    host: container,
    pid: 1,
    bootId: '',
    zone: '',
    labels: {},
    version: '0',
    sdk: '',
  };
}
