/** Moves under way and how many more may start: what is planned is budgeted, recoveries and departures are not. */
import type {Heartbeat} from '../model/container.ts';
import {moveReasonOf} from '../model/move-reason.ts';
import type {MoveReason} from '../model/move-reason.ts';
import {waitFor} from '../model/move-wait.ts';
import type {MoveWait} from '../model/move-wait.ts';
import {movingLimit} from '../model/moving-limit.ts';
import type {OwnershipRecord, Versioned} from '../model/ownership.ts';
import {placementOf} from '../model/placement-policy.ts';
import type {MovingPolicy, PlacementPolicy} from '../model/placement-policy.ts';
import {OVERDUE_SHOWN} from '../model/limits.ts';
import {DEPARTURES_PER_APP, MINUTE_MS} from './limits.ts';

/**
 * `voluntary`: for balance alone. `planned`: an operator's word or a limit. `departure`: its container is leaving.
 * `ending`: the shard goes nowhere else. The first two share the app's `maxMoving`.
 */
export type MoveUrgency = 'voluntary' | 'planned' | 'departure' | 'ending';

type InFlightMove = {
  readonly from: string;
  readonly to: string;
  readonly urgency: MoveUrgency;
  /** Zones of both ends, as they were when it was counted; the empty one is none. */
  readonly zones: readonly string[];
  /** A hook of its shard has exceeded its time limit, for all that is known: nobody knows whether it ends. */
  readonly stuck: boolean;
  /** Its shard has not left yet. */
  readonly leaves: boolean;
};
type MoveEnds = Pick<InFlightMove, 'from' | 'to' | 'urgency' | 'leaves'>;

/** The shards of hooks that have outlasted their limits, and where they are. */
interface OverdueHooks {
  readonly container: string;
  readonly shards: ReadonlySet<string>;
  /** There may be others: a heartbeat names no more of them. */
  readonly isFull: boolean;
}

const NO_HOOKS: OverdueHooks = {container: '', shards: new Set(), isFull: false};

/** What says how many may move at once. */
interface LimitedApp {
  readonly spec:
    | {readonly value: {readonly maxMoving?: number; readonly placement?: PlacementPolicy}}
    | undefined;
  readonly shards: {readonly size: number};
}

export class InFlightMoves {
  private readonly app: LimitedApp;
  private readonly moves = new Map<string, InFlightMove>();
  /** Moves whose shards are about to be sent elsewhere: their ends count until that is written. */
  private readonly redirected = new Map<string, InFlightMove>();
  /** Shards that are to be dropped and added again on their container once the budget allows it. */
  private readonly restarts = new Set<string>();
  /** By incarnation, where hooks have outlasted their limits: who waits for the id of such a one says nothing of its hooks. */
  private readonly overdue = new Map<string, OverdueHooks>();
  private budgeted = 0;
  private departing = 0;
  private readonly ends = new Map<string, number>();
  private readonly arrivals = new Map<string, number>();
  /** Per container: moves whose shard has not left it yet. */
  private readonly leaving = new Map<string, number>();
  private readonly zoneEnds = new Map<string, number>();
  private readonly zoneOf: (container: string) => string;
  /** When planned moves were started within the last minute, ms, oldest first; kept only where their number is limited. */
  private starts: number[] = [];

  /** `zoneOf`: '' for none. Default: nobody has a zone. */
  constructor(app: LimitedApp, zoneOf: (container: string) => string = () => '') {
    this.app = app;
    this.zoneOf = zoneOf;
  }

  /** The same moves, for whoever counts on. */
  copy(): InFlightMoves {
    const copy = new InFlightMoves(this.app, this.zoneOf);
    for (const [incarnation, hooks] of this.overdue) copy.overdue.set(incarnation, hooks);
    for (const [shard, move] of this.moves) copy.keep(shard, move);
    for (const [shard, move] of this.redirected) copy.redirect(shard, move);
    copy.starts = [...this.starts];
    return copy;
  }

  /** Takes note of a record: its move is in flight, or not any more. */
  note(shard: string, record: OwnershipRecord | undefined): void {
    this.end(shard);
    const found = inFlightOf(record);
    if (found !== undefined) this.keep(shard, found);
  }

  /** The record is about to be written: a place that it needs counts at once, one that it gives up counts until the write has committed. */
  asked(shard: string, record: OwnershipRecord | null): void {
    const found = inFlightOf(record ?? undefined);
    const before = this.moves.get(shard);
    if (found === undefined) return;
    if (before !== undefined && isBudgeted(before.urgency) && !isBudgeted(found.urgency)) return;
    this.end(shard);
    this.keep(shard, found);
    if (before !== undefined && before.to !== found.to) this.redirect(shard, before);
  }

  /**
   * Takes note of an incarnation's heartbeat that has changed or, undefined, ended. Moves whose hooks are overdue leave their places in the budgets of app and zone to
   * moves elsewhere: otherwise as many as a budget allows would stop all others until somebody evicts their container. So do all others of a container whose heartbeat
   * has no room for the rest.
   */
  noteOverdue(
    incarnation: string,
    heartbeat: Pick<Heartbeat, 'container' | 'overdue'> | undefined,
  ): void {
    const before = this.overdue.get(incarnation) ?? NO_HOOKS;
    const {container = before.container, overdue = []} = heartbeat ?? {};
    const shards = new Set(overdue.map(({shard}) => shard));
    const isFull = shards.size >= OVERDUE_SHOWN;
    if (shards.size === 0) this.overdue.delete(incarnation);
    else this.overdue.set(incarnation, {container, shards, isFull});
    const changed = new Set([...before.shards, ...shards]);
    if (isFull !== before.isFull)
      for (const [shard, {from, to}] of this.moves)
        if (from === container || to === container) changed.add(shard);
    for (const shard of changed) {
      const move = this.moves.get(shard);
      if (move === undefined) continue;
      this.end(shard);
      this.keep(shard, move);
    }
  }

  /** Counts a move that has been asked for but is not in any record yet. */
  begin(shard: string, from: string, to: string, urgency: MoveUrgency, nowMs: number): void {
    this.end(shard);
    this.keep(shard, {from, to, urgency, leaves: true});
    if (isBudgeted(urgency) && this.moving.perMinute > 0) this.starts.push(nowMs);
  }

  /** So many planned moves have begun within the last minute, as somebody says who has seen them. */
  assumeStarted(count: number, nowMs: number): void {
    this.starts = Array.from({length: count}, () => nowMs);
  }

  /** The planned moves of the last minute, as their records say it: a governor that takes over has not seen them begin. */
  learnStarts(
    records: Iterable<readonly [string, Versioned<OwnershipRecord>]>,
    nowMs: number,
    wallMs: number,
  ): void {
    if (this.moving.perMinute === 0) return;
    const since = new Date(wallMs - MINUTE_MS).toISOString();
    for (const [, {value}] of records) {
      const {move} = value;
      if (move === null || move.from === '' || move.startedAt <= since) continue;
      const reason = moveReasonOf(move.why);
      if (reason.kind === 'lost' || !isBudgeted(urgencyOf(reason, move.to))) continue;
      // Clocks of daemons differ: what began later than now began now.
      this.starts.push(nowMs - Math.max(0, wallMs - Date.parse(move.startedAt)));
    }
    this.starts.sort((a, b) => a - b);
  }

  /** Does not count any more, whatever the record says: nothing lets go of the shard, and there is nowhere for it to go. */
  end(shard: string): void {
    const before = this.redirected.get(shard);
    if (before !== undefined) this.countEnds(before, -1);
    this.redirected.delete(shard);
    const move = this.moves.get(shard);
    if (move === undefined) return;
    this.moves.delete(shard);
    this.count(move, -1);
  }

  /** The budget that refuses a move to begin now; undefined: none does. */
  refusal(from: string, to: string, urgency: MoveUrgency, nowMs: number): MoveWait | undefined {
    if (urgency === 'ending') return undefined;
    if (urgency === 'departure') return full('departures', '', this.departing, DEPARTURES_PER_APP);
    const {moving, limit} = this;
    const ends = from === to ? [from] : [from, to];
    // Where hooks are overdue the next one may be, too: that container alone stops as many shards as the app may.
    const overdue = ends.filter((end) => this.isOverdue(end));
    const zones = moving.zone > 0 ? this.zonesOf(from, to) : [];
    return [
      full('maxMoving', '', this.budgeted, limit),
      ...overdue.map((end) => full('overdue', end, this.endsAt(end), limit)),
      moving.perMinute > 0
        ? full('moving.perMinute', '', this.startedLately(nowMs), moving.perMinute)
        : undefined,
      ...zones.map((zone) => full('moving.zone', zone, this.inZone(zone), moving.zone)),
      ...(urgency === 'voluntary' ? ends : []).map((end) =>
        full('moving.container', end, this.endsAt(end), moving.container),
      ),
    ].find((wait) => wait !== undefined);
  }

  /**
   * The shard has left, and its target has no room for it. Where no other shard is leaving that target, the move gives its place to one that makes room there: in a
   * ring of full containers each move waits for the next one, and as many as `maxMoving` would wait for good.
   */
  waitForCapacity(shard: string): void {
    const {to} = this.moves.get(shard) ?? {};
    if (to === undefined) return;
    if ((this.leaving.get(to) ?? 0) === 0) this.end(shard);
  }

  /** Begins the restart of a shard on its container; false: it waits for its turn. */
  restart(shard: string, container: string, nowMs: number): boolean {
    const allowed = this.refusal(container, container, 'planned', nowMs) === undefined;
    if (allowed) this.begin(shard, container, container, 'planned', nowMs);
    else this.restarts.add(shard);
    return allowed;
  }

  /** Shards whose restart may begin now; they do not wait any more. */
  takeRestarts(): string[] {
    const due: string[] = [];
    const {limit} = this;
    for (const shard of this.restarts) {
      if (this.budgeted + due.length >= limit) break;
      due.push(shard);
    }
    for (const shard of due) this.restarts.delete(shard);
    return due;
  }

  /** Moves under way to the container. */
  arrivingAt(container: string): number {
    return this.arrivals.get(container) ?? 0;
  }

  /** Containers from which a move is under way. */
  get givers(): Iterable<string> {
    return new Set([...this.moves.values()].map(({from}) => from));
  }

  /** Nothing is under way, and no restart waits for its turn. */
  get isAtRest(): boolean {
    return this.moves.size === 0 && !this.hasRestarts;
  }

  /** Restarts wait for their turn. */
  get hasRestarts(): boolean {
    return this.restarts.size > 0;
  }

  /** When the next move may begin that has to wait for those of the last minute, ms; Infinity when none has to. */
  wakeAtMs(nowMs: number): number {
    const {perMinute} = this.moving;
    if (perMinute === 0 || this.startedLately(nowMs) < perMinute) return Number.POSITIVE_INFINITY;
    return (this.starts[0] ?? nowMs) + MINUTE_MS;
  }

  get size(): number {
    return this.moves.size;
  }

  /** Most voluntary and planned moves at once. */
  private get limit(): number {
    return movingLimit(this.app.spec?.value.maxMoving, this.app.shards.size);
  }

  private get moving(): Required<MovingPolicy> {
    return placementOf(this.app.spec?.value).moving;
  }

  private startedLately(nowMs: number): number {
    while ((this.starts[0] ?? nowMs) <= nowMs - MINUTE_MS) this.starts.shift();
    return this.starts.length;
  }

  private zonesOf(from: string, to: string): string[] {
    const zones = new Set([this.zoneOf(from), this.zoneOf(to)]);
    return [...zones].filter((zone) => zone !== '');
  }

  private inZone(zone: string): number {
    return this.zoneEnds.get(zone) ?? 0;
  }

  /** Hooks of the container are overdue; `shard`: those of that one may be. */
  private isOverdue(container: string, shard?: string): boolean {
    for (const {container: at, shards, isFull} of this.overdue.values())
      if (at === container && (shard === undefined || isFull || shards.has(shard))) return true;
    return false;
  }

  private keep(shard: string, {from, to, urgency, leaves}: MoveEnds): void {
    const stuck = [from, to].some((end) => this.isOverdue(end, shard));
    const move = {from, to, urgency, zones: this.zonesOf(from, to), stuck, leaves};
    this.moves.set(shard, move);
    this.count(move, 1);
  }

  private redirect(shard: string, before: InFlightMove): void {
    this.redirected.set(shard, before);
    this.countEnds(before, 1);
  }

  private count(move: InFlightMove, by: number): void {
    const {urgency, stuck} = move;
    if (!stuck && urgency === 'departure') this.departing += by;
    if (!stuck && isBudgeted(urgency)) this.budgeted += by;
    this.countEnds(move, by);
  }

  private countEnds({from, to, zones, stuck, leaves}: InFlightMove, by: number): void {
    // Nothing arrives from a hook that may never end.
    if (!leaves || !stuck) add(this.arrivals, to, by);
    if (leaves) add(this.leaving, from, by);
    if (!stuck) for (const zone of zones) add(this.zoneEnds, zone, by);
    for (const end of [from, to]) add(this.ends, end, by);
  }

  /** Moves under way with one end at the container. */
  endsAt(container: string): number {
    return this.ends.get(container) ?? 0;
  }
}

function full(
  budget: MoveWait['budget'],
  of: string,
  used: number,
  limit: number,
): MoveWait | undefined {
  return used >= limit ? waitFor(budget, of, used, limit) : undefined;
}

function isBudgeted(urgency: MoveUrgency): boolean {
  return urgency === 'voluntary' || urgency === 'planned';
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const left = (counts.get(key) ?? 0) + by;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}

/** By what budget a move goes. `to` '': nowhere. */
export function urgencyOf({kind}: MoveReason, to: string): MoveUrgency {
  if (kind === 'balance' || kind === 'load') return 'voluntary';
  if (kind === 'leaving') return 'departure';
  return to === '' ? 'ending' : 'planned';
}

function inFlightOf(record: OwnershipRecord | undefined): MoveEnds | undefined {
  if (record === undefined || record.move === null || record.ready || record.failures > 0)
    return undefined;
  const {from, to, why} = record.move;
  const reason = moveReasonOf(why);
  if (from === '' || reason.kind === 'lost') return undefined;
  if (to === '' && record.state === 'free') return undefined;
  return {from, to, urgency: urgencyOf(reason, to), leaves: record.state === 'dropping'};
}
