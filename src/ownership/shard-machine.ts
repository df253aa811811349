/**
 * One shard in one container (protocol.md, "Container" 4-7): what the record says, what the application's hooks are doing,
 * and the one next step that brings them together. Passive: events come in, actions are taken out with `advance`.
 */
import {backOff} from '../model/back-off.ts';
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import type {ShardSpec} from '../model/specs.ts';
import type {Transition} from '../model/transition.ts';
import type {
  HookState,
  ShardAction,
  ShardContext,
  ShardReading,
  StopReason,
  Hinted,
  WriteAnswer,
} from './shard-actions.ts';
import {ReadSchedule} from './read-schedule.ts';
import {NOTHING, UNASKED, UNRESOLVED, justOwned, mustFree} from './shard-record.ts';
import type {KnownRecord, OwnedRecord, Question} from './shard-record.ts';
import {claim, claimHinted, free, markReady, tokenOf} from './transitions.ts';
import {DROP_RETRY_MAX_MS, DROP_RETRY_MIN_MS, SPEC_RETRY_MS} from './limits.ts';

type Committed = Extract<WriteAnswer, {kind: 'committed'}>;

export class ShardMachine {
  readonly shard: string;
  private readonly nextOp: () => number;
  /** Revision below which every record and answer is stale. */
  mark: number;
  /** Token of the handle that was given out last. */
  token = '';
  /** A hook has exceeded its time limit. */
  stuck: 'add' | 'drop' | undefined;
  private known: KnownRecord = NOTHING;
  private question: Question = UNASKED;
  /** Revision of the newest hint that brought a record. */
  private hintedAt = 0;
  private spec: ShardSpec | undefined;
  private readonly reads = new ReadSchedule();
  private hook: HookState = 'none';
  /** When the hook was entered. */
  hookSinceMs = 0;
  private handle = 0;
  private revokedHandle = 0;
  private work = 0;
  private stopping: StopReason | undefined;
  private dropAttempts = 0;
  private dropAtMs = 0;

  /** `nextOp`: numbers that no machine has used before, so that an answer that comes late is nobody's. */
  constructor(shard: string, mark: number, nextOp: () => number) {
    this.shard = shard;
    this.mark = mark;
    this.nextOp = nextOp;
  }

  /** The record while it names this incarnation as owner. */
  get owned(): Versioned<OwnershipRecord> | undefined {
    return this.known.kind === 'owned' ? this.known.own : undefined;
  }

  /** Nothing known, nothing running, nothing asked: the machine may be forgotten (its mark must be kept). */
  get idle(): boolean {
    return this.gone && !this.reads.wanted && this.known.kind === 'nothing';
  }

  /** No hook and no work of the application is left for this shard. */
  get quiet(): boolean {
    return this.hook === 'none';
  }

  /** Nothing is owned, and nothing of the application or of the store is under way or of unknown outcome: a leaving container may go. */
  get gone(): boolean {
    return this.quiet && this.known.kind !== 'owned' && this.question.kind === 'none';
  }

  /** `add` has resolved and nothing has asked the shard to stop. */
  get serving(): boolean {
    return this.hook === 'added' && this.stopping === undefined;
  }

  /** The hook that has not returned, or is to be called again; undefined: none. */
  get running(): 'add' | 'drop' | undefined {
    if (this.hook === 'none') return undefined;
    return this.hook === 'adding' ? 'add' : 'drop';
  }

  /** What people are shown. */
  get phase(): string {
    return this.stuck === undefined ? this.hook : `stuck in ${this.stuck}`;
  }

  /**
   * Somebody says the record may be of interest. Only a hint: the record is read before anything is done, or, where it came with the hint to an
   * idle machine, the store compares the two.
   */
  hint(revision: number, hinted?: Hinted): void {
    if (revision <= this.mark || (this.claimsHinted && revision <= this.hintedAt)) return;
    if (this.idle) {
      const record = hinted?.();
      if (record !== undefined) this.known = {kind: 'hinted', record};
      this.hintedAt = revision;
    }
    if (this.known.kind !== 'hinted') this.reads.want();
  }

  /** The hinted record is about to be claimed: whatever becomes of that, it will be known. */
  private get claimsHinted(): boolean {
    const {known, question} = this;
    if (known.kind === 'hinted') return true;
    return question.kind === 'writing' && question.transition.readsSpec === true;
  }

  /** Time to see whether the record is still what it is taken for. A question under way says it, too. */
  reconcile(): void {
    if (!this.isAsking) this.reads.wantPeriodic();
  }

  /** The heartbeat is gone: nothing is owned any more and the handle is worthless from now on. */
  lose(): void {
    this.known = NOTHING;
    this.question = UNASKED;
  }

  /** Another history begins: what is known of this one says nothing in it. */
  forgetHistory(): void {
    this.lose();
    this.mark = 0;
  }

  readAnswered(
    op: number,
    reading: ShardReading | undefined,
    context: ShardContext,
    nowMs: number,
  ): void {
    const {question} = this;
    if (question.kind !== 'reading' || question.op !== op) return;
    this.question = question.ordered ? UNRESOLVED : UNASKED;
    if (reading === undefined) return this.reads.failed(nowMs);
    this.reads.succeeded();
    if (this.isStale(reading)) return this.reads.again(nowMs);
    this.question = UNASKED;
    this.learn(reading, context);
  }

  writeAnswered(op: number, answer: WriteAnswer, nowMs: number): void {
    const {question} = this;
    if (question.kind !== 'writing' || question.op !== op) return;
    const {transition} = question;
    const isUnresolved = answer.kind === 'unknown' && transition.kind === 'claim';
    this.question = isUnresolved ? UNRESOLVED : UNASKED;
    if (answer.kind === 'committed') return this.committed(transition, answer);
    if (this.known.kind === 'offered') this.known = NOTHING;
    if (answer.kind === 'unknown') this.reads.again(nowMs);
    else this.reads.want(nowMs);
  }

  addSettled(handle: number, error: string | undefined, nowMs: number): void {
    if (handle !== this.handle || this.hook !== 'adding') return;
    // An add that fails because it was asked to stop is not a failure of the shard.
    if (error !== undefined && this.stopping === undefined) this.noteFailure(error);
    this.enter(error === undefined ? 'added' : 'failed', nowMs);
  }

  dropSettled(handle: number, error: string | undefined, nowMs: number): void {
    if (handle !== this.handle || this.hook !== 'dropping') return;
    if (error === undefined) {
      this.enter('settling', nowMs);
      return;
    }
    this.dropAttempts += 1;
    this.dropAtMs = nowMs + backOff(this.dropAttempts + 1, DROP_RETRY_MIN_MS, DROP_RETRY_MAX_MS);
    this.enter('retrying', nowMs);
  }

  /** Outstanding `shard.run` calls of the present handle. */
  workChanged(handle: number, outstanding: number): void {
    if (handle === this.handle) this.work = outstanding;
  }

  /** The next steps; call after every event and at `wakeAtMs`. */
  advance(context: ShardContext, nowMs: number): ShardAction[] {
    const actions: ShardAction[] = [];
    this.advanceHooks(context, nowMs, actions);
    if (!this.isAsking && !context.halted) this.advanceRecord(context, nowMs, actions);
    return actions;
  }

  /** When `advance` has to be called even if nothing happens. */
  wakeAtMs(context: ShardContext): number {
    const marks = [Number.POSITIVE_INFINITY];
    if (this.reads.wanted && !this.isAsking && !context.halted) marks.push(this.reads.atMs);
    if (this.hook === 'retrying') marks.push(this.dropAtMs);
    if (this.stuck === undefined) marks.push(this.stuckAtMs(context));
    return Math.min(...marks);
  }

  /** Older than what is known already. */
  private isStale({own, revision}: ShardReading): boolean {
    return (own?.mod ?? revision) < this.mark;
  }

  private learn(reading: ShardReading, context: ShardContext): void {
    const own = reading.own;
    this.mark = Math.max(this.mark, own?.mod ?? 0);
    if (reading.spec !== undefined) this.spec = reading.spec;
    const mine = own !== undefined && own.value.incarnation === context.me.incarnation;
    if (!mine || own.value.state === 'free') this.known = NOTHING;
    else if (own.value.state !== 'assigned') this.adopt(own, context);
    else this.known = reading.spec === undefined ? NOTHING : {kind: 'offered', own};
  }

  private adopt(own: Versioned<OwnershipRecord>, context: ShardContext): void {
    const {known} = this;
    if (known.kind !== 'owned') this.token = tokenOf(own, context.epoch);
    this.known = known.kind === 'owned' ? {...known, own} : justOwned(own);
  }

  private committed(transition: Transition, {revision, spec}: Committed): void {
    const {known} = this;
    if (transition.readsSpec === true) this.spec = spec;
    this.mark = Math.max(this.mark, revision);
    if (transition.kind === 'free' || transition.record === null) {
      this.known = NOTHING;
      return;
    }
    const create = 'own' in known ? known.own.create : revision;
    const own = {value: transition.record, mod: revision, create};
    this.known = known.kind === 'owned' ? {...known, own} : justOwned(own);
  }

  private noteFailure(failure: string): void {
    if (this.known.kind === 'owned') this.known = {...this.known, failure};
  }

  private advanceHooks(context: ShardContext, nowMs: number, actions: ShardAction[]): void {
    const reason = this.stopReason(context);
    if (reason !== undefined && this.stopping === undefined && this.hook !== 'none') {
      this.stopping = reason;
      actions.push({type: 'abort', shard: this.shard, handle: this.handle, reason});
    }
    if (this.stopping === 'fenced' && this.owned === undefined) this.stopping = 'lost';
    if (this.owned === undefined && this.hook !== 'none') this.revoke(actions);
    if (this.mayCallDrop(nowMs)) {
      this.enter('dropping', nowMs);
      actions.push({
        type: 'drop',
        shard: this.shard,
        handle: this.handle,
        reason: this.stopping ?? 'failed',
      });
    }
    if (this.hook === 'settling' && this.work === 0) this.stopped(nowMs, actions);
    this.noticeStuck(context, nowMs, actions);
  }

  private mayCallDrop(nowMs: number): boolean {
    if (this.stopping === undefined) return false;
    if (this.hook === 'retrying') return nowMs >= this.dropAtMs;
    return this.hook === 'added' || this.hook === 'failed';
  }

  private stopped(nowMs: number, actions: ShardAction[]): void {
    this.enter('none', nowMs);
    this.stopping = undefined;
    this.dropAttempts = 0;
    this.revoke(actions);
  }

  /** The handle of the present `add` is worthless from now on, for good. */
  private revoke(actions: ShardAction[]): void {
    if (this.revokedHandle === this.handle) return;
    this.revokedHandle = this.handle;
    actions.push({type: 'revoke', shard: this.shard, handle: this.handle});
  }

  private stopReason(context: ShardContext): StopReason | undefined {
    if (this.owned === undefined) return 'lost';
    if (this.owned.value.state === 'dropping') return context.askedBack;
    if (context.releasing !== undefined) return context.releasing;
    if (this.hook === 'failed') return 'failed';
    return context.acting ? undefined : 'fenced';
  }

  private advanceRecord(context: ShardContext, nowMs: number, actions: ShardAction[]): void {
    const {known} = this;
    if (known.kind === 'hinted') {
      this.takeHinted(known.record, context, actions);
      return;
    }
    if (this.reads.wanted) {
      if (nowMs >= this.reads.atMs) this.read(actions);
      return;
    }
    if (known.kind === 'owned') this.advanceOwned(known, context, nowMs, actions);
    else if (known.kind === 'offered' && context.claiming && context.acting && this.quiet) {
      const version = this.spec?.taskVersion ?? 0;
      this.write(claim(this.shard, known.own, context.me, version, context.readyAtClaim), actions);
    }
  }

  /** Claims it unread where that may succeed; everything else begins with a read. */
  private takeHinted(
    hinted: OwnershipRecord,
    {me, claiming, acting, clusterMod, readyAtClaim}: ShardContext,
    actions: ShardAction[],
  ): void {
    this.known = NOTHING;
    const mine = hinted.state === 'assigned' && hinted.incarnation === me.incarnation;
    if (mine && claiming && acting && clusterMod !== undefined)
      this.write(claimHinted(this.shard, hinted, me, clusterMod, readyAtClaim), actions);
    else this.read(actions);
  }

  private advanceOwned(
    known: OwnedRecord,
    context: ShardContext,
    nowMs: number,
    actions: ShardAction[],
  ): void {
    const {own, failure} = known;
    if (mustFree(known, context)) {
      if (!this.quiet) return;
      this.known = {...known, freeing: true};
      const noted = failure === undefined ? undefined : {message: failure};
      this.write(free(this.shard, own, noted), actions);
      return;
    }
    if (!context.acting) return;
    if (this.quiet) this.callAdd(own, context, nowMs, actions);
    else if (this.serving && !own.value.ready)
      this.write(markReady(this.shard, own, context.me, context.epoch), actions);
  }

  private callAdd(
    own: Versioned<OwnershipRecord>,
    context: ShardContext,
    nowMs: number,
    actions: ShardAction[],
  ): void {
    if (this.spec === undefined) {
      // Removed before it was read with the record. A governor will ask for the drop, or the spec comes back.
      this.reads.want(nowMs + SPEC_RETRY_MS);
      return;
    }
    this.token = tokenOf(own, context.epoch);
    this.handle += 1;
    this.work = 0;
    this.enter('adding', nowMs);
    actions.push({
      type: 'add',
      shard: this.shard,
      handle: this.handle,
      token: this.token,
      spec: this.spec,
    });
  }

  private read(actions: ShardAction[]): void {
    this.reads.wanted = false;
    const op = this.nextOp();
    const ordered = this.question.kind === 'unresolved';
    this.question = {kind: 'reading', op, ordered};
    actions.push({type: 'read', shard: this.shard, op, ordered});
  }

  private write(transition: Transition, actions: ShardAction[]): void {
    if (transition.kind === 'claim') this.token = '';
    const op = this.nextOp();
    this.question = {kind: 'writing', op, transition};
    actions.push({type: 'write', shard: this.shard, op, transition});
  }

  /** A question to the store has no answer yet. */
  private get isAsking(): boolean {
    return this.question.kind === 'reading' || this.question.kind === 'writing';
  }

  private enter(hook: HookState, nowMs: number): void {
    this.hook = hook;
    this.hookSinceMs = nowMs;
    this.stuck = undefined;
  }

  private stuckAtMs(context: ShardContext): number {
    if (this.hook === 'adding') return this.hookSinceMs + context.addTimeoutMs;
    if (this.hook === 'dropping' || this.hook === 'settling')
      return this.hookSinceMs + context.dropTimeoutMs;
    return Number.POSITIVE_INFINITY;
  }

  private noticeStuck(context: ShardContext, nowMs: number, actions: ShardAction[]): void {
    if (this.stuck !== undefined || nowMs < this.stuckAtMs(context)) return;
    this.stuck = this.hook === 'adding' ? 'add' : 'drop';
    actions.push({type: 'stuck', shard: this.shard, hook: this.stuck});
  }
}
