/** The last plan by shard, and when to make the next one. */
import {NO_ROW} from '../appstate/shard-rows.ts';
import type {ShardRows} from '../appstate/shard-rows.ts';
import {joinedInts} from '../model/columns.ts';
import type {PlacementSnapshot, Plan} from '../model/placement.ts';
import {PER_SHORTAGE, REASONS, UNPLANNED, containersNow, rowPlan} from '../planner/row-plan.ts';
import type {RowPlan} from '../planner/row-plan.ts';
import type {LivingContainer} from './containers.ts';
import type {LargePlan} from './large-plans.ts';
import {MoveQueue} from './move-queue.ts';
import {PlanReasons} from './plan-reasons.ts';
import type {NewlyFor} from './plan-reasons.ts';
import type {Destination} from './reconcile.ts';
import {
  LONGEST_BEFORE_FIRST_MS,
  QUIET_BEFORE_FIRST_MS,
  SHARDS_PER_HURRIED_PAUSE_MS,
  SHARDS_PER_PAUSE_MS,
} from './limits.ts';

export class PlanCache {
  dirty = true;
  /** Plans that were begun. */
  begun = 0;
  readonly unplaced: PlanReasons;
  /** Who the last plan has made homeless, or for another reason than before. */
  newlyUnplaced: readonly NewlyFor[] = [];
  readonly stranded: PlanReasons;
  /** Moves that have not begun, in the order of the plan. */
  readonly queue: MoveQueue;
  private readonly rows: ShardRows;
  private readonly mustDrop: PlanReasons;
  /** By row: index in `containers`, as the plan has it. */
  private targets: Int32Array = new Int32Array();
  /** Of shards that were born later the plan says nothing. */
  private born = 0;
  private containers: readonly string[] = [];
  private counts: ReadonlyMap<string, number> = new Map();
  private nextAtMs = Number.NEGATIVE_INFINITY;
  /** The same where a shard without a home waits for the plan. */
  private hurriedAtMs = Number.NEGATIVE_INFINITY;
  private isHurried = false;
  /** No plan before that: successors are awaited. */
  notBeforeMs = Number.NEGATIVE_INFINITY;
  private settleFromMs: number;
  private lastJoinMs: number;
  private settling = true;
  private areAllProved = false;

  /** `rows`: of the shards. */
  constructor(rows: ShardRows, nowMs: number) {
    this.rows = rows;
    this.queue = new MoveQueue(rows);
    this.unplaced = new PlanReasons(rows);
    this.stranded = new PlanReasons(rows);
    this.mustDrop = new PlanReasons(rows);
    this.settleFromMs = nowMs;
    this.lastJoinMs = nowMs;
  }

  /** Every shard has its container, and all containers are open and have proved themselves: nothing waits for room, proof or somebody's return. */
  isComplete(living: ReadonlyMap<string, Pick<LivingContainer, 'mode'>>): boolean {
    if (this.unplaced.size > 0 || this.stranded.size > 0 || !this.areAllProved) return false;
    return [...living.values()].every(({mode}) => mode === 'open');
  }

  /** The first plan waits until containers have joined. */
  get isSettling(): boolean {
    return this.settling;
  }

  /** A container joined. `first`: into an empty app. */
  joined(first: boolean, nowMs: number): void {
    this.lastJoinMs = nowMs;
    if (!first || this.settling) return;
    this.settling = true;
    this.settleFromMs = nowMs;
  }

  /** `isHurried`: a shard has lost its home, has come, or may find one now: the next plan waits for no long pause after the last one. */
  want(isHurried: boolean): void {
    this.dirty = true;
    this.isHurried ||= isHurried;
  }

  /** A plan is being made of all that is known. */
  begin(): void {
    this.begun += 1;
    this.dirty = this.isHurried = false;
  }

  /** The moment from which a plan may be made; Infinity when none is wanted. */
  wakeAtMs(): number {
    if (!this.dirty) return Number.POSITIVE_INFINITY;
    const pausedUntilMs = this.isHurried ? this.hurriedAtMs : this.nextAtMs;
    const nextAtMs = Math.max(pausedUntilMs, this.notBeforeMs);
    if (!this.settling) return nextAtMs;
    const quietAtMs = Math.min(
      this.lastJoinMs + QUIET_BEFORE_FIRST_MS,
      this.settleFromMs + LONGEST_BEFORE_FIRST_MS,
    );
    return Math.max(nextAtMs, quietAtMs);
  }

  /** Takes the plan made for the snapshot; returns the rows whose destination changed, and those that have come to be without one or stranded. */
  adopt(snapshot: PlacementSnapshot, plan: Plan, nowMs: number): Int32Array {
    const {rows} = this;
    const rowsOf = Int32Array.from(snapshot.shards, ({id}) => rows.rowOf(id));
    this.areAllProved = snapshot.containers.every(({unproved}) => unproved === undefined);
    this.nextAtMs = nowMs + snapshot.shards.length / SHARDS_PER_PAUSE_MS;
    this.hurriedAtMs = nowMs + snapshot.shards.length / SHARDS_PER_HURRIED_PAUSE_MS;
    this.begin();
    return this.take(rowPlan(plan, snapshot.containers, rowsOf, rows.end), rows.born);
  }

  /** Takes a plan that was made beside the governor; returns as `adopt` does. What has changed since it was asked for asks for another one. */
  adoptLarge({plan, born, areAllProved, nextAtMs}: LargePlan): Int32Array {
    this.areAllProved = areAllProved;
    this.nextAtMs = nextAtMs;
    this.hurriedAtMs = Number.NEGATIVE_INFINITY;
    return this.take(plan, born);
  }

  /** Takes a plan for the shards that were born by then; returns as `adopt` does. */
  private take(plan: RowPlan, born: number): Int32Array {
    this.settling = false;
    const changed = this.takeTargets(plan, born);
    // A shard that was born later has the row of one that is gone: nothing of this is said of it.
    const isMeant = (row: number): boolean => this.rows.bornAt(row) <= born;
    const others = this.newShortages(plan, isMeant);
    this.newlyUnplaced = this.unplaced.take(plan.unplaced, isMeant);
    this.stranded.take(plan.stranded, isMeant);
    this.mustDrop.clear();
    for (let at = 0; at < plan.unplaced.length; at += PER_SHORTAGE) {
      const row = plan.unplaced[at] ?? NO_ROW;
      if (plan.unplaced[at + 2] === 1 && isMeant(row))
        this.mustDrop.set(row, plan.unplaced[at + 1] ?? 0);
    }
    this.queue.fill(plan, born);
    return joinedInts(changed, others);
  }

  /** Rows that have come to be without a home or stranded, or are so for another reason. A hundred thousand may go on being so, in plan after plan. */
  private newShortages(
    {unplaced, stranded}: Pick<RowPlan, 'unplaced' | 'stranded'>,
    isMeant: (row: number) => boolean,
  ): number[] {
    const found: number[] = [];
    for (let at = 0; at < unplaced.length; at += PER_SHORTAGE) {
      const row = unplaced[at] ?? NO_ROW;
      const isSame =
        this.unplaced.at(row) === REASONS[unplaced[at + 1] ?? 0] &&
        (this.mustDrop.at(row) !== undefined) === (unplaced[at + 2] === 1);
      if (!isSame && isMeant(row)) found.push(row);
    }
    for (let at = 0; at < stranded.length; at += PER_SHORTAGE) {
      const row = stranded[at] ?? NO_ROW;
      if (this.stranded.at(row) !== REASONS[stranded[at + 1] ?? 0] && isMeant(row)) found.push(row);
    }
    return found;
  }

  /** Shards that the last plan gives the container. */
  plannedCount(container: string): number {
    return this.counts.get(container) ?? 0;
  }

  /** Where the shard belongs; undefined while no plan has covered it. */
  destination(shard: string): Destination | undefined {
    const row = this.rows.rowOf(shard);
    return row === NO_ROW ? undefined : this.destinationAt(row);
  }

  /** The same of the shard that has the row. */
  destinationAt(row: number): Destination | undefined {
    const target = this.targetAt(row);
    if (target === UNPLANNED) return undefined;
    const reason = this.unplaced.at(row);
    return {
      target: this.containers[target] ?? '',
      mustDrop: this.mustDrop.at(row) !== undefined,
      stranded: this.stranded.at(row) !== undefined,
      isShutOut: reason === 'nothing-accepts' || reason === 'pin-takes-nothing-new',
    };
  }

  private targetAt(row: number): number {
    return this.rows.bornAt(row) <= this.born ? (this.targets[row] ?? UNPLANNED) : UNPLANNED;
  }

  /** The plan's own numbers are kept. There may be a million, and nothing else runs meanwhile: of a large plan it is known already what has changed. */
  private takeTargets(plan: RowPlan, born: number): ArrayLike<number> {
    const {target, containers, counts} = plan;
    const changed = plan.changed ?? this.changedBy(plan, born);
    this.containers = containers;
    this.counts = new Map(containers.map((id, at) => [id, counts[at] ?? 0]));
    this.targets = target;
    this.born = born;
    return changed;
  }

  private changedBy({target, containers}: RowPlan, born: number): number[] {
    const {rows, targets, born: bornBefore} = this;
    const changed: number[] = [];
    const renamed = containersNow(this.containers, containers);
    for (let row = 0; row < target.length; row += 1) {
      const now = target[row] ?? UNPLANNED;
      const birth = rows.bornAt(row);
      if (now === UNPLANNED || birth > born) continue;
      const before = birth <= bornBefore ? (targets[row] ?? UNPLANNED) : UNPLANNED;
      const was = before >= 0 ? (renamed[before] ?? UNPLANNED) : before;
      if (was !== now) changed.push(row);
    }
    return changed;
  }
}
