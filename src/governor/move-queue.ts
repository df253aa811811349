/**
 * Planned moves that have not begun, in the order of the plan. A turn looks at so many and no more: of a hundred thousand, most have to wait for budgets in every
 * turn.
 */
import {NO_ROW} from '../appstate/shard-rows.ts';
import type {ShardRows} from '../appstate/shard-rows.ts';
import {Column} from '../model/columns.ts';
import {CAUSES, NOWHERE, PER_MOVE} from '../planner/row-plan.ts';
import type {RowPlan} from '../planner/row-plan.ts';
import {MOVES_PER_TURN, NEXT_MOVES_MS} from './limits.ts';
import type {WantedMove} from './move-gate.ts';

type PlannedMoves = Pick<RowPlan, 'moves' | 'containers'>;

const NOT_QUEUED = -1;

export class MoveQueue {
  private readonly rows: ShardRows;
  private plan: PlannedMoves = {moves: new Int32Array(), containers: []};
  /** Shards that were born by then are those of the plan. */
  private born = 0;
  /** By row: the position of its move among those of the plan. */
  private readonly positions = Column.ofInts(NOT_QUEUED);
  private count = 0;
  /** By container, as the plan has it: moves that leave it because it is drained. */
  private readonly drains = new Map<number, number>();
  /** Before it there are none. */
  private first = 0;
  /** From where the next look goes on; 0 where the last has come to the end. */
  private next = 0;
  private nextAtMs = Number.POSITIVE_INFINITY;

  constructor(rows: ShardRows) {
    this.rows = rows;
  }

  get length(): number {
    return this.count;
  }

  has(shard: string): boolean {
    const row = this.rows.rowOf(shard);
    return row !== NO_ROW && this.positions.at(row) !== NOT_QUEUED && this.isPlanned(row);
  }

  /** Containers that moves are to leave because they are drained. */
  get draining(): string[] {
    return Array.from(this.drains.keys(), (at) => this.plan.containers[at] ?? '');
  }

  *[Symbol.iterator](): Generator<WantedMove, undefined> {
    for (let position = this.first; position < this.end; position += 1) {
      const move = this.moveAt(position);
      if (move !== undefined) yield move;
    }
  }

  /** The moves of this plan and no others, for the shards that were born by then. A shard has one at most. */
  fill(plan: PlannedMoves, born: number): void {
    for (let position = this.first; position < this.end; position += 1)
      this.positions.set(this.rowAt(position), NOT_QUEUED);
    this.plan = plan;
    this.born = born;
    this.count = this.end;
    this.drains.clear();
    for (let position = 0; position < this.end; position += 1) {
      this.positions.set(this.rowAt(position), position);
      this.countDrain(position, 1);
    }
    this.first = this.next = 0;
    this.nextAtMs = Number.POSITIVE_INFINITY;
  }

  /**
   * Moves leave the queue that `isOver` says have begun, or have no object any more. Looks at the first of them; when none of those may begin, at
   * others in the turns that follow.
   */
  takeOut(isOver: (move: WantedMove) => boolean, nowMs: number): void {
    let looks = 0;
    let hasTaken = false;
    let position = Math.max(this.first, this.next);
    for (; position < this.end && looks < MOVES_PER_TURN; position += 1) {
      if (this.positions.at(this.rowAt(position)) !== position) continue;
      looks += 1;
      const move = this.moveAt(position);
      if (move !== undefined && !isOver(move)) continue;
      hasTaken = true;
      this.takeOutAt(position);
    }
    while (this.first < this.end && this.positions.at(this.rowAt(this.first)) !== this.first)
      this.first += 1;
    const isAtEnd = position >= this.end;
    // What comes first goes first, as long as anything of it goes.
    this.next = isAtEnd || (hasTaken && this.next === 0) ? 0 : position;
    this.nextAtMs = isAtEnd ? Number.POSITIVE_INFINITY : nowMs + NEXT_MOVES_MS;
  }

  /** When those are to be looked at that no look has come to; Infinity when there are none. */
  wakeAtMs(): number {
    return this.nextAtMs;
  }

  private get end(): number {
    return this.plan.moves.length / PER_MOVE;
  }

  private rowAt(position: number): number {
    return this.plan.moves[PER_MOVE * position] ?? NO_ROW;
  }

  private takeOutAt(position: number): void {
    this.positions.set(this.rowAt(position), NOT_QUEUED);
    this.count -= 1;
    this.countDrain(position, -1);
  }

  private countDrain(position: number, by: 1 | -1): void {
    const at = PER_MOVE * position;
    if (CAUSES[this.plan.moves[at + 3] ?? 0] !== 'drain') return;
    const from = this.plan.moves[at + 1] ?? NOWHERE;
    const left = (this.drains.get(from) ?? 0) + by;
    if (left === 0) this.drains.delete(from);
    else this.drains.set(from, left);
  }

  private isPlanned(row: number): boolean {
    return this.rows.bornAt(row) <= this.born;
  }

  /** Undefined: it has left the queue, or its shard is gone. */
  private moveAt(position: number): WantedMove | undefined {
    const row = this.rowAt(position);
    const shard = this.isPlanned(row) ? this.rows.idAt(row) : undefined;
    if (shard === undefined || this.positions.at(row) !== position) return undefined;
    const {moves, containers} = this.plan;
    const at = PER_MOVE * position;
    return {
      shard,
      from: containers[moves[at + 1] ?? NOWHERE] ?? '',
      to: containers[moves[at + 2] ?? NOWHERE] ?? '',
      cause: CAUSES[moves[at + 3] ?? 0] ?? 'balance',
    };
  }
}
