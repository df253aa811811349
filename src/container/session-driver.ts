/**
 * The shell of one ContainerSession: carries its actions out on the store and on the application's hooks, and brings the
 * answers back. All decisions are the session's.
 */
import {failureText, hookFailure} from '../model/failure-text.ts';
import type {HookFailure} from '../model/failure-text.ts';
import {doubtText} from '../model/store-doubt.ts';
import type {StoreDoubt} from '../model/store-doubt.ts';
import {writesText} from '../model/store-writes.ts';
import type {StoreWrites} from '../model/store-writes.ts';
import type {Transition} from '../model/transition.ts';
import type {HeartbeatWrite} from '../ownership/heartbeat.ts';
import {ContainerSession} from '../ownership/session.ts';
import {RELEASING} from '../ownership/session-actions.ts';
import type {RunningHook, SessionAction} from '../ownership/session-actions.ts';
import type {StopReason} from '../ownership/shard-actions.ts';
import type {Logger} from '../runtime/log-port.ts';
import {randomId} from '../runtime/ids.ts';
import {MachineDriver} from '../runtime/machine-driver.ts';
import type {ActionHandlers} from '../runtime/machine-driver.ts';
import {transitionTransaction} from '../store/ownership-transactions.ts';
import {awaitAcceptance} from './cluster-look.ts';
import {ContainerLoads} from './container-loads.ts';
import {OwnWrites} from './own-writes.ts';
import {WaitingReads, findRecords, readRecords} from './record-reads.ts';
import type {SessionDriverOptions} from './session-driver-options.ts';
import {StoreFaults} from './store-faults.ts';
import {READ_CALLS_AT_ONCE} from './limits.ts';
import {ShardHandle} from './shard.ts';
import {
  deregisterTransaction,
  heartbeatAnswer,
  heartbeatTransaction,
  holderAnswer,
  takeIdAnswer,
  takeIdTransaction,
  hintedRecord,
  isDeregistered,
  transitionAnswer,
  writeAnswer,
} from './transactions.ts';

type StoreAction = 'heartbeat' | 'takeId' | 'deregister' | 'findRecords' | 'read' | 'write';
type HookAction = 'add' | 'drop' | 'abort' | 'revoke' | 'revokeAll';
type Handlers<Type extends SessionAction['type']> = Pick<ActionHandlers<SessionAction>, Type>;

export class SessionDriver {
  readonly session: ContainerSession;
  private readonly options: SessionDriverOptions;
  private readonly logger: Logger;
  private readonly handles = new Map<string, ShardHandle>();
  private readonly reads = new WaitingReads();
  /** Reads of records that are under way. */
  private readCalls = 0;
  private readonly driver: MachineDriver<SessionAction>;
  private readonly ownWrites: OwnWrites;
  private readonly faults: StoreFaults;
  /** What is reported of its shards. */
  readonly loads: ContainerLoads;
  /** No registration of it is in the store: none was sent yet, or the last answer said so. False once one is sent. */
  isUnregistered = true;
  /** Mod revision of the app's spec as last seen: a registration is valid only under this one. */
  private specMod: number | undefined;

  constructor(options: SessionDriverOptions) {
    this.options = options;
    this.specMod = options.specMod;
    this.logger = options.logger.child({container: options.identity.container});
    this.ownWrites = new OwnWrites(options.clock);
    this.faults = new StoreFaults(this.logger, options.clock);
    this.session = new ContainerSession({...options, nextId: randomId, random: Math.random});
    this.driver = this.newDriver();
    this.loads = new ContainerLoads(options);
  }

  start(): void {
    this.driver.turn();
  }

  /** Stops driving the session, whatever its state: nothing is written to the store. */
  stop(): void {
    this.driver.stop();
    this.revokeAll();
  }

  /** As of the session; `releaseAfterMs` from now on, default: never. */
  leave(releaseAfterMs = Number.POSITIVE_INFINITY): void {
    this.session.leave(this.options.clock.ownerMs() + releaseAfterMs);
    this.driver.queueTurn();
  }

  /** As of the session. */
  appDeleting(isMissing = false): void {
    this.session.appDeleting(isMissing);
    this.driver.queueTurn();
  }

  /** `record`: text of what is to be claimed, where the hint brought it. */
  hint(incarnation: string, shard: string, revision: number, record?: string): void {
    this.options.meter?.hinted();
    const hinted = record === undefined ? undefined : () => hintedRecord(record);
    this.session.hint(incarnation, shard, revision, hinted);
    this.driver.queueTurn();
  }

  /** Milliseconds of the right to act that are left; negative when it is over. */
  remainingMs(): number {
    return this.session.deadlineMs - this.options.clock.ownerMs();
  }

  /** How the writes of this process fare: its heartbeats. */
  writes(): StoreWrites {
    return this.ownWrites.state(this.remainingMs() > 0);
  }

  /** When a write of this process committed last, Unix time in ms; 0: none yet. */
  get lastWriteMs(): number {
    return this.ownWrites.lastMs;
  }

  workChanged(shard: string, handle: number, outstanding: number): void {
    this.session.workChanged(shard, handle, outstanding);
    if (outstanding === 0) this.driver.queueTurn();
  }

  /** Container id. */
  get container(): string {
    return this.options.identity.container;
  }

  get ttlMs(): number {
    return this.session.heartbeat.ttlMs;
  }

  /** Handles that are given out, by shard. */
  get shards(): ReadonlyMap<string, ShardHandle> {
    return this.handles;
  }

  private newDriver(): MachineDriver<SessionAction> {
    const {clock, onEnded} = this.options;
    return new MachineDriver<SessionAction>({
      machine: {
        advance: (nowMs) => this.session.advance(nowMs),
        wakeAtMs: (nowMs) => this.session.wakeAtMs(nowMs),
      },
      handlers: {...this.storeHandlers(), ...this.hookHandlers(), ...this.noticeHandlers()},
      clock,
      nowMs: () => clock.ownerMs(),
      // First of all: an application's code may run within any of these actions, and the guards of others would still pass.
      beforeActions: (actions) => {
        for (const action of actions) this.endRights(action);
      },
      afterActions: () => this.flushReads(),
      // It must be seen, and it must not leave a session that acts on half an event.
      onBroken: (error) => {
        this.logger.error(
          {error: failureText(error)},
          'bug in the container session: giving up the right to act',
        );
        this.stop();
        onEnded('broken');
      },
    });
  }

  private storeHandlers(): Handlers<StoreAction> {
    return {
      // It takes a turn by itself, at once.
      heartbeat: ({write}) => this.driver.background(this.beat(write), () => undefined),
      takeId: (action) => this.takeId(action),
      deregister: (action) => this.deregister(action),
      findRecords: () => findRecords(this.options, this.session),
      read: (action) => void this.reads.push(action),
      write: ({shard, op, transition}) => this.write(shard, op, transition),
    };
  }

  private hookHandlers(): Handlers<HookAction> {
    return {
      add: (action) => this.add(action),
      drop: ({shard, handle, reason}) => this.drop(shard, handle, reason),
      abort: ({shard, handle, reason}) => this.handle(shard, handle)?.abort(reason),
      revoke: ({shard, handle}) => this.revoke(shard, handle),
      revokeAll: () => this.revokeAll(),
    };
  }

  private noticeHandlers(): Handlers<Exclude<SessionAction['type'], StoreAction | HookAction>> {
    const {logger} = this;
    const {onReady, onEnded} = this.options;
    return {
      waitingForId: ({holder}) =>
        logger.warn({holder}, 'container id is taken by another living process: waiting'),
      stuck: ({shard, hook}) => logger.error({shard, hook}, 'hook is overdue'),
      fenced: ({evicted}) => {
        if (evicted === true)
          return logger.warn({}, 'evicted by an operator: dropping all shards, then ending');
        // It renews nothing any more by itself: the store has no part in it.
        const hooks = this.runningHooks;
        if (RELEASING.has(this.session.phase) && hooks.length > 0)
          return logger.warn(
            {hooks},
            'leaving: its right to act is over, and hooks of the application have not returned',
          );
        this.options.meter?.fenced();
        const writes = this.ownWrites.state(false);
        const fix = writes.kind === 'none' && writes.fix !== '' ? {fix: writes.fix} : {};
        logger.warn(
          {reason: writesText(writes), ...fix},
          'fenced: no heartbeat committed in time, dropping all shards',
        );
      },
      resumed: () => logger.info({}, 'right to act is back'),
      evicted: ({incarnation, leaving}) =>
        logger.warn(
          {incarnation},
          leaving ? 'evicted while it leaves: dropping all shards' : 'evicted: registering again',
        ),
      ready: ({incarnation}) => onReady(incarnation),
      restored: ({doubt}) => this.restored(doubt),
      accepted: ({epoch}) => this.newEpoch(epoch, this.options.onAccepted),
      stepped: ({epoch}) => this.newEpoch(epoch, this.options.onEpoch),
      ended: ({how, running}) => {
        if (running !== undefined)
          logger.error({hooks: running}, 'ended while hooks of the application had not returned');
        if (how === 'left' && !this.isUnregistered)
          logger.warn({}, 'left without deleting its heartbeat, which will expire');
        onEnded(how, running);
      },
    };
  }

  private get runningHooks(): RunningHook[] {
    return [...this.session.machines.values()].flatMap(({shard, running: hook}) =>
      hook === undefined ? [] : [{shard, hook}],
    );
  }

  private async beat(write: HeartbeatWrite): Promise<void> {
    const {keys, app, heartbeatStore, history} = this.options;
    const atLeast = history?.newest() ?? 0;
    const transaction = heartbeatTransaction(keys, app, write, this.specMod);
    const {timeoutMs} = write;
    const startedMs = performance.now();
    this.isUnregistered = false;
    const beating = heartbeatStore.transact(transaction, {timeoutMs});
    const outcome = await this.faults.of(beating, write.expectedMod === 0);
    this.options.meter?.heartbeat(outcome.kind, performance.now() - startedMs);
    const clusterId = history?.clusterId() ?? '';
    const mark =
      outcome.kind === 'unknown' ? undefined : {clusterId, revision: outcome.revision, atLeast};
    const nowMs = this.options.clock.ownerMs();
    const {answer, specMod = this.specMod} = heartbeatAnswer(write, outcome);
    this.specMod = specMod;
    if (answer.kind === 'absent' || answer.kind === 'appGone') this.isUnregistered = true;
    if (outcome.kind === 'unknown') this.ownWrites.failed(outcome.error);
    const before = this.writes();
    const isInStore = this.session.heartbeatAnswered(write, answer, nowMs, mark);
    const hasCommitted = isInStore || outcome.kind === 'committed';
    if (hasCommitted) this.ownWrites.committed();
    // At once: what the answer revokes must be revoked before any other callback may pass a guard.
    this.driver.turn();
    if (hasCommitted && before.kind === 'none') this.options.onOutageOver?.(before);
    // Not where a later answer shows that an earlier heartbeat is stored: nobody knows when that one was committed.
    if (outcome.kind === 'committed') this.options.onHeartbeat?.();
  }

  private newEpoch(epoch: number, tell?: (epoch: number) => void): void {
    this.options.history?.forget();
    tell?.(epoch);
  }

  private restored(doubt: StoreDoubt): Promise<void> {
    this.logger.error(
      {why: doubtText(doubt), code: 'STORE_RESTORED'},
      'etcd was restored or replaced: claiming nothing until `sm store accept-restore`',
    );
    this.ownWrites.doubted(doubt);
    this.options.onRestored?.(doubt);
    const isStopped = (): boolean => this.driver.isStopped;
    const onLook = (): void => this.driver.queueTurn();
    return awaitAcceptance({...this.options, session: this.session, isStopped, onLook});
  }

  private async takeId(action: Extract<SessionAction, {type: 'takeId'}>): Promise<void> {
    const {keys, app, store, clock} = this.options;
    const taking = store.transact(takeIdTransaction(keys, app, action));
    const answer = takeIdAnswer(action, await this.faults.of(taking));
    if (answer.kind !== 'lookAt')
      return this.session.idAnswered(action.incarnation, answer, clock.ownerMs());
    const alive = await store.get(keys.heartbeat(app, answer.holder)).then(
      ({entry}) => entry !== undefined,
      (error: unknown) => void this.faults.note(error),
    );
    const said = alive === undefined ? {kind: 'unknown' as const} : holderAnswer(answer, alive);
    this.session.idAnswered(action.incarnation, said, clock.ownerMs());
  }

  private async deregister(action: Extract<SessionAction, {type: 'deregister'}>): Promise<void> {
    const {keys, app, store, clock} = this.options;
    const outcome = await this.faults.of(store.transact(deregisterTransaction(keys, app, action)));
    if (isDeregistered(outcome)) this.isUnregistered = true;
    this.session.deregisterAnswered(action.incarnation, writeAnswer(outcome), clock.ownerMs());
  }

  private async write(shard: string, op: number, transition: Transition): Promise<void> {
    const {keys, app, batcher, clock} = this.options;
    const written = batcher.submit(transitionTransaction(keys, app, undefined, transition));
    const outcome = await this.faults.of(written);
    this.session.writeAnswered(shard, op, transitionAnswer(shard, outcome), clock.ownerMs());
  }

  private flushReads(): void {
    while (this.readCalls < READ_CALLS_AT_ONCE) {
      const batch = this.reads.take();
      if (batch.length === 0) return;
      this.readCalls += 1;
      const read = readRecords(
        {...this.options, session: this.session, faults: this.faults},
        batch,
      );
      // The turn that follows sends the next.
      this.driver.background(read.finally(() => (this.readCalls -= 1)));
    }
  }

  private add(action: Extract<SessionAction, {type: 'add'}>): Promise<void> | void {
    // An action before this one may have ended it all.
    if (this.driver.isStopped) return;
    const {shard, handle: number} = action;
    const handle = new ShardHandle(action.spec, action.token, number, this);
    this.handles.set(shard, handle);
    return this.timed('add', () => this.options.hooks.add(handle)).then((failure) => {
      if (failure !== undefined) this.logger.warn({shard, ...failure}, 'add failed');
      this.session.addSettled(shard, number, failure?.error, this.options.clock.ownerMs());
    });
  }

  private drop(shard: string, number: number, reason: StopReason): Promise<void> | void {
    const handle = this.handle(shard, number);
    if (handle === undefined) return;
    return this.timed('drop', () => this.options.hooks.drop(handle, reason)).then((failure) => {
      if (failure !== undefined)
        this.logger.warn({shard, ...failure}, 'drop failed: will be tried again');
      else handle.dropped = true;
      this.discard(shard, handle);
      this.session.dropSettled(shard, number, failure?.error, this.options.clock.ownerMs());
    });
  }

  /** Undefined when the hook resolves, else what it threw. */
  private async timed(
    name: 'add' | 'drop',
    hook: () => Promise<void> | void,
  ): Promise<HookFailure | undefined> {
    const startedMs = performance.now();
    let failure: HookFailure | undefined;
    try {
      await hook();
    } catch (thrown) {
      failure = hookFailure(thrown);
    }
    this.options.meter?.hook(name, failure !== undefined, performance.now() - startedMs);
    return failure;
  }

  private revoke(shard: string, number: number): void {
    const handle = this.handle(shard, number);
    if (handle === undefined) return;
    handle.revoke();
    this.discard(shard, handle);
  }

  /** A handle that has been dropped and revoked is of no more use here. */
  private discard(shard: string, handle: ShardHandle): void {
    if (handle.dropped && handle.isRevoked && this.handles.get(shard) === handle)
      this.handles.delete(shard);
  }

  private revokeAll(): void {
    for (const handle of this.handles.values()) handle.endRight();
    for (const handle of this.handles.values()) handle.revoke();
  }

  /** What a revoke will do, without a word to the application yet. */
  private endRights(action: SessionAction): void {
    if (action.type === 'revoke') this.handle(action.shard, action.handle)?.endRight();
    else if (action.type === 'revokeAll')
      for (const handle of this.handles.values()) handle.endRight();
  }

  private handle(shard: string, number: number): ShardHandle | undefined {
    const handle = this.handles.get(shard);
    return handle?.number === number ? handle : undefined;
  }
}
