/**
 * What is sent to a push container and what is believed of it (push-containers.md). It speaks by two channels: HTTP answers and
 * heartbeats that list its shards. An add is believed when a heartbeat lists the shard as running, a drop when the call was
 * accepted and later heartbeats do not list it. Passive: the gateway makes the calls and writes the records.
 */
import {backOff} from '../model/back-off.ts';
import type {AlarmCode, RaisedAlarm} from '../model/alarm.ts';
import type {AddFailure, Known, Target} from './transitions.ts';
import {
  BEATS_KEPT,
  BEATS_TO_BELIEVE,
  BEATS_TO_MISS,
  BEAT_LIMIT_MS,
  EVER_LISTED_LIMIT,
  FIRST_ANSWER_MS,
  IGNORED_DROP_MS,
  PUSH_REPEAT_MS,
  PUSH_RETRY_MAX_MS,
  PUSH_RETRY_MIN_MS,
  SLOW_ADD_MS,
  STRAY_SHOWN_MS,
  UNANSWERED_ADDS_TO_CLOSE,
  UNREACHABLE_MS,
} from './limits.ts';

/** One shard in a heartbeat. */
export interface ListedShard {
  /** The application runs it. */
  readonly disp: boolean;
  /** It is on its way out. */
  readonly drop: boolean;
  /** Guard lease that it runs under, decimal digits; '' where it names none. Default ''. */
  readonly leaseId?: string;
}

export type PushStep =
  | {readonly step: 'claim'}
  | {readonly step: 'ready'}
  | {readonly step: 'free'; readonly failure: AddFailure | undefined}
  | {readonly step: 'call'; readonly op: 'add' | 'drop'}
  | {readonly step: 'wait'};

/** How a call ended. `accepted`: `revision` = a revision of the store read after the answer had come. */
export type CallResult =
  | {readonly kind: 'accepted'; readonly revision: number}
  | {readonly kind: 'refused'; readonly message: string}
  | {readonly kind: 'unreachable'; readonly message: string}
  /** Nothing reached the container, through no fault of its own. */
  | {readonly kind: 'unsent'};

interface Call {
  readonly op: 'add' | 'drop';
  /** Mod of the record it was made for; 0 when there is none. */
  readonly mod: number;
  inFlight: boolean;
  attempts: number;
  nextAtMs: number;
  /** When it was made first. */
  readonly firstMs: number;
  /** Revision at which it was accepted. */
  acceptedAt: number | undefined;
  acceptedMs: number;
  /** How the first call that was not answered failed; '' where all were. */
  failure: string;
}

const WAIT: PushStep = {step: 'wait'};

export class PushSession {
  readonly me: Target;
  private listing: ReadonlyMap<string, ListedShard> = new Map();
  private beats: number[] = [];
  private beatAtMs: number;
  /** Its newest heartbeat cannot be read: what it runs now is not known. */
  private unreadable = false;
  private readonly everListed = new Set<string>();
  private readonly calls = new Map<string, Call>();
  private readonly failures = new Map<string, {readonly mod: number; readonly message: string}>();
  /** Since when no call is answered, and how the first of them failed. */
  private unreachable: {readonly sinceMs: number; readonly cause: string} | undefined;
  private stray: {readonly shard: string; readonly atMs: number} | undefined;
  /** It has answered an add, or lists a shard. */
  private hasShown = false;
  /** Adds that got no answer since one got an answer last, with the cause. An answered probe says only that somebody listens. */
  private readonly unansweredAdds = new Map<string, string>();

  constructor(me: Target, nowMs: number) {
    this.me = me;
    this.beatAtMs = nowMs;
  }

  /** Shards of the newest heartbeat. */
  get listed(): Iterable<string> {
    return this.listing.keys();
  }

  get listedCount(): number {
    return this.listing.size;
  }

  /** Of them: those that run or are about to. */
  get running(): ReadonlySet<string> {
    const running = new Set<string>();
    for (const [shard, {drop}] of this.listing) if (!drop) running.add(shard);
    return running;
  }

  /** Guard lease that the newest heartbeat gives for each shard, '' where it gives none. */
  *leases(): Generator<readonly [shard: string, lease: string]> {
    for (const [shard, {leaseId = ''}] of this.listing) yield [shard, leaseId];
  }

  /** Shards that a call is remembered of. */
  get asked(): Iterable<string> {
    return this.calls.keys();
  }

  /** Whether heartbeats keep coming. */
  beating(nowMs: number): boolean {
    return nowMs - this.beatAtMs <= BEAT_LIMIT_MS;
  }

  /** The last call that could show it did not reach the container. */
  get isUnreachable(): boolean {
    return this.unreachable !== undefined;
  }

  /** Why nothing new may go there though it beats, and may answer probes; undefined: nothing is known against it. */
  get addProblem(): string | undefined {
    const [first] = this.unansweredAdds;
    if (first === undefined || this.unansweredAdds.size < UNANSWERED_ADDS_TO_CLOSE)
      return undefined;
    return `does not answer to adds, of shard ${first[0]} first: ${first[1]}`;
  }

  /** Adds have an effect there: it has answered one, or has listed a shard. */
  get takesAdds(): boolean {
    return this.hasShown;
  }

  /** As `addProblem`, of one that has answered no add since it came: it need not leave two of them without an answer for that. */
  firstAddProblem(nowMs: number): string | undefined {
    if (this.hasShown) return undefined;
    for (const [shard, {op, firstMs}] of this.calls)
      if (op === 'add' && nowMs - firstMs >= FIRST_ANSWER_MS)
        return `has not answered to its first add yet, of shard ${shard}`;
    return undefined;
  }

  /** Something answers there. */
  reached(): void {
    this.unreachable = undefined;
  }

  /** A heartbeat was seen, written at `mod`. `shards` undefined: it cannot be read; it shows life and nothing else. */
  heard(mod: number, shards: ReadonlyMap<string, ListedShard> | undefined, nowMs: number): void {
    this.beatAtMs = nowMs;
    this.unreadable = shards === undefined;
    if (shards === undefined || mod <= this.newest) return;
    this.beats = [...this.beats, mod].slice(-BEATS_KEPT);
    this.listing = shards;
    this.hasShown ||= shards.size > 0;
    // Whoever lists ever new names must not fill our memory; a drop is believed one heartbeat later where a name was forgotten.
    if (this.everListed.size > EVER_LISTED_LIMIT) this.everListed.clear();
    for (const shard of shards.keys()) this.everListed.add(shard);
    // The call has come, whether it is answered or not.
    for (const shard of this.unansweredAdds.keys())
      if (shards.has(shard)) this.unansweredAdds.delete(shard);
  }

  /** What is to be done about a shard that is recorded as this session's or listed by it. */
  step(shard: string, known: Known, nowMs: number): PushStep {
    const mine = known?.value.incarnation === this.me.incarnation && known.value.state !== 'free';
    if (!mine) return this.strayStep(shard, known, nowMs);
    if (known.value.state === 'assigned') return this.claimStep(shard);
    if (known.value.state === 'dropping') return this.letGo(shard, known.mod, undefined, nowMs);
    const failure = this.failures.get(shard);
    if (failure?.mod === known.mod)
      return this.letGo(shard, known.mod, {message: failure.message}, nowMs);
    return this.ownedStep(shard, known, nowMs);
  }

  /** The call of a step has been sent. `mod`: of the record it is made for, 0 without. */
  called(shard: string, op: 'add' | 'drop', mod: number, nowMs: number): void {
    const before = this.callFor(shard, op, mod);
    this.calls.set(shard, {
      op,
      mod,
      inFlight: true,
      attempts: (before?.attempts ?? 0) + 1,
      nextAtMs: Number.POSITIVE_INFINITY,
      firstMs: before?.firstMs ?? nowMs,
      acceptedAt: before?.acceptedAt,
      acceptedMs: before?.acceptedMs ?? 0,
      failure: before?.failure ?? '',
    });
  }

  answered(shard: string, result: CallResult, nowMs: number): void {
    if (result.kind === 'unreachable') this.unreachable ??= {sinceMs: nowMs, cause: result.message};
    else if (result.kind !== 'unsent') this.unreachable = undefined;
    const call = this.calls.get(shard);
    if (call === undefined) return;
    if (call.op === 'add') this.addAnswered(shard, result);
    call.inFlight = false;
    call.nextAtMs = nowMs + backOff(call.attempts, PUSH_RETRY_MIN_MS, PUSH_RETRY_MAX_MS);
    if (result.kind === 'unreachable' && call.failure === '') call.failure = result.message;
    if (result.kind === 'accepted') {
      if (call.acceptedAt === undefined) call.acceptedMs = nowMs;
      call.acceptedAt = result.revision;
      call.nextAtMs = nowMs + PUSH_REPEAT_MS;
    } else if (result.kind === 'refused' && call.op === 'add') {
      this.failures.set(shard, {mod: call.mod, message: result.message});
      this.calls.delete(shard);
    }
  }

  /** The record was freed: whatever comes next for this shard is new. */
  freed(shard: string): void {
    this.calls.delete(shard);
    this.failures.delete(shard);
    this.everListed.delete(shard);
    this.unansweredAdds.delete(shard);
  }

  /** What an operator has to know, while it lasts. */
  alarms(nowMs: number): RaisedAlarm[] {
    const {container} = this.me;
    const alarms: RaisedAlarm[] = [];
    const raise = (code: AlarmCode, text: string): void =>
      void alarms.push({code, text: `push container ${container} ${text}`});
    if (!this.beating(nowMs)) raise('PUSH_STALE', 'has a session but sends no heartbeats');
    const {unreachable} = this;
    const isDeaf = unreachable !== undefined && nowMs - unreachable.sinceMs >= UNREACHABLE_MS;
    if (isDeaf)
      raise(
        'PUSH_UNREACHABLE',
        `sends heartbeats but does not answer by HTTP: ${unreachable.cause}`,
      );
    if (this.stray !== undefined && nowMs - this.stray.atMs < STRAY_SHOWN_MS)
      raise('PUSH_STRAY', `lists shard ${this.stray.shard}, which is recorded elsewhere`);
    const ignored = this.ignoredDrop(nowMs);
    if (ignored !== undefined) raise('PUSH_DROP_IGNORED', ignored);
    const slow = this.slowAdd(nowMs, isDeaf);
    if (slow !== undefined) raise('PUSH_ADD_SLOW', slow);
    return alarms;
  }

  private addAnswered(shard: string, result: CallResult): void {
    if (result.kind === 'unsent') return;
    if (result.kind !== 'unreachable') {
      this.unansweredAdds.clear();
      this.hasShown = true;
    } else if (!this.listing.has(shard)) this.unansweredAdds.set(shard, result.message);
  }

  private get newest(): number {
    return this.beats.at(-1) ?? 0;
  }

  private beatsAfter(revision: number): number {
    return this.beats.filter((mod) => mod > revision).length;
  }

  /**
   * A shard that still goes out, or whose call is under way, must not be claimed: the origin ignores an add meanwhile. Nor one that could not be
   * added now.
   */
  private claimStep(shard: string): PushStep {
    if (this.unreadable || this.addProblem !== undefined) return WAIT;
    const busy = this.calls.get(shard)?.inFlight === true || this.listing.get(shard)?.drop === true;
    return busy ? WAIT : {step: 'claim'};
  }

  private ownedStep(shard: string, known: NonNullable<Known>, nowMs: number): PushStep {
    const listed = this.listing.get(shard);
    const {ready} = known.value;
    if (listed?.disp === true && !listed.drop && this.newest > known.mod) {
      // One that is still under way may reach the container after a drop: it is remembered until it is answered.
      if (this.calls.get(shard)?.inFlight !== true) this.calls.delete(shard);
      return ready ? WAIT : {step: 'ready'};
    }
    // The Go project's containers add a shard again that they run already: whether it still does, the next heartbeat says.
    if (listed !== undefined || this.unreadable) return WAIT;
    if (ready && this.beatsAfter(known.mod) < BEATS_TO_MISS) return WAIT;
    const acceptedAt = this.callFor(shard, 'add', known.mod)?.acceptedAt;
    if (acceptedAt !== undefined && this.beatsAfter(acceptedAt) < BEATS_TO_MISS) return WAIT;
    return this.callStep(shard, 'add', known.mod, nowMs);
  }

  private letGo(
    shard: string,
    mod: number,
    failure: AddFailure | undefined,
    nowMs: number,
  ): PushStep {
    if (this.calls.get(shard)?.inFlight === true) return WAIT;
    const acceptedAt = this.callFor(shard, 'drop', mod)?.acceptedAt;
    if (acceptedAt === undefined || this.listing.has(shard))
      return this.callStep(shard, 'drop', mod, nowMs);
    const needed = this.everListed.has(shard) ? 1 : BEATS_TO_BELIEVE;
    return this.beatsAfter(acceptedAt) >= needed ? {step: 'free', failure} : WAIT;
  }

  /** Only a heartbeat newer than the record proves anything; my predecessor's shards come to me in a moment. */
  private strayStep(shard: string, known: Known, nowMs: number): PushStep {
    const mod = known?.mod ?? 0;
    if (!this.listing.has(shard)) {
      if (this.calls.get(shard)?.inFlight === false) this.freed(shard);
      return WAIT;
    }
    const predecessor =
      known?.value.container === this.me.container && known.value.state !== 'free';
    if (predecessor || this.newest <= mod) return WAIT;
    this.stray = {shard, atMs: nowMs};
    return this.callStep(shard, 'drop', mod, nowMs);
  }

  private callStep(shard: string, op: 'add' | 'drop', mod: number, nowMs: number): PushStep {
    if (this.calls.get(shard)?.inFlight === true) return WAIT;
    const call = this.callFor(shard, op, mod);
    return call === undefined || nowMs >= call.nextAtMs ? {step: 'call', op} : WAIT;
  }

  private callFor(shard: string, op: 'add' | 'drop', mod: number): Call | undefined {
    const call = this.calls.get(shard);
    return call?.op === op && call.mod === mod ? call : undefined;
  }

  /** Accepted or not: a container that hangs does not answer at all. */
  private ignoredDrop(nowMs: number): string | undefined {
    for (const [shard, {op, firstMs, acceptedAt}] of this.calls) {
      if (op !== 'drop' || !this.listing.has(shard) || nowMs - firstMs < IGNORED_DROP_MS) continue;
      return acceptedAt === undefined
        ? `does not answer to the drop of shard ${shard}, which it still lists`
        : `accepted the drop of shard ${shard} but still lists it`;
    }
    return undefined;
  }

  /** Accepted or not, as for drops; a container that answers nothing at all has another alarm. */
  private slowAdd(nowMs: number, isDeaf: boolean): string | undefined {
    for (const [shard, {op, firstMs, acceptedAt, acceptedMs, failure}] of this.calls) {
      if (op !== 'add') continue;
      const sinceMs = acceptedAt === undefined ? firstMs : acceptedMs;
      if (nowMs - sinceMs < SLOW_ADD_MS) continue;
      if (acceptedAt !== undefined) return `accepted shard ${shard} but does not run it`;
      if (failure !== '' && !isDeaf)
        return `does not answer to the add of shard ${shard}, and does not run it: ${failure}`;
    }
    return undefined;
  }
}
