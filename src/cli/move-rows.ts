/** Moves of all three kinds in one form: running first, then queued, then finished. */
import {waitName} from '../model/move-wait.ts';
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
  /** What makes it necessary, at both ends; '' where that is not known. */
  readonly numbers: string;
  /** The budget that keeps it from beginning, `maxMoving (10 of 10)`; '' for one that has begun. */
  readonly waitsFor: string;
  /** The same, and what changes it, in a sentence. */
  readonly wait: string;
}

export function moveRows({running, queued, finished}: MovesAnswer): MoveRow[] {
  const begun = {waitsFor: '', wait: ''};
  // A daemon of before gives no numbers, and does not say what moves wait for.
  return [
    ...running.map(({id, shard, from, to, why, startedAt, step, lastError, numbers = ''}) => ({
      ...{id, shard, from, to, why, startedAt, endedAt: '', numbers, ...begun},
      ...{state: step as string, note: lastError},
    })),
    ...queued.map(({shard, from, to, cause, state, numbers = '', waitsFor}) => ({
      ...{id: '', shard, from, to, why: cause as string, startedAt: '', endedAt: '', numbers},
      ...{state: state as string, note: ''},
      ...{waitsFor: waitsFor === undefined ? '' : waitName(waitsFor), wait: waitsFor?.text ?? ''},
    })),
    ...finished.map(
      ({id, shard, from, to, why, startedAt, endedAt, outcome, note, numbers = ''}) => ({
        ...{id, shard, from, to, why, startedAt, endedAt, numbers, ...begun},
        ...{state: outcome as string, note},
      }),
    ),
  ];
}
