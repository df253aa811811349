/**
 * One container's life (protocol.md, "Container"): registration, id, heartbeats, right to act, leaving, and the machines of
 * its shards. Passive: the shell calls the event methods, then `advance`, carries the actions out and wakes it in time.
 */
import {heartbeatIntervalMs} from '../model/container.ts';
import {HeartbeatMachine} from './heartbeat.ts';
import type {HeartbeatAnswer, HeartbeatWrite} from './heartbeat.ts';
import {IdAttempt, idPauseMs} from './id-attempt.ts';
import type {ShardContext, ShardReading, Hinted, WriteAnswer} from './shard-actions.ts';
import {ShardMachines} from './shard-machines.ts';
import {BEATING, CLOSED, RELEASING, stopReasons} from './session-actions.ts';
import type {
  IdAnswer,
  SessionAction,
  SessionEnd,
  SessionOptions,
  SessionPhase,
} from './session-actions.ts';
import type {ShardMachine} from './shard-machine.ts';
import {StoreTrust} from './store-trust.ts';
import type {ClusterReading, StoreMark, TrustNews} from './store-trust.ts';
import {RECONCILE_INTERVAL_MS, WAITING_NOTICE_MS} from './limits.ts';
import {jittered} from '../model/back-off.ts';

export class ContainerSession {
  phase: SessionPhase = 'registering';
  heartbeat: HeartbeatMachine;
  private readonly options: SessionOptions;
  private readonly shards = new ShardMachines();
  private fenced = true;
  /** How it ends, or is about to; undefined: it goes on. */
  private ending: SessionEnd | undefined;
  private isAppMissing = false;
  private idAttempt = new IdAttempt();
  /** Mod revision of the id key while it is mine; 0 otherwise. */
  private idMod = 0;
  private noticeAtMs = Number.NEGATIVE_INFINITY;
  /** When to send the next deregister; Infinity while one is under way. */
  private deregisterAtMs = 0;
  private releaseAtMs = Number.POSITIVE_INFINITY;
  /** Once releasing or unregistered: ended then, whatever still runs. */
  private releaseUntilMs = Number.POSITIVE_INFINITY;
  private reconcileAtMs = Number.POSITIVE_INFINITY;
  private out: SessionAction[] = [];
  private readonly trust: StoreTrust;

  constructor(options: SessionOptions) {
    this.options = options;
    this.trust = new StoreTrust(options.epoch, options.clusterId);
    this.heartbeat = this.register();
  }

  get incarnation(): string {
    return this.heartbeat.incarnation;
  }

  /** Owner-clock ms until which the container may act; compare with the owner clock at every effect. */
  get deadlineMs(): number {
    return this.heartbeat.deadlineMs;
  }

  /** No fence: hooks run, shards may be added. */
  get acting(): boolean {
    return !this.fenced;
  }

  get ended(): boolean {
    return this.phase === 'ended';
  }

  get machines(): ReadonlyMap<string, ShardMachine> {
    return this.shards.machines;
  }

  /** Moves everything away, then ends. `releaseAtMs`, owner-clock ms: what is still here then is dropped and freed without being asked for. */
  leave(releaseAtMs = Number.POSITIVE_INFINITY): void {
    if (this.ending === undefined) this.releaseAtMs = releaseAtMs;
    this.askToLeave('left');
  }

  /** The app is being removed: drop everything, free everything, end. `isMissing`: it was not found; a store that is not doubted must answer first. */
  appDeleting(isMissing = false): void {
    if (isMissing) this.isAppMissing = true;
    else if (!this.isHalted) this.askToLeave('deleted');
  }

  /** Says that a shard's record may be of interest, and maybe what it is; `incarnation` other than mine is ignored. */
  hint(incarnation: string, shard: string, revision: number, record?: Hinted): void {
    if (incarnation !== this.incarnation || this.isClosed) return;
    this.shards.hinted(shard)?.hint(revision, record);
  }

  /** The store is another one, or has gone back, and nobody has accepted it yet. */
  get isHalted(): boolean {
    return this.trust.isDoubted;
  }

  clusterSeen(reading: ClusterReading, nowMs: number): void {
    if (!this.ended) this.follow(this.trust.clusterRead(reading), nowMs);
  }

  /** `mark`: who answered and at which revision, where an answer came. True: the store holds this attempt, or an earlier one that had no answer. */
  heartbeatAnswered(
    write: HeartbeatWrite,
    answer: HeartbeatAnswer,
    nowMs: number,
    mark?: StoreMark,
  ): boolean {
    if (write.incarnation !== this.incarnation || this.ended) return false;
    const lag = answer.kind === 'found' ? this.heartbeat.version - answer.mod : 0;
    const news = mark && this.trust.answered(mark, lag);
    this.follow(news, nowMs);
    if (this.isHalted || news?.kind === 'accepted') return false;
    if (this.isAppMissing && mark !== undefined) this.appDeleting();
    const lapsed = nowMs >= this.heartbeat.deadlineMs;
    const verdict = this.heartbeat.answered(write, answer, nowMs);
    if (verdict === 'renewed') this.renewed(lapsed, nowMs);
    else if (verdict === 'evicted') this.evicted(nowMs);
    else if (verdict === 'evicting') this.evicting(nowMs);
    else if (verdict === 'cloned') this.stopAtOnce('cloned');
    else if (verdict === 'appGone') this.stopAtOnce('deleted');
    return verdict === 'renewed';
  }

  idAnswered(incarnation: string, answer: IdAnswer, nowMs: number): void {
    if (incarnation !== this.incarnation || !this.asksForId) return;
    const pauseMs = () => idPauseMs(this.heartbeat.ttlMs, this.options.random());
    this.idAttempt.answered(answer, nowMs, pauseMs);
    if (answer.kind === 'taken') this.idMod = answer.idMod;
    if (this.phase !== 'naming') return;
    if (answer.kind === 'taken') this.named(nowMs);
    else if (this.idAttempt.isEvicted) this.evicting(nowMs);
    else if (answer.kind === 'occupied') this.idOccupied(answer.holder, nowMs);
  }

  deregisterAnswered(incarnation: string, answer: WriteAnswer, nowMs: number): void {
    if (incarnation !== this.incarnation || this.phase !== 'deregistering') return;
    if (answer.kind !== 'unknown') this.end();
    else this.deregisterAtMs = nowMs + heartbeatIntervalMs(this.heartbeat.ttlMs);
  }

  readAnswered(shard: string, op: number, reading: ShardReading | undefined, nowMs: number): void {
    this.shards.touch(shard)?.readAnswered(op, reading, this.context(), nowMs);
  }

  writeAnswered(shard: string, op: number, answer: WriteAnswer, nowMs: number): void {
    this.shards.touch(shard)?.writeAnswered(op, answer, nowMs);
  }

  addSettled(shard: string, handle: number, error: string | undefined, nowMs: number): void {
    this.shards.touch(shard)?.addSettled(handle, error, nowMs);
  }

  dropSettled(shard: string, handle: number, error: string | undefined, nowMs: number): void {
    this.shards.touch(shard)?.dropSettled(handle, error, nowMs);
  }

  workChanged(shard: string, handle: number, outstanding: number): void {
    this.shards.touch(shard)?.workChanged(handle, outstanding);
  }

  /** The next actions; call after every event and at `wakeAtMs`. */
  advance(nowMs: number): SessionAction[] {
    if (this.phase !== 'ended') {
      this.advancePhase(nowMs);
      this.advanceFence(nowMs);
      const write = this.beating ? this.heartbeat.due(nowMs, this.shards.overdue) : undefined;
      if (write !== undefined) this.out.push({type: 'heartbeat', write});
    }
    this.reconcile(nowMs);
    this.out.push(...this.shards.advance(() => this.context(), nowMs));
    const actions = this.out;
    this.out = [];
    return actions;
  }

  /** Owner-clock ms at which `advance` has to be called even if nothing happens. */
  wakeAtMs(nowMs: number): number {
    // The last hook has returned in this very turn, and no answer of the store is awaited.
    if (this.isClear) return nowMs;
    let at = Math.min(this.reconcileAtMs, this.shards.wakeAtMs());
    if (!this.ended)
      at = Math.min(at, this.phase === 'leaving' ? this.releaseAtMs : this.releaseUntilMs);
    if (this.beating) at = Math.min(at, this.heartbeat.wakeAtMs());
    if (this.phase === 'deregistering') at = Math.min(at, this.deregisterAtMs);
    if (this.asksForId) at = Math.min(at, this.idAttempt.wakeAtMs());
    if (!this.fenced) at = Math.min(at, this.softDeadlineMs());
    return Math.max(nowMs, at);
  }

  private get isClosed(): boolean {
    return CLOSED.has(this.phase);
  }

  /** Also to learn, before it goes, whether the id is its own and has to go with its heartbeat. */
  private get asksForId(): boolean {
    if (this.isHalted) return false;
    return this.phase === 'naming' || (this.phase === 'releasing' && this.idAttempt.isOpen);
  }

  private get beating(): boolean {
    return BEATING.has(this.phase) && !this.isHalted;
  }

  private askToLeave(how: SessionEnd): void {
    this.ending ??= how;
  }

  /** Where the store is doubted nothing is claimed and nothing renewed: what is owned goes with the right to act, at its deadline. */
  private follow(news: TrustNews, nowMs: number): void {
    if (news === undefined) return;
    if (news.kind === 'doubted') this.out.push({type: 'restored', doubt: news.doubt});
    else this.out.push({type: news.kind, epoch: this.trust.epoch});
    if (news.kind === 'accepted') {
      this.isAppMissing = false;
      this.evicted(nowMs);
      this.shards.forgetHistory();
    }
    this.shards.touchAll();
  }

  private register(gone?: string): HeartbeatMachine {
    this.phase = 'registering';
    this.idMod = 0;
    this.idAttempt = new IdAttempt(this.idAttempt, gone);
    const {nextId, identity, heartbeatEveryMs} = this.options;
    return new HeartbeatMachine(nextId(), identity, nextId, heartbeatEveryMs);
  }

  private renewed(lapsed: boolean, nowMs: number): void {
    if (this.phase === 'registering') this.phase = 'naming';
    if (!this.fenced) return;
    // Handles that lived through a lapse of the deadline with their stop begun must not come back to life, not even where the
    // fence stays: the answer may still lift the deadline over now.
    if (lapsed) this.out.push({type: 'revokeAll'});
    if (!BEATING.has(this.phase) || nowMs >= this.softDeadlineMs()) return;
    this.fenced = false;
    this.shards.touchAll();
    if (this.phase !== 'naming') this.out.push({type: 'resumed'});
  }

  private named(nowMs: number): void {
    this.phase = 'ready';
    this.heartbeat.changeState('ready');
    this.reconcileAtMs = this.nextReconcileMs(nowMs);
    this.shards.touchAll();
    this.out.push({type: 'ready', incarnation: this.incarnation});
  }

  private idOccupied(holder: string, nowMs: number): void {
    if (this.options.refuseTakenId === true) this.askToLeave('refused');
    if (nowMs < this.noticeAtMs) return;
    this.noticeAtMs = nowMs + WAITING_NOTICE_MS;
    this.out.push({type: 'waitingForId', holder});
  }

  /** The heartbeat is gone: what was owned belongs to nobody here; start anew under another incarnation. */
  private evicted(nowMs: number): void {
    if (this.phase === 'deregistering') return this.end();
    if (this.phase === 'unregistered') return;
    const {incarnation, ending} = this;
    this.out.push({type: 'evicted', incarnation, ...(ending && {leaving: true})});
    this.loseAll();
    if (ending !== undefined) return this.release('unregistered', nowMs);
    this.heartbeat = this.register(incarnation);
    this.noticeAtMs = nowMs;
  }

  /** An operator has evicted this container: fence, drop, free, go. */
  private evicting(nowMs: number): void {
    if (this.isClosed) return;
    this.askToLeave('evicted');
    this.release('releasing', nowMs);
    this.fenced = true;
    this.out.push({type: 'fenced', evicted: true});
  }

  /** A hook that never returns must not keep it for ever: nothing is renewed any more, so its shards go to others when the right to act is over. */
  private release(phase: 'releasing' | 'unregistered', nowMs: number): void {
    this.phase = phase;
    this.shards.touchAll();
    this.releaseUntilMs = Math.max(nowMs + this.options.dropTimeoutMs, this.heartbeat.deadlineMs);
  }

  /** Another process renews my heartbeat: whatever it does, this one must not act. Or there is no app to register for. */
  private stopAtOnce(how: SessionEnd): void {
    this.ending = how;
    this.loseAll();
    this.end();
  }

  private loseAll(): void {
    this.out.push({type: 'revokeAll'});
    this.fenced = true;
    for (const machine of this.machines.values()) machine.lose();
    this.shards.touchAll();
  }

  private end(running: ShardMachines['running'] = []): void {
    this.phase = 'ended';
    this.fenced = true;
    const how = this.ending ?? 'left';
    this.out.push({type: 'ended', how, ...(running.length === 0 ? {} : {running})});
  }

  private advancePhase(nowMs: number): void {
    if (this.ending !== undefined) this.beginLeaving(nowMs);
    if (this.asksForId) this.takeId(nowMs);
    if (this.ended) return;
    if (nowMs >= this.releaseUntilMs) return this.end(this.shards.running);
    if (this.phase !== 'deregistering' && !this.isClear) return;
    if (this.phase === 'unregistered') this.end();
    else this.deregister(nowMs);
  }

  private beginLeaving(nowMs: number): void {
    // Nothing is written to a store that is doubted: the heartbeat is left to fall silent.
    if (this.isHalted) this.evicted(nowMs);
    if (this.phase === 'naming') this.release('releasing', nowMs);
    if (this.phase === 'leaving' && nowMs >= this.releaseAtMs) this.release('releasing', nowMs);
    if (this.phase !== 'ready') return;
    this.phase = 'leaving';
    this.heartbeat.changeState('leaving');
    this.shards.touchAll();
  }

  /** Nothing is owned or runs any more, and nothing new can come. */
  private get isClear(): boolean {
    const {phase, heartbeat, shards} = this;
    if (phase === 'leaving' ? !heartbeat.stateStored : !RELEASING.has(phase)) return false;
    return shards.allGone && !(phase === 'releasing' && this.idAttempt.isOpen);
  }

  private takeId(nowMs: number): void {
    if (!this.idAttempt.isDue(nowMs)) return;
    this.idAttempt.sent();
    const {idMod, holder, evicted} = this.idAttempt;
    const {container} = this.options.identity;
    const {incarnation, create} = this.heartbeat;
    const noted = evicted === undefined ? {} : {evicted};
    this.out.push({type: 'takeId', container, incarnation, create, idMod, holder, ...noted});
  }

  private deregister(nowMs: number): void {
    this.phase = 'deregistering';
    if (nowMs < this.deregisterAtMs) return;
    this.deregisterAtMs = Number.POSITIVE_INFINITY;
    // From the moment this is sent the heartbeat may be gone, whatever the answer: others may own shards whose records this incarnation has read as its own.
    this.fenced = true;
    const {container} = this.options.identity;
    const {incarnation, create} = this.heartbeat;
    this.out.push({type: 'deregister', container, incarnation, create, idMod: this.idMod});
  }

  private advanceFence(nowMs: number): void {
    if (this.fenced || nowMs < this.softDeadlineMs()) return;
    this.fenced = true;
    this.shards.touchAll();
    this.out.push({type: 'fenced'});
  }

  /** Hooks get T/5 before the deadline to stop in order. */
  private softDeadlineMs(): number {
    return this.heartbeat.deadlineMs - heartbeatIntervalMs(this.heartbeat.ttlMs);
  }

  private reconcile(nowMs: number): void {
    if (nowMs < this.reconcileAtMs) return;
    this.reconcileAtMs = this.ended ? Number.POSITIVE_INFINITY : this.nextReconcileMs(nowMs);
    for (const machine of this.machines.values()) machine.reconcile();
    this.shards.touchAll();
    // A record that is ready from its claim on gets no hints: nobody else would say that it is mine.
    if (this.options.readyAtClaim === true && !this.isClosed)
      this.out.push({type: 'findRecords', incarnation: this.incarnation});
  }

  private nextReconcileMs(nowMs: number): number {
    return nowMs + jittered(RECONCILE_INTERVAL_MS, this.options.random());
  }

  private context(): ShardContext {
    const {addTimeoutMs, dropTimeoutMs, identity} = this.options;
    const {incarnation, create} = this.heartbeat;
    return {
      me: {container: identity.container, incarnation, create},
      epoch: this.trust.epoch,
      halted: this.isHalted || this.isClosed,
      acting: !this.fenced && this.phase !== 'naming' && this.phase !== 'registering',
      claiming: this.phase === 'ready' && !this.isHalted,
      ...stopReasons(this.phase, this.ending),
      clusterMod: this.trust.clusterMod,
      readyAtClaim: this.options.readyAtClaim ?? false,
      addTimeoutMs,
      dropTimeoutMs,
    };
  }
}
