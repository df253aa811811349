/**
 * What holds whatever happens, by the records as they are. Of a shard that is given to a container:
 * - nobody alive has it: the record was free, or nobody had claimed it, or the heartbeat of who had it is gone;
 * - a push container that says that it runs the shard gets it before anybody else does;
 * - the container has room: only a shard that restarts comes back to one that is above its limit;
 * - no other shard of its spread key is there, not even one that is still leaving;
 * - no operator's order is against it: only a shard that restarts comes back to a cordoned container.
 *
 * Of a planned move that begins, counted with it:
 * - no more than `maxMoving` are under way: from the drop until the shard is ready, but for the time in which no container has it, for then it may wait for room;
 * - no more than `perMinute` have begun within a minute, as far as records tell where another daemon has taken over since;
 * - for balance and load: the app is not paused, and no more than `moving.container` have an end at either container;
 * - for load: the shard has not moved within the cooldown;
 * - a container where no shard has become ready yet gets no second one.
 */
import {containerShare} from '../../../src/model/container-share.ts';
import {moveReasonOf} from '../../../src/model/move-reason.ts';
import type {MoveReason} from '../../../src/model/move-reason.ts';
import {movingLimit} from '../../../src/model/moving-limit.ts';
import type {MoveNote, OwnershipRecord} from '../../../src/model/ownership.ts';
import {placementOf} from '../../../src/model/placement-policy.ts';
import type {Transition} from '../../../src/model/transition.ts';
import type {GovernorBed} from '../governor-bed.ts';

const MINUTE_MS = 60_000;
/** They wait for no budget: a departure has limited time, and the others go nowhere. */
const UNBUDGETED: ReadonlySet<MoveReason['kind']> = new Set(['lost', 'leaving', 'removed']);

export class Invariants {
  private readonly bed: GovernorBed;
  /** Records as they were before the writes of this turn. */
  private readonly records = new Map<string, OwnershipRecord | undefined>();
  private readonly movedMs = new Map<string, number>();
  private starts: {readonly id: string; readonly atMs: number}[] = [];
  /** Incarnations where a shard has become ready. */
  private readonly served = new Set<string>();

  constructor(bed: GovernorBed) {
    this.bed = bed;
  }

  /** The shard is about to be written. */
  before(shard: string): void {
    this.records.set(shard, this.bed.own.get(shard)?.value);
  }

  /** A container says that a shard is ready. */
  isReady(incarnation: string): void {
    this.served.add(incarnation);
  }

  /** What began before is not held against the new limits. */
  limitsChanged(): void {
    this.starts = [];
    this.movedMs.clear();
  }

  /** Another daemon governs: it knows of no other starts than records tell. */
  tookOver(): void {
    const noted = new Set([...this.bed.own].map(([, {value}]) => value.move?.id));
    this.starts = this.starts.filter(({id}) => noted.has(id));
  }

  /** The invariant that the write breaks; undefined: none. `later`: shards that are written after it in the same turn, which is over. */
  broken({shard, record}: Transition, later: ReadonlySet<string>): string | undefined {
    if (record?.state === 'assigned') return this.brokenByGift(shard, record);
    if (record?.state === 'dropping' && record.move !== null)
      return this.brokenByStart(shard, record.move, later);
    return undefined;
  }

  private brokenByGift(shard: string, record: OwnershipRecord): string | undefined {
    const {view} = this.bed.governor;
    const {container, incarnation, move} = record;
    const text = `${shard} to ${incarnation}`;
    const had = this.records.get(shard);
    const isHeld = had?.state === 'owned' || had?.state === 'dropping';
    if (isHeld && view.heartbeats.has(had.incarnation)) return `${text}: ${had.incarnation} has it`;
    const running = had && isHeld ? view.sessionThatRuns(had.container, shard) : undefined;
    if (running !== undefined && running !== incarnation) return `${text}: ${running} runs it`;
    if (running === incarnation) return undefined;
    const restarts = move?.from === container && move.to === container;
    const there = view.shardsOf(incarnation);
    if (!restarts && there.size > this.limitOf(container, incarnation))
      return `${text}, which is full: ${there.size} of ${this.limitOf(container, incarnation)}`;
    const key = view.shards.get(shard)?.value.spreadKey ?? '';
    for (const other of there)
      if (key !== '' && other !== shard && view.shards.get(other)?.value.spreadKey === key)
        return `${text}, where ${other} of its key is`;
    const order = view.orders.get(container)?.value.order;
    const isOpen = order === undefined || (order === 'cordon' && restarts);
    return isOpen ? undefined : `${text}, which has the order ${order}`;
  }

  private limitOf(container: string, incarnation: string): number {
    const {view} = this.bed.governor;
    const registered = view.heartbeats.get(incarnation)?.value;
    const {capacity} = containerShare(registered, view.overrides.get(container)?.value);
    const limits = [capacity, view.spec?.value.maxShardCount ?? 0];
    return Math.min(...limits.filter((limit) => limit > 0));
  }

  private brokenByStart(
    shard: string,
    move: MoveNote,
    later: ReadonlySet<string>,
  ): string | undefined {
    const {kind} = moveReasonOf(move.why);
    if (UNBUDGETED.has(kind) || move.to === '') return undefined;
    return (
      this.overBudget(move, later) ??
      this.tooMany(move) ??
      this.brokenByChoice(shard, move) ??
      this.secondAt(move, later)
    );
  }

  private overBudget({from, to, why}: MoveNote, later: ReadonlySet<string>): string | undefined {
    const spec = this.bed.governor.view.spec?.value;
    const underWay = [...this.planned(later)];
    const limit = movingLimit(spec?.maxMoving, this.bed.governor.view.shards.size);
    if (underWay.length > limit) return `${underWay.length} moves under way of ${limit}`;
    if (!isChoice(why)) return undefined;
    const most = placementOf(spec).moving.container;
    for (const end of [from, to]) {
      const ends = underWay.filter((one) => one.from === end || one.to === end);
      if (ends.length > most) return `${ends.length} moves at ${end} of ${most}`;
    }
    return undefined;
  }

  /** Notes of the planned moves under way, but for those whose hooks do not end, and for those that have begun later in this turn. */
  private *planned(later: ReadonlySet<string>): Generator<MoveNote> {
    const {view} = this.bed.governor;
    for (const [shard, {value}] of this.bed.own) {
      const {move, state, ready, failures} = value;
      if (move === null || ready || failures > 0 || move.from === '' || move.to === '') continue;
      if (UNBUDGETED.has(moveReasonOf(move.why).kind) || state === 'free') continue;
      if (later.has(shard) && this.records.get(shard)?.move?.id !== move.id) continue;
      const {overdue = []} = view.heartbeats.get(value.incarnation)?.value ?? {};
      if (overdue.some((hook) => hook.shard === shard)) continue;
      if (view.hasLivingOwner(shard)) yield move;
    }
  }

  private tooMany({id}: MoveNote): string | undefined {
    const {nowMs} = this.bed;
    const {perMinute} = placementOf(this.bed.governor.view.spec?.value).moving;
    const lately = this.starts.filter(({atMs}) => atMs > nowMs - MINUTE_MS);
    this.starts = [...lately, {id, atMs: nowMs}];
    const {length} = this.starts;
    return perMinute > 0 && length > perMinute ? `${length} moves in a minute` : undefined;
  }

  private brokenByChoice(shard: string, {id, why}: MoveNote): string | undefined {
    const {nowMs, own, governor} = this.bed;
    const spec = governor.view.spec?.value;
    const lastMs = this.movedMs.get(shard) ?? Number.NEGATIVE_INFINITY;
    // A write that was refused has moved nothing.
    if (own.get(shard)?.value.move?.id === id) this.movedMs.set(shard, nowMs);
    if (!isChoice(why)) return undefined;
    if (spec?.paused === true) return `${shard} moves for ${why} though the app is paused`;
    const {cooldown} = placementOf(spec);
    if (moveReasonOf(why).kind === 'load' && lastMs > nowMs - 1_000 * cooldown)
      return `${shard} moves for load ${nowMs - lastMs} ms after its last move`;
    return undefined;
  }

  /** A container that has served nothing yet gets a second one. */
  private secondAt({from, to}: MoveNote, later: ReadonlySet<string>): string | undefined {
    if (from === to) return undefined;
    const {incarnation = ''} = this.bed.governor.view.ids.get(to) ?? {};
    if (this.served.has(incarnation)) return undefined;
    const arriving = [...this.planned(later)].filter((one) => one.to === to);
    return arriving.length > 1 ? `${arriving.length} moves to ${to}, which is new` : undefined;
  }
}

function isChoice(why: string): boolean {
  const {kind} = moveReasonOf(why);
  return kind === 'balance' || kind === 'load';
}
