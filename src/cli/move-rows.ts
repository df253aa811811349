/** Moves of all three kinds in one form: running first, then queued, then finished. */
import type {MovesAnswer} from '../protocol/admin.ts';

export interface MoveRow {
  /** '' for a move that has not begun, and for a first placement. */
  readonly id: string;
  readonly shard: string;
  readonly from: string;
  readonly to: string;
  /** Its step, `queued`, `held`, `cancelled`, or its outcome. */
  readonly state: string;
  readonly why: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly note: string;
}

export function moveRows({running, queued, finished}: MovesAnswer): MoveRow[] {
  return [
    ...running.map(({id, shard, from, to, why, startedAt, step, lastError}) => ({
      ...{id, shard, from, to, why, startedAt, endedAt: ''},
      ...{state: step as string, note: lastError},
    })),
    // A daemon of before gives no numbers.
    ...queued.map(({shard, from, to, cause, state, numbers = ''}) => ({
      ...{id: '', shard, from, to, why: cause as string, startedAt: '', endedAt: ''},
      ...{state: state as string, note: numbers},
    })),
    ...finished.map(({id, shard, from, to, why, startedAt, endedAt, outcome, note}) => ({
      ...{id, shard, from, to, why, startedAt, endedAt},
      ...{state: outcome as string, note},
    })),
  ];
}
