/** The processes of one world: started, killed and started again; and what the operator writes. */
import {silenceMs} from '../../src/model/container.ts';
import {Keys} from '../../src/etcd/keys.ts';
import type {ContainerOrder, ShardSpec} from '../../src/model/specs.ts';
import {nameOfNode} from './boundary-names.ts';
import {Checker} from './checker.ts';
import {ContainerNode, GOOD_MANNERS} from './container-node.ts';
import type {HookManners} from './container-node.ts';
import {DaemonNode} from './daemon-node.ts';
import type {Daemon} from './daemon-node.ts';
import type {Dialect} from './dialect.ts';
import {HintNetwork} from './hint-network.ts';
import {Operator} from './operator.ts';
import {SimProcess} from './process.ts';
import type {ClockNature} from './process.ts';
import type {Random} from './random.ts';
import {ServedDaemon} from './served-daemon.ts';
import {HttpNetwork} from './simulated-http.ts';
import {StoreServer} from './simulated-store.ts';
import type {Weather} from './weather.ts';
import type {World} from './world.ts';
import {UNWATCHED_CLOCK_EXCESS} from '../../src/model/limits.ts';

export const APP = 'app';
/** The worker group that shards may demand. */
export const POOL = 'pool';
/** In the heartbeat of a container whose name another process beats in: it ends at its next one. */
export const CLONE_NONCE = 'of a clone';
export const SERVICE = 'sm.svc';
/** An effect may reach the resource so late, in T. */
const EFFECT_DELAY_T = 3;
/** Of all processes that there may be. */
const LONGEST_TTL_MS = 5_000;
/** Rates of any two clocks differ by less than 1 % (assumption A2). */
const RATE_SPREAD = 0.0049;

export interface Shape {
  readonly containers: number;
  readonly daemons: number;
  readonly shards: number;
  readonly ttlMs: number;
  readonly daemonTtlMs: number;
  readonly maxRecoveryTimeS: number;
}

export class Fleet {
  readonly world: World;
  readonly shape: Shape;
  readonly weather: Weather;
  readonly server: StoreServer;
  readonly keys = new Keys('/sm', SERVICE);
  readonly checker: Checker;
  readonly manners: HookManners = {...GOOD_MANNERS};
  readonly containers = new Map<string, ContainerNode>();
  readonly daemons = new Map<string, Daemon>();
  /** Production's own wiring, stores and clocks run in here, down to the sockets. */
  real = false;
  readonly http: HttpNetwork;
  /** What operators have begun and must bring to an end, whatever faults there are. */
  tasks = 0;
  /** The app may be away for a while: what operators ask of it then is refused. */
  recreating = false;
  /** Second processes with the id of another. */
  readonly doubles = new Set<ContainerNode>();
  readonly hints: HintNetwork;
  /** T of the next container process. */
  drawTtlMs: () => number;
  /** Which version of sm the next process is; undefined: this one. */
  drawDialect: () => Dialect | undefined = () => undefined;
  rateSpread = RATE_SPREAD;
  /** Containers whose adds fail. */
  readonly refusing = new Set<string>();
  /** Containers whose process dies at an add. */
  readonly crashing = new Set<string>();
  private knownOperator: Operator | undefined;
  private readonly natures = new Map<string, ClockNature>();
  private lives = 0;
  private readonly livesOf = new Map<string, number>();
  /** The app is being removed: whoever joins now is turned away. */
  private removing = false;

  /** `effects`: chance of the effects that containers have. */
  constructor(world: World, shape: Shape, weather: Weather, effects: Random) {
    this.world = world;
    this.shape = shape;
    this.weather = weather;
    this.server = new StoreServer(world, weather);
    this.checker = new Checker(this.server, this.keys, effects, EFFECT_DELAY_T * shape.ttlMs);
    this.hints = new HintNetwork(world, weather);
    this.http = new HttpNetwork(world, weather, (endpoint) => this.hints.isDeaf(endpoint));
    this.drawTtlMs = () => shape.ttlMs;
  }

  get operator(): Operator {
    const longestTtlMs = Math.max(LONGEST_TTL_MS, this.shape.ttlMs);
    const oldRightsMs = (): number => silenceMs(longestTtlMs, UNWATCHED_CLOCK_EXCESS);
    this.knownOperator ??= new Operator(this.server, this.keys, () => 1, oldRightsMs);
    return this.knownOperator;
  }

  /** Specs first, then daemons and containers one by one within the first seconds. */
  begin(): void {
    const {shape, keys, world} = this;
    this.put(keys.appSpec(SERVICE), {
      service: SERVICE,
      createTime: 0,
      maxShardCount: 0,
      maxRecoveryTime: 0,
    });
    this.put(keys.appSpec(APP), {
      service: APP,
      createTime: 0,
      maxShardCount: 0,
      maxRecoveryTime: shape.maxRecoveryTimeS,
    });
    this.put(keys.governedShard(APP), shardSpec(SERVICE, APP));
    if (this.real) this.putText(keys.governedBy(APP), SERVICE);
    for (let at = 0; at < shape.shards; at += 1) this.putShard(`s${at}`);
    for (let at = 0; at < shape.daemons; at += 1)
      world.after(this.startMs(`d${at}`, at, 500), () => this.startDaemon(`d${at}:1`));
    for (let at = 0; at < shape.containers; at += 1)
      world.after(this.startMs(`c${at}`, at, 1_500), () => this.startContainer(`c${at}`));
  }

  private startMs(name: string, at: number, longestMs: number): number {
    const {random, choices} = this.world;
    return choices.value(
      () => `${name} starts at ms`,
      () => Math.min(100 * at, longestMs),
      () => random.between(0, longestMs),
    );
  }

  startDaemon(address: string): void {
    const process = this.newProcess(address);
    const options = {
      keys: this.keys,
      process,
      address,
      ttlMs: this.shape.daemonTtlMs,
      server: this.server,
      hints: this.hints,
      checker: this.checker,
      onGone: (gone: Daemon) => this.restartDaemon(gone, 500),
    };
    this.server.speaks(process, this.dialectOf(process));
    const node: Daemon = this.world.within(process, () =>
      this.real ? new ServedDaemon({...options, http: this.http}) : new DaemonNode(options),
    );
    this.daemons.set(address, node);
    node.start();
  }

  restartDaemon(node: Daemon, afterMs: number): void {
    if (!node.process.alive) return;
    node.kill();
    const {address} = node;
    this.world.after(afterMs, () => this.startDaemon(address));
  }

  startContainer(container: string, host = container): void {
    if (this.removing) return;
    const node = this.newContainer(container, `${container}:1`, host);
    this.containers.set(container, node);
    node.start();
  }

  restartContainer(node: ContainerNode, afterMs: number): void {
    if (!node.process.alive) return;
    node.kill();
    if (this.containers.get(node.container) !== node) {
      this.doubles.delete(node);
      return;
    }
    this.world.after(afterMs, () => this.startContainer(node.container));
  }

  /** Whoever the process is of. */
  restartProcess(process: SimProcess, afterMs: number): void {
    for (const node of [...this.containers.values(), ...this.doubles])
      if (node.process === process) this.restartContainer(node, afterMs);
    for (const node of this.daemons.values())
      if (node.process === process) this.restartDaemon(node, afterMs);
  }

  /** A copy of the process goes on beside it. */
  fork(node: ContainerNode): void {
    if (this.doubles.size > 0 || !node.isReady) return;
    this.lives += 1;
    const process = node.process.fork(`${node.container}#${this.lives}`);
    this.checker.forked.add(node.incarnation);
    node.process.touched = true;
    const copy = this.world.within(process, () => node.fork(process));
    this.doubles.add(copy);
  }

  healWider(): void {
    this.hints.hearAgain();
    this.http.lies.clear();
    this.refusing.clear();
    this.crashing.clear();
    this.checker.onApplied = undefined;
    const key = this.keys.appSpec(APP);
    const spec = this.server.kv.get(key);
    if (spec?.value.includes('paused') === true)
      this.put(key, {...(JSON.parse(spec.value) as object), paused: false});
  }

  /** The operator's `app delete --force`; containers hear of it by the watch of their app's spec, within a second. */
  removeApp(): void {
    const {keys, world} = this;
    this.removing = true;
    const key = keys.appSpec(APP);
    const spec = JSON.parse(this.server.kv.get(key)?.value ?? '{}') as object;
    this.put(key, {...spec, deleting: true});
    if (this.real) return;
    for (const {process, driver} of this.containers.values()) {
      const afterMs = world.choices.value(
        () => `${process.label} hears of the removal after ms`,
        () => 500,
        () => world.random.between(0, 1_000),
      );
      process.after(afterMs, () => driver.appDeleting());
    }
  }

  /** What is left of the app. */
  get leftovers(): string[] {
    const {kv} = this.server;
    const {keys} = this;
    const prefixes = [
      ...[keys.appRuntimePrefix(APP), keys.appSpecPrefix(APP), keys.governedShard(APP)],
      keys.ownership(SERVICE, APP),
    ];
    return prefixes.flatMap((prefix) => kv.list(prefix).map(({key}) => key));
  }

  /** Another process with the same id, on an address of its own. */
  startDouble(container: string): void {
    const node = this.newContainer(container, `${container}:2`);
    this.doubles.add(node);
    node.start();
  }

  /** The process with this id that is meant to be: a double stays when the first one is gone. */
  get living(): ContainerNode[] {
    return [...this.containers.values()].filter(({process}) => process.alive);
  }

  /** There is the app, and it is not being removed. */
  get appStands(): boolean {
    const spec = this.server.kv.get(this.keys.appSpec(APP))?.value;
    return spec !== undefined && (JSON.parse(spec) as {deleting?: boolean}).deleting !== true;
  }

  private get refuses(): boolean {
    return this.recreating && !this.appStands;
  }

  putShard(shard: string, fields: Partial<ShardSpec> = {}): void {
    if (this.refuses) return;
    this.put(this.keys.shardSpec(APP, shard), {...shardSpec(APP, shard), ...fields});
  }

  removeShard(shard: string): void {
    if (this.refuses) return;
    this.remove(this.keys.shardSpec(APP, shard));
  }

  get shards(): string[] {
    return this.server.kv
      .list(this.keys.shardSpecPrefix(APP))
      .map(({value}) => (JSON.parse(value) as ShardSpec).id);
  }

  order(container: string, order: ContainerOrder['order'] | undefined): void {
    const key = this.keys.containerOrder(APP, container);
    if (this.refuses) return;
    if (order === undefined) {
      if (this.server.kv.get(key) !== undefined) this.remove(key);
      return;
    }
    const word: ContainerOrder = {order, reason: '', by: '', at: '', incarnation: '', keep: true};
    this.put(key, word);
  }

  /** The operator's `container evict`: the container's next heartbeat finds this and fences it. */
  evict(node: ContainerNode): void {
    const key = this.keys.heartbeat(APP, node.incarnation);
    const entry = this.server.kv.get(key);
    if (entry === undefined) return;
    node.process.touched = true;
    this.put(key, {...(JSON.parse(entry.value) as object), state: 'evicting'});
  }

  /** Puts a container into the pool, or takes it out. */
  worker(container: string, driver: boolean): void {
    const key = this.keys.worker(APP, POOL, container);
    if (this.refuses) return;
    if (this.server.kv.get(key) !== undefined) {
      if (!driver) this.remove(key);
    } else if (driver) this.put(key, {});
  }

  /** A copy of the process beats in its name, as a cloned machine does: the next heartbeat of the first finds a word that is not its own. */
  clone(node: ContainerNode): void {
    const key = this.keys.heartbeat(APP, node.incarnation);
    const entry = this.server.kv.get(key);
    if (entry === undefined) return;
    node.process.touched = true;
    const value = JSON.parse(entry.value) as {seq: number};
    this.put(key, {...value, seq: value.seq + 1, nonce: CLONE_NONCE});
  }

  put(key: string, value: object): void {
    this.putText(key, JSON.stringify(value));
  }

  private putText(key: string, value: string): void {
    this.server.operate({compares: [], then: [{op: 'put', key, value}]});
  }

  private remove(key: string): void {
    this.server.operate({compares: [], then: [{op: 'delete', key}]});
  }

  private newContainer(container: string, endpoint: string, host = container): ContainerNode {
    const process = this.newProcess(container);
    const options = {
      app: APP,
      keys: this.keys,
      process,
      container,
      host,
      endpoint,
      ttlMs: this.ttlMsOf(process),
      server: this.server,
      hints: this.hints,
      http: this.real ? this.http : undefined,
      checker: this.checker,
      manners: this.manners,
      refuses: () => this.refusing.has(container),
      crashes: () => this.crashing.has(container),
      onEnded: (node: ContainerNode) => this.restartContainer(node, 300),
    };
    this.server.speaks(process, this.dialectOf(process));
    return this.world.within(process, () => new ContainerNode(options));
  }

  private ttlMsOf({label}: SimProcess): number {
    return this.world.choices.value(
      () => `${label} T ms`,
      () => this.shape.ttlMs,
      () => this.drawTtlMs(),
    );
  }

  private dialectOf({label}: SimProcess): Dialect | undefined {
    return this.world.choices.value<Dialect | undefined>(
      () => `${label} dialect`,
      () => undefined,
      () => this.drawDialect(),
    );
  }

  /** Clocks belong to the machine, so a restart keeps the rate. */
  private newProcess(name: string): SimProcess {
    const {random, choices} = this.world;
    let nature = this.natures.get(name);
    if (nature === undefined) {
      nature = choices.value<ClockNature>(
        () => `${nameOfNode(name)} clock`,
        () => ({rate: 1, offsetMs: 0}),
        () => ({
          rate: 1 + random.between(-this.rateSpread, this.rateSpread),
          offsetMs: random.between(0, 1e6),
        }),
      );
      this.natures.set(name, nature);
    }
    this.lives += 1;
    const lives = (this.livesOf.get(name) ?? 0) + 1;
    this.livesOf.set(name, lives);
    const label = nameOfNode(name) + (lives === 1 ? '' : `.${lives}`);
    return new SimProcess(this.world, `${name}#${this.lives}`, nature, label);
  }
}

function shardSpec(service: string, id: string): ShardSpec {
  return {id, service, task: '', updateTime: 1, manualContainerId: '', group: '', workerGroup: ''};
}
