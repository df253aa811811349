/** Loads as the planner gets them. */
import type {LoadTable} from '../load/load-table.ts';
import {moveReasonOf} from '../model/move-reason.ts';
import type {MoveReason} from '../model/move-reason.ts';
import type {OwnershipRecord} from '../model/ownership.ts';
import type {Placement} from '../model/placement-policy.ts';
import type {ShardSpec} from '../model/specs.ts';

/** A shard that was placed for these reasons has run elsewhere before, though its record does not say where: a failed add and a recall end the note of its move. */
const PLACED_AGAIN: ReadonlySet<MoveReason['kind']> = new Set([
  'addFailed',
  'unplaced',
  'redirected',
]);

export interface LoadTerms {
  /** By metric. `shard`: as its key says it. */
  readonly loadOf: (shard: string, spec: ShardSpec) => readonly number[];
  /** It has moved lately: not for load, not so soon. */
  readonly isCooling: (record: OwnershipRecord | undefined) => boolean;
}

/** `wallMs`: now, as records are written. */
export function loadTerms(
  table: Pick<LoadTable, 'planned'>,
  {cooldown}: Placement,
  wallMs: number,
): LoadTerms {
  // Records say it in this form, so the texts compare as the times do.
  const since = new Date(wallMs - 1_000 * cooldown).toISOString();
  return {
    loadOf: (shard, {load}) => table.planned(shard, load),
    isCooling: (record) => {
      const move = record?.move;
      if (move === undefined || move === null || move.startedAt <= since) return false;
      return move.from !== '' || PLACED_AGAIN.has(moveReasonOf(move.why).kind);
    },
  };
}
