/** The state of the network and the store: rates that hold for everybody, and cuts of single processes. Calm by default. */
import type {SimProcess} from './process.ts';
import type {Random} from './random.ts';
import type {World} from './world.ts';

/** What becomes of one call to the store. */
export interface StoreFate {
  /** The client fails at once, nothing was sent. */
  readonly refused: boolean;
  readonly lost: boolean;
  readonly thereMs: number;
  readonly answerLost: boolean;
  readonly backMs: number;
}

/** A message that nothing holds up takes so long, at most. */
const USUAL_TRAVEL_MS = 3;
/** Nothing happens to the call. */
export const CALM_FATE: StoreFate = {
  refused: false,
  lost: false,
  thereMs: 1,
  answerLost: false,
  backMs: 1,
};
const CALM_NOTICE_MS = 3_000;
const CALM_LAG_MS = 2;

/** What one member of etcd does: connections fail at once, stay open with no answer, or only answers get lost. */
export type EndpointFault = 'refuses' | 'swallows' | 'loses answers';

export type CutKind = 'requests' | 'answers' | 'both';

export interface Rates {
  /** Of calls: the request is lost, the answer is lost. */
  lost: number;
  answerLost: number;
  /** Of messages: late by up to `lateMs`. */
  late: number;
  lateMs: number;
  /** Of reads: old by up to `staleRevisions`. */
  stale: number;
  staleRevisions: number;
  watchLagMs: number;
  watchBreak: number;
  hintLost: number;
  hintTwice: number;
  /** Of hints that bring a record: it is another than the stored one. */
  hintLies: number;
  hintLateMs: number;
  /** Of looks at another's heartbeat: as old as may be. */
  staleLooks: number;
}

const CALM: Rates = {
  lost: 0,
  answerLost: 0,
  late: 0,
  lateMs: 0,
  stale: 0,
  staleRevisions: 0,
  watchLagMs: 5,
  watchBreak: 0,
  hintLost: 0,
  hintTwice: 0,
  hintLies: 0,
  hintLateMs: 5,
  staleLooks: 0,
};
const STALE_LOOK_REVISIONS = 1_000;
const LOOK = 'read hb';

export class Weather {
  rates: Rates = {...CALM};
  /** NOSPACE: writes fail, deletions and reads pass. */
  refusesWrites = false;
  /** The next read of the process misses so many changes of what it asks for. */
  readonly staleSteps = new Map<SimProcess, number>();
  /** Members of etcd that something is wrong with. */
  readonly endpoints = new Map<string, EndpointFault>();
  /** Processes whose watches stay open and lose what happens; true: progress is reported all the same. */
  readonly silentWatches = new Map<SimProcess, boolean>();
  /** When a watch lost something last. */
  missedAtMs = Number.NEGATIVE_INFINITY;
  private readonly world: World;
  private readonly random: Random;
  private readonly cuts = new Map<SimProcess, CutKind>();
  private readonly stalls = new Set<SimProcess>();
  private outage = false;
  /** No message is late beyond this moment. */
  private readonly endsMs: number;

  constructor(world: World, endsMs: number) {
    this.world = world;
    this.random = world.random.fork();
    this.endsMs = endsMs;
  }

  /** Everything is well from now on. */
  clear(): void {
    this.rates = {...CALM};
    this.refusesWrites = false;
    this.outage = false;
    this.cuts.clear();
    this.stalls.clear();
    this.silentWatches.clear();
    this.endpoints.clear();
  }

  setEndpoint(endpoint: string, fault: EndpointFault | undefined): void {
    if (fault === undefined) this.endpoints.delete(endpoint);
    else this.endpoints.set(endpoint, fault);
    this.world.note(`${endpoint} ${fault ?? 'is well'}`);
  }

  setOutage(on: boolean): void {
    this.outage = on;
    this.world.note(`store ${on ? 'away' : 'back'}`);
  }

  setNoSpace(on: boolean): void {
    this.refusesWrites = on;
    this.world.note(`store ${on ? 'takes no writes' : 'takes writes'}`);
  }

  cut(process: SimProcess, kind: CutKind | undefined): void {
    if (kind === undefined) this.cuts.delete(process);
    else {
      this.cuts.set(process, kind);
      process.touched = true;
    }
    this.world.note(`cut ${process.name} ${kind ?? 'healed'}`);
  }

  stallWatches(process: SimProcess, on: boolean): void {
    if (on) this.stalls.add(process);
    else this.stalls.delete(process);
    this.world.note(`watches of ${process.name} ${on ? 'stalled' : 'go on'}`);
  }

  /** What happens meanwhile is never told; what happens later is. */
  silenceWatches(process: SimProcess, reportsProgress: boolean | undefined): void {
    if (reportsProgress === undefined) this.silentWatches.delete(process);
    else this.silentWatches.set(process, reportsProgress);
    const now = {true: 'report progress only', false: 'say nothing'};
    const state = reportsProgress === undefined ? 'tell again' : now[`${reportsProgress}`];
    this.world.note(`watches of ${process.name} ${state}`);
  }

  requestsCut(process: SimProcess): boolean {
    const cut = this.cuts.get(process);
    return this.outage || cut === 'requests' || cut === 'both';
  }

  answersCut(process: SimProcess): boolean {
    const cut = this.cuts.get(process);
    return this.outage || cut === 'answers' || cut === 'both';
  }

  /** `what`: the name of the call. */
  storeFate(process: SimProcess, what: () => string): StoreFate {
    const {choices} = this.world;
    const fate = choices.value(
      () => `${process.label} ${what()}`,
      () => CALM_FATE,
      () => this.drawnFate(process),
    );
    const late = fate.thereMs + fate.backMs > 2 * USUAL_TRAVEL_MS;
    if (fate.lost || fate.answerLost || late) process.touched = true;
    return fate;
  }

  /** When a client notices that nothing comes back on a connection: pings find out within 7 s, or a reset at once. */
  brokenAfterMs(process: SimProcess, what: () => string): number {
    const calmInMs = Math.max(0, this.endsMs - this.world.nowMs);
    const patience = this.world.choices.value(
      () => `${process.label} ${what()} noticed after ms`,
      () => CALM_NOTICE_MS,
      () => this.random.between(500, 7_000),
    );
    return Math.min(patience, calmInMs + 1_000);
  }

  /** How many revisions back a read sees. */
  readBehind(process: SimProcess, what: () => string, revision: number): number {
    const behind = this.world.choices.value(
      () => `${process.label} ${what()} behind`,
      () => 0,
      () => this.drawnBehind(what),
    );
    return Math.min(revision - 1, behind);
  }

  watchLagMs(process: SimProcess): number {
    return this.world.choices.value(
      () => `${process.label} watch lag ms`,
      () => CALM_LAG_MS,
      () => this.random.between(0.2, this.rates.watchLagMs),
    );
  }

  watchStalled(process: SimProcess): boolean {
    return this.stalls.has(process) || this.answersCut(process);
  }

  watchBreaks(process: SimProcess): boolean {
    return this.world.choices.value(
      () => `${process.label} watch breaks`,
      () => false,
      () => this.rates.watchBreak > 0 && this.random.chance(this.rates.watchBreak),
    );
  }

  /** Delays of the copies of one hint that arrive. Hints go from process to process: a cut from the store is no matter. */
  hintDelays(what: () => string): readonly number[] {
    return this.world.choices.value<readonly number[]>(
      what,
      () => [CALM_LAG_MS],
      () => this.drawnHintDelays(),
    );
  }

  hintLies(what: () => string): boolean {
    return this.world.choices.value(
      () => `${what()} lies`,
      () => false,
      () => this.rates.hintLies > 0 && this.random.chance(this.rates.hintLies),
    );
  }

  private drawnFate(process: SimProcess): StoreFate {
    const {random, rates} = this;
    return {
      refused: this.requestsCut(process) && random.chance(0.5),
      lost: rates.lost > 0 && random.chance(rates.lost),
      thereMs: this.travelMs(),
      answerLost: rates.answerLost > 0 && random.chance(rates.answerLost),
      backMs: this.travelMs(),
    };
  }

  private drawnBehind(what: () => string): number {
    const {stale, staleRevisions, staleLooks} = this.rates;
    if (staleLooks > 0 && what() === LOOK && this.random.chance(staleLooks))
      return this.random.whole(1, STALE_LOOK_REVISIONS);
    if (stale === 0 || !this.random.chance(stale)) return 0;
    return this.random.whole(1, staleRevisions);
  }

  private drawnHintDelays(): number[] {
    const {hintLost, hintTwice, hintLateMs} = this.rates;
    const {random} = this;
    if (hintLost > 0 && random.chance(hintLost)) return [];
    const delays = [random.between(0.2, hintLateMs)];
    if (hintTwice > 0 && random.chance(hintTwice)) delays.push(random.between(0.2, 4 * hintLateMs));
    return delays;
  }

  private travelMs(): number {
    const {random, rates} = this;
    const usual = random.between(0.1, USUAL_TRAVEL_MS);
    if (rates.late === 0 || !random.chance(rates.late)) return usual;
    const most = Math.min(rates.lateMs, Math.max(0, this.endsMs - this.world.nowMs));
    return usual + random.next() * most;
  }
}
