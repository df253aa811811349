/** A plan as numbers alone, by rows: it goes from thread to thread without a copy, and a million shards of it are looked through in a moment. */
import type {MoveCause, PlacementReason, Plan, PlanFigures} from '../model/placement.ts';
import type {SumsOfPlan} from './container-sums.ts';
import {ROWS_PER_STEP} from './limits.ts';

/** The shard has no container. */
export const NOWHERE = -1;
/** The plan does not know the row. */
export const UNPLANNED = -2;

/** Their places in these lists stand for them. */
export const REASONS: readonly PlacementReason[] = Object.keys({
  'no-container': 0,
  'pin-not-living': 0,
  'pin-takes-nothing-new': 0,
  'pin-outside-worker-group': 0,
  'worker-group-empty': 0,
  'worker-group-not-living': 0,
  'nothing-accepts': 0,
  capacity: 0,
  'metric-limit': 0,
  'spread-key': 0,
} satisfies Record<PlacementReason, 0>) as PlacementReason[];
export const CAUSES: readonly MoveCause[] = Object.keys({
  constraint: 0,
  drain: 0,
  balance: 0,
  capacity: 0,
  load: 0,
} satisfies Record<MoveCause, 0>) as MoveCause[];

/** Numbers for each entry of the lists below. */
export const PER_SHORTAGE = 3;
export const PER_MOVE = 4;

/** Containers are named by their index in `containers`. */
export interface RowPlan {
  readonly containers: readonly string[];
  /** By row: the container, `NOWHERE` or `UNPLANNED`. */
  readonly target: Int32Array;
  /** By container: shards that the plan gives it. */
  readonly counts: Int32Array;
  /** Rows whose container is another one than in the plan before, for the same shard; undefined: nobody has compared them. */
  readonly changed?: Int32Array;
  /** Row, reason, 1 where it must be dropped. */
  readonly unplaced: Int32Array;
  readonly stranded: Int32Array;
  /** Row, from, to, cause; in the order of the plan. */
  readonly moves: Int32Array;
  /** Rows of shards on trial. */
  readonly trials: Int32Array;
  readonly figures?: PlanFigures;
  /** With figures: rows, ascending, of shards that ran nowhere and get a container. */
  readonly additions?: Int32Array;
  /** With figures. */
  readonly sums?: SumsOfPlan;
}

/** `rows`: by the plan's index of a shard. `end`: all rows are below. */
export function rowPlan(
  plan: Plan,
  containers: readonly {readonly id: string}[],
  rows: Int32Array,
  end: number,
): RowPlan {
  const target = new Int32Array(end).fill(UNPLANNED);
  const counts = new Int32Array(containers.length);
  for (let at = 0; at < rows.length; at += 1) {
    const container = plan.target[at] ?? NOWHERE;
    target[rows[at] ?? 0] = container;
    if (container >= 0) counts[container] = (counts[container] ?? 0) + 1;
  }
  const shortages = (found: Plan['unplaced']): Int32Array => {
    const numbers = new Int32Array(PER_SHORTAGE * found.length);
    let at = 0;
    for (const {shard, reason, mustDrop} of found) {
      numbers[at] = rows[shard] ?? 0;
      numbers[at + 1] = REASONS.indexOf(reason);
      numbers[at + 2] = Number(mustDrop);
      at += PER_SHORTAGE;
    }
    return numbers;
  };
  const moves = new Int32Array(PER_MOVE * plan.moves.length);
  let next = 0;
  for (const {shard, from, to, cause} of plan.moves) {
    moves[next] = rows[shard] ?? 0;
    moves[next + 1] = from;
    moves[next + 2] = to;
    moves[next + 3] = CAUSES.indexOf(cause);
    next += PER_MOVE;
  }
  return {
    containers: containers.map(({id}) => id),
    target,
    counts,
    unplaced: shortages(plan.unplaced),
    stranded: shortages(plan.stranded),
    moves,
    trials: Int32Array.from(plan.trials, (shard) => rows[shard] ?? 0),
    ...(plan.figures === undefined ? {} : {figures: plan.figures}),
  };
}

/** The plan in whose lists shards are named by their rows, in steps. */
export function* planOfRows(rows: RowPlan): Generator<undefined, Plan> {
  const {target, additions = new Int32Array()} = rows;
  const moves: Plan['moves'][number][] = [];
  for (let at = 0; at < rows.moves.length; at += PER_MOVE) {
    if (at % (PER_MOVE * ROWS_PER_STEP) === 0) yield;
    const [shard = 0, from = 0, to = 0, cause = 0] = rows.moves.subarray(at, at + PER_MOVE);
    moves.push({shard, from, to, cause: CAUSES[cause] ?? 'balance'});
  }
  const unplaced = yield* shortagesOf(rows.unplaced);
  const stranded = yield* shortagesOf(rows.stranded);
  const trials = [...rows.trials];
  const lists = {target, additions, moves, unplaced, stranded, trials};
  return rows.figures === undefined ? lists : {...lists, figures: rows.figures};
}

function* shortagesOf(numbers: Int32Array): Generator<undefined, Plan['unplaced'][number][]> {
  const found: Plan['unplaced'][number][] = [];
  for (let at = 0; at < numbers.length; at += PER_SHORTAGE) {
    if (at % (PER_SHORTAGE * ROWS_PER_STEP) === 0) yield;
    const [shard = 0, reason = 0, mustDrop = 0] = numbers.subarray(at, at + PER_SHORTAGE);
    found.push({shard, reason: REASONS[reason] ?? 'capacity', mustDrop: mustDrop === 1});
  }
  return found;
}

/** By index in the plan before: the index of the same container now, or `UNPLANNED` where it is gone. */
export function containersNow(before: readonly string[], now: readonly string[]): number[] {
  const index = new Map(now.map((id, at) => [id, at]));
  return before.map((id) => index.get(id) ?? UNPLANNED);
}

/** What may be given to another thread instead of being copied. */
export function buffersOf(plan: RowPlan): ArrayBuffer[] {
  const {target, counts, changed, unplaced, stranded, moves, trials, additions} = plan;
  const all = [target, counts, changed, unplaced, stranded, moves, trials, additions];
  return all.filter((list) => list !== undefined).map(({buffer}) => buffer as ArrayBuffer);
}
