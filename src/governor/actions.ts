import type {LoadSummary} from '../load/summary.ts';
import type {AppEvent} from '../model/audit.ts';
import type {AppChange} from '../model/change.ts';
import type {AppStatus, FinishedMove} from '../model/status.ts';
import type {Transition} from '../model/transition.ts';
import type {PlanTerms, RowBatch} from '../planner/warm-table.ts';
import type {Eviction} from './eviction.ts';
import type {ContainerCall, HintBatch} from './hints.ts';

/** What a governor wants done. Writes and evictions are answered; the rest is not. */
export type GovernorAction =
  | {readonly type: 'write'; readonly op: number; readonly transition: Transition}
  | ({readonly type: 'evict'} & Eviction)
  | ({readonly type: 'hints'} & HintBatch)
  /** Call it, and answer with `reached` when that succeeds; nothing otherwise. */
  | ({readonly type: 'call'} & ContainerCall)
  /** Outcome of a write unknown: read the record and answer with `reread`. */
  | {readonly type: 'reread'; readonly shard: string}
  /** For who plans beside the governor: changes of shards. */
  | {readonly type: 'sendRows'; readonly batch: RowBatch}
  /** The same: make a plan of all that was sent, and answer with `planned` and this number. */
  | {readonly type: 'plan'; readonly generation: number; readonly terms: PlanTerms}
  | {readonly type: 'recordMoves'; readonly moves: readonly FinishedMove[]}
  | {readonly type: 'recordEvents'; readonly events: readonly AppEvent[]}
  | {readonly type: 'status'; readonly status: AppStatus}
  /** The whole summary of loads: parts that it does not have are to be deleted. */
  | {readonly type: 'loads'; readonly parts: readonly LoadSummary[]}
  /** App removal: delete these ShardSpecs, each guarded by the fencing key and its mod. */
  | {
      readonly type: 'deleteSpecs';
      readonly shards: readonly {readonly shard: string; readonly mod: number}[];
    }
  /** App removal, last step: delete every key of the app that is left, one by one, the spec last. */
  | {readonly type: 'finishRemoval'};

/** What the store said of a write. `own` is the record as read when a guard failed. */
export type GovernorAnswer =
  | {readonly kind: 'committed'; readonly revision: number}
  | {readonly kind: 'refused'; readonly own: AppChange}
  | {readonly kind: 'unknown'};
