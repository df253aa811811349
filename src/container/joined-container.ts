import {randomBytes} from 'node:crypto';
import type {Keys} from '../etcd/keys.ts';
import {andMore} from '../model/and-more.ts';
import {SmError} from '../model/errors.ts';
import {failureText} from '../model/failure-text.ts';
import {addressOf} from '../model/listen-fault.ts';
import {RECORD_VERSION} from '../model/ownership.ts';
import type {Registry} from 'prom-client';
import {writesText} from '../model/store-writes.ts';
import {UNNAMED} from '../ownership/session-actions.ts';
import type {RunningHook} from '../ownership/session-actions.ts';
import type {HoldingsAnswer} from '../protocol/hints.ts';
import {systemClock} from '../runtime/clock.ts';
import type {Clock} from '../runtime/clock.ts';
import {onFirstSignal} from '../runtime/first-signal.ts';
import {gate} from '../runtime/gate.ts';
import type {Logger} from '../runtime/log-port.ts';
import {seenHistory} from '../store/seen-history.ts';
import {findApp} from './app-lookup.ts';
import type {FoundApp} from './app-lookup.ts';
import {CallKeyring} from './call-keyring.ts';
import type {Connections} from './connections.ts';
import type {Container, ContainerEnd} from './container.ts';
import {untilIdleAndFenced} from './fenced-leave.ts';
import {takeDefaultId} from './default-ids.ts';
import type {DriverEnd} from './session-driver-options.ts';
import {SessionDriver} from './session-driver.ts';
import type {Shard, ShardHooks} from './shard.ts';
import {shareOf} from './options.ts';
import type {Joining} from './options.ts';
import {processFigures} from './process-figures.ts';
import {processMetrics} from './metrics.ts';
import type {MeasuredContainer} from './metrics.ts';
import {LEAVE_RELEASE_SHARE, NOTES_SHOWN} from './limits.ts';
import {ReachCheck} from './reach-check.ts';
import {hintHandler} from './receiver.ts';
import type {HintHandler, HintTarget} from './receiver.ts';
import {shareHandler, shareListener} from './shared-receiver.ts';
import {RemovalWatch} from './removal-watch.ts';
import {startWatchdog} from './watchdog.ts';

/** Differs between two starts of a process. */
const BOOT_ID = randomBytes(16).toString('hex');
const SDK = 'sm-ts/0.1.0';
const LEAVE_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export class JoinedContainer implements Container, HintTarget, MeasuredContainer {
  readonly app: string;
  readonly ready: Promise<void>;
  readonly ended: Promise<ContainerEnd>;
  handler: HintHandler;
  id = '';
  endpoint = '';
  /** Has the login of etcd as the application gave it: whoever prints a container does not print that. */
  readonly #joining: Joining;
  private readonly connections: Connections;
  private readonly hooks: ShardHooks;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly readyGate = gate<void>();
  private readonly endedGate = gate<ContainerEnd>();
  private readonly closers: (() => void | Promise<void>)[] = [];
  keyring: CallKeyring | undefined;
  private driver: SessionDriver | undefined;
  private reach: ReachCheck | undefined;
  private leaving: Promise<{clean: boolean}> | undefined;
  private closing: Promise<void> | undefined;
  private over = false;
  private wasReady = false;

  constructor(
    joining: Joining,
    connections: Connections,
    hooks: ShardHooks,
    clock: Clock = systemClock(),
  ) {
    this.app = joining.app;
    this.#joining = joining;
    this.connections = connections;
    this.hooks = hooks;
    this.clock = clock;
    this.logger = joining.logger.child({app: joining.app});
    this.ready = this.readyGate.promise;
    this.ended = this.endedGate.promise;
    this.handler = hintHandler(new Set([this]), clock);
    this.closers.push(() => connections.release());
  }

  get container(): string {
    return this.id;
  }

  get incarnation(): string {
    return this.driver?.session.incarnation ?? '';
  }

  get shards(): ReadonlyMap<string, Shard> {
    return this.driver?.shards ?? new Map<string, Shard>();
  }

  /** Finds the app, opens the receiver, registers. @throws SmError; then everything is closed again. */
  async open(): Promise<void> {
    try {
      const found = await findApp(this.connections.store, this.#joining, this.clock, this.logger);
      this.keyring = this.newKeyring(found);
      await this.openEndpoint();
      const driver = this.newDriver(found);
      this.driver = driver;
      const {store} = this.connections;
      const specKey = found.keys.appSpec(this.app);
      const removed = (isMissing: boolean): void => driver.appDeleting(isMissing);
      const {clock} = this;
      const removal = new RemovalWatch({store, key: specKey, clock, removed}, found.revision);
      this.closers.push(() => removal.close());
      this.reach = this.newReachCheck(found.keys);
      if (this.#joining.watchdog) this.closers.push(this.newWatchdog(driver));
      if (this.#joining.signals)
        this.closers.push(onFirstSignal(LEAVE_SIGNALS, () => void this.leave()));
      this.closers.push(processMetrics.watch(this));
      driver.start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  metrics(): Registry {
    return processMetrics.registry;
  }

  get shardStates(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const {serving, stuck, phase} of this.driver?.session.machines.values() ?? []) {
      // The shard is not here: only its last revision is remembered.
      if (phase === 'none') continue;
      const state = serving ? 'ready' : stuck === undefined ? phase : 'stuck';
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  }

  remainingMs(): number {
    return this.driver?.remainingMs() ?? 0;
  }

  leave(): Promise<{clean: boolean}> {
    this.leaving ??= this.leaveOnce();
    return this.leaving;
  }

  async abandon(): Promise<void> {
    this.finish(new SmError('EVICTED', 'abandoned'));
    await this.close();
  }

  hint(incarnation: string, shard: string, revision: number, record?: string): void {
    this.reach?.called();
    this.driver?.hint(incarnation, shard, revision, record);
  }

  holdings(
    withLoads = false,
    isAsked: (shard: string) => boolean = () => true,
  ): HoldingsAnswer['containers'][number] {
    this.reach?.called();
    const {driver} = this;
    const asked = [...(driver?.session.machines ?? [])].filter(([id]) => isAsked(id));
    const shards = asked.map(([id, machine]) => {
      const load = withLoads ? driver?.loads.sample(driver.shards.get(id)) : undefined;
      const {token, phase: state, serving: ready, stuck} = machine;
      const shard = {id, token, state, ready, stuck: stuck !== undefined};
      return load === undefined ? shard : {...shard, load};
    });
    const holdings = {app: this.app, container: this.id, incarnation: this.incarnation, shards};
    if (!withLoads) return holdings;
    return {...holdings, own: {...processFigures.sample()}, loadFaults: {...driver?.loads.faults}};
  }

  /** For metrics. */
  isServing(): boolean {
    return this.notReady() === '';
  }

  notReady(): string {
    const {driver} = this;
    if (this.over) return 'it has ended';
    if (driver === undefined) return 'it has not joined';
    // Again after an eviction: another process may have its id by then.
    const isUnnamed = UNNAMED.has(driver.session.phase);
    if (driver.remainingMs() <= 0)
      return `it is ${isUnnamed ? 'not registered' : 'fenced'}: ${writesText(driver.writes())}`;
    return isUnnamed ? 'it waits for its id' : (this.reach?.problem ?? '');
  }

  notes(): string[] {
    return [...(this.driver?.session.machines ?? [])].flatMap(([id, {stuck}]) =>
      stuck === undefined ? [] : [`${stuck} of ${id} has exceeded its time limit`],
    );
  }

  private newKeyring({keys, callKeys: value}: FoundApp): CallKeyring {
    const {requireSigned} = this.#joining;
    const {store} = this.connections;
    const read = async (): Promise<string | undefined> =>
      (await store.get(keys.callKeys(this.app))).entry?.value;
    return new CallKeyring({value, read, requireSigned, nowMs: () => this.clock.nowMs()});
  }

  private newReachCheck(keys: Keys): ReachCheck {
    const {app, clock, logger} = this;
    const me = (): JoinedContainer => this;
    const reach = new ReachCheck({app, keys, store: this.connections.store, clock, logger, me});
    this.closers.push(() => reach.stop());
    return reach;
  }

  private newWatchdog(driver: SessionDriver): () => void {
    const onLost = (error: Error): void =>
      this.logger.error(
        {error: failureText(error), container: this.id},
        'the watchdog has ended: nothing stops this process when its event loop stands still',
      );
    return startWatchdog({remainingMs: () => driver.remainingMs(), onLost});
  }

  private async openEndpoint(): Promise<void> {
    const {id, host, bind, port, attach, tls, logger, advertise} = this.#joining;
    let open = port;
    if (attach) {
      const shared = shareHandler(this, advertise ?? addressOf(host, port), this.clock);
      this.closers.push(() => shared.leave());
      this.handler = shared.handler;
    } else {
      const own = tls === true ? undefined : tls;
      const ownPort = id === undefined && port === 0;
      const listener = await shareListener(this, {bind, port, tls: own, logger, ownPort});
      this.closers.push(() => listener.leave());
      open = listener.port;
    }
    const address = advertise ?? addressOf(host, open);
    this.endpoint = tls === undefined ? address : `https://${address}`;
    this.id = id ?? this.takeDefaultId(address);
  }

  private takeDefaultId(address: string): string {
    const {id, release} = takeDefaultId(this.#joining, address);
    this.closers.push(release);
    return id;
  }

  private newDriver(found: FoundApp): SessionDriver {
    const joining = this.#joining;
    return new SessionDriver({
      ...this.connections,
      history: seenHistory(this.connections.heartbeatStore, this.connections.store, {
        prefix: found.keys.prefix,
        epoch: found.epoch,
      }),
      app: this.app,
      keys: found.keys,
      epoch: found.epoch,
      clusterId: found.clusterId,
      specMod: found.specMod,
      clock: this.clock,
      logger: this.logger,
      identity: this.identity(),
      addTimeoutMs: joining.addTimeoutMs,
      dropTimeoutMs: joining.dropTimeoutMs,
      refuseTakenId: joining.refuseTakenId,
      hooks: this.hooks,
      load: joining.load,
      meter: processMetrics.meterOf(this.app, this.id),
      onReady: () => {
        if (!this.wasReady) this.reach?.start();
        this.wasReady = true;
        this.readyGate.resolve();
      },
      onEnded: (how, running) => void this.ending(how, running),
    });
  }

  private identity(): ConstructorParameters<typeof SessionDriver>[0]['identity'] {
    const joining = this.#joining;
    return {
      v: RECORD_VERSION,
      container: this.id,
      ttlMs: joining.ttlMs,
      endpoint: this.endpoint,
      host: joining.host,
      pid: process.pid,
      bootId: BOOT_ID,
      zone: joining.zone,
      labels: joining.labels,
      version: joining.version,
      sdk: SDK,
      ...shareOf(joining),
    };
  }

  private async leaveOnce(): Promise<{clean: boolean}> {
    const {leaveTimeoutMs} = this.#joining;
    this.driver?.leave(leaveTimeoutMs * (1 - LEAVE_RELEASE_SHARE));
    const timeout = gate<void>();
    const timer = this.clock.after(leaveTimeoutMs, timeout.resolve);
    // Ended as a clone, by eviction or by a fault, or in time but without an answer: its heartbeat may still stand.
    const left = this.ended.then(
      () => this.driver?.isUnregistered === true,
      () => false,
    );
    const alone = this.untilAlone();
    const late = timeout.promise.then(() => 'leaving took too long');
    const clean = await Promise.race([left, late, alone]);
    timer.cancel();
    if (typeof clean === 'string' && !this.over) {
      this.logger.error(
        {container: this.id},
        `${clean}: leaving without deleting its heartbeat, which will expire`,
      );
      this.finish('left');
    }
    await this.close();
    return {clean: clean === true};
  }

  /** Resolves when there is nothing to wait for any more, with the reason. */
  private async untilAlone(): Promise<string> {
    const {driver} = this;
    if (driver !== undefined) await untilIdleAndFenced(driver, this.clock, () => this.over);
    return 'no heartbeat can be written, and no shard runs here any more';
  }

  private async ending(how: DriverEnd, running: readonly RunningHook[] = []): Promise<void> {
    const {id} = this;
    const end: Record<DriverEnd, SmError | ContainerEnd> = {
      left: 'left',
      deleted: 'deleted',
      cloned: new SmError('CLONED', `another process renews the heartbeat of container ${id}`, {
        hint: 'do not copy a running process or its memory: start a new one',
      }),
      evicted: new SmError('EVICTED', `container ${id} was evicted by an operator`, {
        hint: 'end this process, and start it again if it is to have shards',
      }),
      broken: new SmError('INTERNAL', `a bug of sm has ended the session of container ${id}`, {
        hint: 'end this process, and start it again; report the error that the log names',
      }),
      refused: new SmError('ID_TAKEN', `container id ${id} is taken by another living process`, {
        hint: 'give another id, or stop the other process',
        object: `container/${id}`,
      }),
    };
    this.finish(running.length === 0 ? end[how] : endedWithHooks(id, how, running));
    await this.close();
  }

  private finish(end: SmError | ContainerEnd): void {
    if (this.over) return;
    this.over = true;
    if (typeof end === 'string') this.endedGate.resolve(end);
    else this.endedGate.reject(end);
    this.readyGate.reject(typeof end === 'string' ? this.neverReady(end) : end);
  }

  private neverReady(end: ContainerEnd): SmError {
    return end === 'deleted'
      ? new SmError('APP_DELETED', `app ${this.app} was removed`)
      : new SmError('EVICTED', 'left before it was ready');
  }

  /** A second call waits for the first one. */
  private close(): Promise<void> {
    this.closing ??= this.carryOutClose();
    return this.closing;
  }

  private async carryOutClose(): Promise<void> {
    this.over = true;
    this.driver?.stop();
    for (const closer of this.closers.toReversed()) await closer();
  }
}

/** The error that names hooks which run on after the end: the container has no right to act any more. */
function endedWithHooks(id: string, how: DriverEnd, running: readonly RunningHook[]): SmError {
  const why = how === 'evicted' ? 'was evicted by an operator' : `has ended (${how})`;
  const named = running.slice(0, NOTES_SHOWN).map(({shard, hook}) => `${hook} of ${shard}`);
  return new SmError(
    how === 'evicted' ? 'EVICTED' : 'TIMEOUT',
    `container ${id} ${why}; still running here: ${andMore(named, running.length)}`,
    {
      hint: 'end this process: other containers may own these shards now, and what still runs here has no right to act',
    },
  );
}
