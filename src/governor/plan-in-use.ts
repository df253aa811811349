/** The plan that is in use, as readers see it: the governor's own where it runs in this process, else one that a reader has made of the records. */
import type {NamedBalance} from './move-numbers.ts';
import type {MoveGate} from './move-gate.ts';
import type {PlanCache} from './plan-cache.ts';

export interface PlanInUse {
  /** Revision of the newest record that it was made of. */
  readonly revision: number;
  /** No newer plan is due, and nothing of it is being written just now. */
  readonly isNewest: boolean;
  readonly plan: Pick<PlanCache, 'queue' | 'unplaced' | 'stranded' | 'destination'>;
  /** What its moves have to pass, at this moment. */
  readonly gate: MoveGate;
  /** How loads lie on containers; undefined: they are not looked at. */
  readonly balance: NamedBalance | undefined;
}
