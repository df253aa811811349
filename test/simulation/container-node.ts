/** A container of the app: the real Member, with hooks that take their time, fail or hang as the world pleases. */
import {Member} from '../../src/container/member.ts';
import type {ShardHooks} from '../../src/container/member.ts';
import type {Shard} from '../../src/container/shard.ts';
import type {Keys} from '../../src/etcd/keys.ts';
import type {HeartbeatIdentity} from '../../src/model/container.ts';
import type {StopReason} from '../../src/ownership/keeper-actions.ts';
import type {SessionEnd} from '../../src/ownership/session-actions.ts';
import {TransactionBatcher} from '../../src/store/batcher.ts';
import type {Checker} from './checker.ts';
import {takeStateOf} from './fork.ts';
import type {HintNetwork} from './hint-network.ts';
import type {SimProcess} from './process.ts';
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
  readonly endpoint: string;
  readonly ttlMs: number;
  readonly server: StoreServer;
  readonly hints: HintNetwork;
  readonly checker: Checker;
  readonly manners: HookManners;
  /** Adds fail. */
  readonly refuses: () => boolean;
  /** The process dies at an add. */
  readonly crashes: () => boolean;
  readonly onEnded: (node: ContainerNode, how: SessionEnd) => void;
}

const HOOK_LIMIT_MS = 10_000;
const HANG_LOOK_MS = 200;

export class ContainerNode {
  readonly process: SimProcess;
  readonly container: string;
  readonly member: Member;
  private readonly options: ContainerOptions;

  constructor(options: ContainerOptions) {
    const {process, app, keys, container, server, checker} = options;
    this.options = options;
    this.process = process;
    this.container = container;
    const store = new SimulatedStore(server, process);
    this.member = new Member({
      app,
      keys,
      store,
      batcher: new TransactionBatcher(store),
      heartbeatStore: store,
      clock: process.clock,
      logger: simulatedLogger(process, checker),
      identity: identity(container, options.endpoint, options.ttlMs),
      epoch: 1,
      specMod: server.kv.get(keys.appSpec(app))?.mod ?? 0,
      addTimeoutMs: HOOK_LIMIT_MS,
      dropTimeoutMs: HOOK_LIMIT_MS,
      refuseTakenId: false,
      readyAtClaim: false,
      hooks: this.hooks(),
      onReady: () => process.world.note(`ready ${process.name}`),
      onEnded: (how) => {
        process.world.note(`ended ${process.name} ${how}`);
        options.onEnded(this, how);
      },
    });
    checker.joined(app, process, this.member);
  }

  get endpoint(): string {
    return this.options.endpoint;
  }

  /** Another process in the same state, which believes to be this one. It hears no hints: those of its address go to this one. */
  fork(process: SimProcess): ContainerNode {
    const {app, checker} = this.options;
    const copy = new ContainerNode({...this.options, process});
    const held = takeStateOf(this.member, copy.member, process.clock.ownerMs());
    for (const handle of held) {
      checker.copied(app, process, copy.member, handle);
      void copy.workOfCopy(handle);
    }
    process.world.note(`fork ${this.process.name} ${process.name}`);
    process.world.as(process, () => copy.member.start());
    return copy;
  }

  start(): void {
    const {hints, app, endpoint} = this.options;
    hints.listen(endpoint, this.process, app, this.member);
    this.process.world.as(this.process, () => this.member.start());
  }

  leave(): void {
    this.process.touched = true;
    this.process.world.as(this.process, () => this.member.leave());
  }

  kill(): void {
    this.options.hints.close(this.options.endpoint, this.process);
    this.process.kill();
  }

  private hooks(): ShardHooks {
    const {app, checker, process} = this.options;
    return {
      add: async (shard) => {
        checker.added(app, process, this.member, shard);
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
    host: 'simulated',
    pid: 1,
    bootId: '',
    zone: '',
    labels: {},
    version: '0',
    sdk: '',
  };
}
