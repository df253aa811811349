/** Moves that have ended, collected until a round is written. */
import type {RecordChange} from '../model/ownership.ts';
import type {FinishedMove} from '../model/status.ts';
import {MOVES_PER_ROUND, ROUND_LIMIT_MS} from './limits.ts';

export class MoveHistory {
  private finished: FinishedMove[] = [];
  private sinceMs = Number.POSITIVE_INFINITY;

  note(change: RecordChange, wallMs: number, nowMs: number): void {
    const {shard, before, after} = change;
    const outcome = moveOutcome(change);
    if (outcome === undefined || before === undefined || before.move === null) return;
    const {id, from, why, startedAt, numbers} = before.move;
    const to = after?.container ?? before.move.to;
    const note = outcome === 'failed' ? (after?.lastError ?? '') : '';
    this.finished.push({
      id,
      shard,
      from,
      to,
      why,
      startedAt,
      endedAt: new Date(wallMs).toISOString(),
      outcome,
      note,
      ...(numbers === undefined ? {} : {numbers}),
    });
    this.sinceMs = Math.min(this.sinceMs, nowMs);
  }

  /** The round to write now, if any. `quiet`: no move is in flight. */
  due(quiet: boolean, nowMs: number): FinishedMove[] {
    if (this.finished.length === 0) return [];
    if (!quiet && this.finished.length < MOVES_PER_ROUND && nowMs < this.sinceMs + ROUND_LIMIT_MS)
      return [];
    const round = this.finished.splice(0, MOVES_PER_ROUND);
    this.sinceMs = this.finished.length === 0 ? Number.POSITIVE_INFINITY : nowMs;
    return round;
  }

  wakeAtMs(): number {
    return this.finished.length >= MOVES_PER_ROUND ? this.sinceMs : this.sinceMs + ROUND_LIMIT_MS;
  }
}

/** How the move of `before` has ended; undefined while it goes on, or where there was none that came from a container. */
export function moveOutcome({before, after}: RecordChange): FinishedMove['outcome'] | undefined {
  if (before === undefined || before.move === null || before.move.from === '' || before.ready)
    return undefined;
  if (after?.state === 'owned' && after.ready) return 'done';
  return after?.state === 'free' && after.failures > before.failures ? 'failed' : undefined;
}
