import type {PlacementReason} from './placement-rules.ts';

export type {PlacementReason} from './placement-rules.ts';

/** One shard as the planner sees it. */
export interface PlacementShard {
  readonly id: string;
  readonly group: string;
  /** Pool the shard demands; '' for any container. */
  readonly workerGroup: string;
  /** Container id the shard is pinned to; '' for none. */
  readonly pin: string;
  /**
   * Container id the shard counts for now (a move in flight counts for where it goes); '' when it is nowhere. An id that
   * is not among the containers counts as nowhere.
   */
  readonly current: string;
  /** Container that gets the shard first when it is nowhere (a successor, a first choice), ties only; '' for none. */
  readonly prefer: string;
  /** Container to be avoided while another one is as good for the count rules (it just failed to add this shard); '' for none. */
  readonly avoid: string;
  /**
   * When the shard last changed its container: any number that grows with time, 0 when it is not known. Of shards that are
   * as good to move, the one with the lowest number moves. Default 0.
   */
  readonly movedAt?: number;
  /**
   * Whether an unproved container may be tried with it: `forced` only if it runs nowhere or has to leave where it is; `no` not now.
   * Default `yes`.
   */
  readonly trial?: 'yes' | 'forced' | 'no';
  /** Failed adds in a row: of shards that run nowhere the one with fewest is tried. Default 0. */
  readonly failures?: number;
  /** Container to which an operator has cancelled its move for balance; '' for none. Default ''. */
  readonly cancelledTo?: string;
  /** One number per metric of the snapshot, in its order; what is absent, NaN, negative or infinite counts as 0. Default: no load. */
  readonly load?: readonly number[];
  /** Two shards of one key are never on one container; '' for none. Default ''. */
  readonly spreadKey?: string;
  /** Who has the higher number is placed first when room is short. Default 0. */
  readonly priority?: number;
  /** Moved lately: it is not moved for load. Default false. */
  readonly cooling?: boolean;
}

/**
 * One living container (lost ones are not listed).
 * - open: takes new shards;
 * - closed: keeps what it has, takes nothing new (cordoned, suspect, silent, unreachable);
 * - draining: everything it has must go where there is room elsewhere (draining, leaving).
 */
export interface PlacementContainer {
  readonly id: string;
  readonly mode: 'open' | 'closed' | 'draining';
  /** What it may get, as it has not proved itself. Default: as its mode says. */
  readonly unproved?: Unproved;
  /** Its share of shards and of load, compared with the others'. 0: no share, it gets what has no room elsewhere. Default 1. */
  readonly weight?: number;
  /** Where it stands: a rack, a data centre. Default ''. */
  readonly zone?: string;
  /** Most shards it may hold, beside the snapshot's `maxShardCount`; 0: no limit of its own. Default 0. */
  readonly capacity?: number;
  /** Hard limit per metric of the snapshot, in its order; 0 or absent: none. Default: no limits. */
  readonly limits?: readonly number[];
}

/** A load that is balanced, and from which imbalance on. Both bounds are a container's load as a multiple of its share. */
export interface PlacementMetric {
  readonly name: string;
  /** Above it moves for load begin. Usual: 1.2. */
  readonly upper: number;
  /** Down to it they go on. Usual: 1.1. */
  readonly lower: number;
}

/** A container that has not proved itself gets no running shard but one on trial. */
export interface Unproved {
  /** Takes besides what has no room elsewhere. One that does not is refusing: adds fail there. */
  readonly takesRest: boolean;
  /** May get one shard on trial now. */
  readonly trialDue: boolean;
}

export interface PlacementSnapshot {
  readonly shards: readonly PlacementShard[];
  readonly containers: readonly PlacementContainer[];
  /** Members of each worker group, living or not. A worker group that is not listed has no member. */
  readonly pools: ReadonlyMap<string, ReadonlySet<string>>;
  /** Maximum number of shards on one container; 0: no limit. */
  readonly maxShardCount: number;
  /** What `load` and `limits` count, in that order. Without any, load is not looked at. Default: none. */
  readonly metrics?: readonly PlacementMetric[];
  /** Whether each bucket is spread over zones before it is spread within them. Default false. */
  readonly spreadZones?: boolean;
  /**
   * By which share of its even count a container may hold more or fewer shards, where there are metrics: it saves moves for counts, too. Without
   * metrics it is not looked at. Default 0.
   */
  readonly countSlack?: number;
}

/** A shard without a container. `mustDrop`: it runs where its pin or worker group forbids it. */
export interface UnplacedShard {
  readonly shard: number;
  readonly reason: PlacementReason;
  readonly mustDrop: boolean;
}

/**
 * `why` of a move: pin, pool or spread key broken / container draining / counts uneven / a limit exceeded or room needed / load uneven.
 * Those for balance and for load are voluntary: nobody has to make them.
 */
export type MoveCause = 'constraint' | 'drain' | 'balance' | 'capacity' | 'load';

/** A shard that runs on `from` and is to run on `to` (indexes into the snapshot's arrays). */
export interface PlannedMove {
  readonly shard: number;
  readonly from: number;
  readonly to: number;
  readonly cause: MoveCause;
}

/** What the planner wants. All numbers are indexes into the snapshot's arrays. */
export interface Plan {
  /** Per shard: the container it belongs on, -1 for none. A stranded shard belongs where it is. */
  readonly target: Int32Array;
  /** Shards that run nowhere and get a container. */
  readonly additions: Int32Array;
  /** Ordered so that every prefix is a valid state: constraint, drain and capacity first, then balance, then load. */
  readonly moves: readonly PlannedMove[];
  readonly unplaced: readonly UnplacedShard[];
  /** Shards on a draining container that have nowhere to go: they stay, with the reason. */
  readonly stranded: readonly UnplacedShard[];
  /** Shards that go to an unproved container on trial, at most one to each. They are among additions or moves, too. */
  readonly trials: readonly number[];
  /** Absent where nobody asked for them. */
  readonly figures?: PlanFigures;
}

/** How uneven something is: the highest of all open containers, as a multiple of its share. 1: even; also where there is nothing to share. */
export interface Imbalance {
  readonly before: number;
  readonly after: number;
}

/** What a plan costs and brings. */
export interface PlanFigures {
  readonly moves: number;
  /** No plan that leaves counts as even as this one does with fewer, whatever it does for load. */
  readonly movesAtLeast: number;
  /** Of shards. Shares are fractions: one shard of three containers is a multiple of 3. */
  readonly counts: Imbalance;
  /** Of load, in the order of the snapshot's metrics. */
  readonly metrics: readonly MetricFigures[];
}

export interface MetricFigures extends Imbalance {
  readonly name: string;
  /** So many shards at least leave the containers above the band until all are below its lower end; 0 while none is above its upper end. */
  readonly departuresAtLeast: number;
}
