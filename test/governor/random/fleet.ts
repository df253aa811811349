/**
 * A governor with random containers, loads, policies and orders, from a seed: first so many random events, then nothing more happens. Whatever the
 * governor decides is checked against the records as they are, not against what the governor counts. Its wakes are all that wakes it.
 */
import type {Transition} from '../../../src/model/transition.ts';
import {seeded} from '../../planner/instances.ts';
import {GovernorBed} from '../governor-bed.ts';
import type {Fate} from '../governor-bed.ts';
import {Deployers} from './deployers.ts';
import {randomEvent, randomPolicy, randomShard} from './events.ts';
import {Invariants} from './invariants.ts';
import {Processes} from './processes.ts';
import type {Draw} from './processes.ts';
import {storedKeys} from './stored.ts';
import {unrest} from './unrest.ts';

const LOG_SHOWN = 40;
/** Longer than every back-off, cooldown and budget of a minute can keep a shard from where it belongs. */
const CALM_MS = 30 * 60_000;
/** Longer than a plan takes here, and the summary that says what came of it. */
const PLAN_MS = 10_000;
const STILL_MS = 15 * 60_000;
/** More turns in a row than any work takes that is done part by part. */
const RESTLESS_TURNS = 300;
/** Longer than a call takes that nobody answers. */
const UNANSWERED_MS = 5_000;

export interface RandomFleetOptions {
  readonly seed: number;
  /** Random events. */
  readonly events: number;
}

export class RandomFleet {
  readonly bed: GovernorBed;
  readonly processes: Processes;
  readonly next: Draw;
  readonly invariants: Invariants;
  readonly deployers: Deployers;
  private readonly events: number;
  private readonly log: string[] = [];
  private readonly due: {readonly atMs: number; readonly run: () => void}[] = [];
  private writes = 0;
  private isNews = true;
  private isAsked = false;
  /** Turns in a row that the governor wanted at once, though there was no news. */
  private restless = 0;

  constructor({seed, events}: RandomFleetOptions) {
    const next = seeded(seed);
    this.next = next;
    this.bed = new GovernorBed([], {
      maxRecoveryTime: [0, 10, 30][next(3)] ?? 0,
      maxShardCount: next(3) === 0 ? 2 + next(6) : 0,
      maxMoving: next(2) === 0 ? 1 + next(4) : 0,
      plansBeside: seed % 2 === 0,
    });
    this.bed.answersAtOnce = seed % 4 !== 0;
    this.invariants = new Invariants(this.bed);
    this.deployers = new Deployers(this.bed, next);
    this.processes = new Processes(this.bed, next, (one) => this.invariants.isReady(one));
    this.bed.respec({placement: randomPolicy(next)});
    for (let shards = 2 + next(14), at = 0; at < shards; at += 1) randomShard(this, `s${at}`);
    for (let containers = 2 + next(4), at = 0; at < containers; at += 1) this.join(`c${at}`);
    this.events = events;
  }

  /** The events, then the rest. @throws Error when an invariant is broken, or something is not as it should be at rest. */
  play(): void {
    const {next} = this;
    for (let at = 0; at < this.events; at += 1) {
      this.pass(next(4) === 0 ? next(60_000) : next(4_000));
      this.isNews = true;
      randomEvent(this);
    }
    this.rest();
  }

  /** Nothing more happens but what the governor does, for long. */
  private rest(): void {
    this.say('calm');
    this.processes.isCalm = true;
    this.processes.unstick(() => false);
    if (this.processes.ready.length === 0) this.join('c0');
    this.isNews = true;
    this.pass(CALM_MS);
    if (this.bed.governor.view.spec?.value.paused === true) this.fail('the pause has not ended');
    const wrong = this.restWithin(PLAN_MS);
    if (wrong !== '') this.fail(`at rest: ${wrong}`);
    const {length} = this.bed.writes;
    this.pass(STILL_MS);
    if (this.bed.writes.length > length)
      this.fail(`${this.bed.writes.length - length} writes though nothing has happened`);
  }

  /** What is not at rest, once it is or the time is over: a plan that finds nothing to do for load may be under way just now. */
  private restWithin(limitMs: number): string {
    const untilMs = this.bed.nowMs + limitMs;
    let wrong = unrest(this.bed);
    while (wrong !== '' && this.bed.nowMs < untilMs) {
      this.pass(100);
      wrong = unrest(this.bed);
    }
    return wrong;
  }

  say(text: string): void {
    this.log.push(`${this.bed.nowMs} ${text}`);
  }

  join(container: string): void {
    const one = this.processes.join(container, this.next(5) === 0);
    if (one !== undefined) this.say(`join ${one.incarnation} ${JSON.stringify(one.registered)}`);
  }

  later(waitMs: number, run: () => void): void {
    this.due.push({atMs: this.bed.nowMs + waitMs, run});
  }

  /** Another daemon governs: writes under way have landed or not, and nobody remembers what is in no record. */
  takeOver(): void {
    const {bed, processes} = this;
    this.isAsked = false;
    bed.takeOver([...storedKeys(bed)]);
    for (const one of processes.all.values()) processes.saySession(one);
    this.invariants.tookOver();
  }

  /** Time goes on by so many ms. */
  private pass(durationMs: number): void {
    const untilMs = this.bed.nowMs + durationMs;
    while (this.bed.nowMs < untilMs) this.step(untilMs);
  }

  private step(untilMs: number): void {
    const {bed, processes} = this;
    const wakeAtMs = bed.governor.wakeAtMs(bed.nowMs);
    const nextMs = Math.min(
      ...[untilMs, this.isNews ? bed.nowMs + 1 : wakeAtMs, processes.nextMs],
      ...this.due.map(({atMs}) => atMs),
    );
    const isDue = this.isNews || wakeAtMs <= nextMs;
    this.restless = !this.isNews && wakeAtMs <= bed.nowMs ? this.restless + 1 : 0;
    if (this.restless > RESTLESS_TURNS) this.fail('it wants a turn at once, again and again');
    bed.nowMs = Math.max(bed.nowMs + 1, nextMs);
    this.isNews = false;
    if (processes.live()) this.isNews = true;
    this.runDue();
    bed.governor.probeCommitted(bed.nowMs);
    if (isDue || this.isNews) this.turn();
  }

  private runDue(): void {
    const {nowMs} = this.bed;
    for (const one of this.due.filter(({atMs}) => atMs <= nowMs)) {
      this.due.splice(this.due.indexOf(one), 1);
      one.run();
      this.isNews = true;
    }
  }

  private turn(): void {
    const {bed, processes} = this;
    this.isNews = false;
    const unknown = new Set<string>();
    bed.turn(0, (shard) => this.fateOf(shard, unknown), false);
    const later = new Set(bed.writes.slice(this.writes).map(({transition}) => transition.shard));
    for (const {transition} of bed.writes.slice(this.writes)) {
      this.say(textOf(transition));
      later.delete(transition.shard);
      const broken = this.invariants.broken(transition, later);
      if (broken !== undefined) this.fail(broken);
      if (unknown.delete(transition.shard)) this.learn(transition);
      this.isNews = true;
    }
    this.writes = bed.writes.length;
    this.evict();
    bed.rereads.length = 0;
    this.answerCalls();
    this.answerPlan();
    processes.react((waitMs, run) => this.later(waitMs, run));
  }

  private fateOf(shard: string, unknown: Set<string>): Fate {
    const {next} = this;
    this.invariants.before(shard);
    if (this.processes.isCalm || next(12) > 0) return 'commits';
    if (next(2) === 0) return 'refused';
    unknown.add(shard);
    return 'unknown';
  }

  /** Nobody knows at first whether the write has landed. */
  private learn({shard, record}: Transition): void {
    const {bed, next} = this;
    const before = bed.own.get(shard)?.mod;
    const {governor} = bed;
    this.later(1 + next(3_000), () => {
      const known = bed.own.get(shard);
      const lands = next(2) === 0 && known?.mod === before && record !== null;
      if (lands) bed.record(shard, record);
      const entry = bed.own.get(shard);
      const change = {kind: 'own', mod: entry?.mod ?? bed.next(), shard, entry} as const;
      governor.reread(shard, change, bed.nowMs);
    });
  }

  private evict(): void {
    for (const {incarnation} of this.bed.evictions.splice(0)) {
      const one = this.processes.all.get(incarnation);
      this.say(`evict ${incarnation}`);
      if (one !== undefined) this.processes.remove(one);
      this.isNews = true;
    }
  }

  /** Who is called and does not answer may be gone by the time that the call ends. */
  private answerCalls(): void {
    const {bed, processes, next} = this;
    for (const [container] of bed.calls.splice(0)) {
      const called = processes.ready.filter((one) => one.container === container && !one.isDeaf);
      for (const {incarnation} of called) bed.governor.contacted(incarnation, undefined, bed.nowMs);
      const incarnation = bed.governor.view.ids.get(container)?.incarnation;
      if (called.length > 0 || incarnation === undefined) continue;
      const end = (): void => bed.governor.contacted(incarnation, 'no answer', bed.nowMs);
      this.later(next(UNANSWERED_MS), end);
    }
  }

  private answerPlan(): void {
    const {bed, next} = this;
    if (this.isAsked || bed.questions.length === 0) return;
    this.isAsked = true;
    this.later(1 + next(2_000), () => {
      if (bed.questions.length > 0) bed.answerPlan();
      this.isAsked = false;
    });
  }

  private fail(text: string): never {
    throw new Error(`${text}\n${this.log.slice(-LOG_SHOWN).join('\n')}`);
  }
}

function textOf({shard, record}: Transition): string {
  if (record === null) return `${shard} forgotten`;
  const {state, incarnation, move} = record;
  return `${shard} ${state} ${incarnation} ${move?.from ?? ''}->${move?.to ?? ''} ${move?.why ?? ''}`;
}
