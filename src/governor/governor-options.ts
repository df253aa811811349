/** What a governor is made of. */
import type {PlacementSnapshot, Plan} from '../model/placement.ts';
import type {FailureDetector} from '../ownership/failure-detector.ts';

export interface GovernorOptions {
  readonly app: string;
  /** Daemon id, for the status. */
  readonly governor: string;
  readonly epoch: number;
  /** The planner; an argument so that what-if and live planning are one code. */
  readonly plan: (snapshot: PlacementSnapshot) => Plan;
  /**
   * Plans for apps of more shards than this are asked for by actions and answered later. Default: none are.
   */
  readonly plansBesideFrom?: number | undefined;
  /** Fresh short ids for moves. */
  readonly nextMoveId: () => string;
  /** A clock that is warm already; by default all waits begin now. */
  readonly failureDetector?: FailureDetector | undefined;
}
