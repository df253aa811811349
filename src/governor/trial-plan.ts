/**
 * The plan while some containers have not proved themselves: what they may get is laid over a plan in which they get nothing new. The planner itself
 * knows only open, closed and draining containers.
 */
import type {PlacementSnapshot, Plan, PlannedMove, UnplacedShard} from '../model/placement.ts';
import type {WantedMove} from './move-gate.ts';

export type Planner = (snapshot: PlacementSnapshot) => Plan;

/** Who may get what; containers by id. */
export interface Eligibility {
  /** Gets nothing that can be elsewhere. */
  readonly heldBack: ReadonlySet<string>;
  /** Of those: may take what has no room elsewhere. */
  readonly lastResort: ReadonlySet<string>;
  /** May get one shard on trial now. */
  readonly trialDue: readonly string[];
}

/** What a shard on trial may be. */
export interface TrialRules {
  /** The running shard may be moved. */
  readonly mayMove: (move: WantedMove) => boolean;
  /** The shard that runs nowhere may be tried now; a number: the more it has failed before, the later it is chosen. */
  readonly failuresOf: (shard: string) => number | undefined;
}

export interface PlanWithTrials {
  readonly plan: Plan;
  /** Container by shard. */
  readonly trials: ReadonlyMap<string, string>;
}

interface Draft {
  readonly target: Int32Array;
  additions: number[];
  moves: PlannedMove[];
  unplaced: UnplacedShard[];
  stranded: UnplacedShard[];
}

export function planWithTrials(
  snapshot: PlacementSnapshot,
  planner: Planner,
  eligibility: Eligibility,
  rules: TrialRules,
): PlanWithTrials {
  const {heldBack, lastResort, trialDue} = eligibility;
  const cautious = withModes(snapshot, (id, mode) => (heldBack.has(id) ? closed(mode) : mode));
  const plan = planner(cautious);
  const trials = new Map<string, string>();
  if (heldBack.size === 0 && trialDue.length === 0) return {plan, trials};
  const {additions, moves, unplaced, stranded} = plan;
  const draft: Draft = {
    target: plan.target,
    additions: [...additions],
    moves: [...moves],
    unplaced: [...unplaced],
    stranded: [...stranded],
  };
  if (unplaced.length > 0 && lastResort.size > 0) placeRest(snapshot, planner, lastResort, draft);
  if (trialDue.length > 0) addTrials(snapshot, planner, trialDue, rules, draft, trials);
  return {plan: draft, trials};
}

/** What found no room elsewhere goes to containers that have not proved themselves: nothing else moves for it. */
function placeRest(
  snapshot: PlacementSnapshot,
  planner: Planner,
  lastResort: ReadonlySet<string>,
  draft: Draft,
): void {
  const placed = snapshot.shards.map((shard, at) => {
    const target = snapshot.containers[draft.target[at] ?? -1]?.id;
    return target === undefined ? shard : {...shard, current: target};
  });
  const open = withModes({...snapshot, shards: placed}, (id, mode) =>
    lastResort.has(id) ? mode : closed(mode),
  );
  const rest = planner(open);
  const found = new Map<number, number>();
  for (const {shard} of draft.unplaced) {
    const to = rest.target[shard] ?? -1;
    if (lastResort.has(snapshot.containers[to]?.id ?? '')) found.set(shard, to);
  }
  direct(draft, found, rest.moves);
}

/** One shard for each: what the planner would give it first if it were open. One that runs nowhere loses nothing by a trial. */
function addTrials(
  snapshot: PlacementSnapshot,
  planner: Planner,
  due: readonly string[],
  rules: TrialRules,
  draft: Draft,
  trials: Map<string, string>,
): void {
  const isDue = new Set(due);
  const opened = withModes(snapshot, (id, mode) => (isDue.has(id) ? 'open' : mode));
  const plan = planner(opened);
  const room = roomOf(snapshot);
  const found = new Map<number, number>();
  for (const id of due) {
    const to = snapshot.containers.findIndex((container) => container.id === id);
    const shard = room(to) ? trialShard(snapshot, plan, to, rules) : undefined;
    const name = snapshot.shards[shard ?? -1]?.id;
    if (shard === undefined || name === undefined) continue;
    found.set(shard, to);
    trials.set(name, id);
  }
  direct(draft, found, plan.moves);
}

function trialShard(
  {shards, containers}: PlacementSnapshot,
  {additions, moves, target}: Plan,
  to: number,
  {mayMove, failuresOf}: TrialRules,
): number | undefined {
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const shard of additions) {
    if (target[shard] !== to) continue;
    const failures = failuresOf(shards[shard]?.id ?? '') ?? Number.POSITIVE_INFINITY;
    if (failures < least) [best, least] = [shard, failures];
  }
  if (least === 0) return best;
  const move = moves.find(
    ({shard, from, to: there, cause}) =>
      there === to &&
      mayMove({
        shard: shards[shard]?.id ?? '',
        from: containers[from]?.id ?? '',
        to: containers[to]?.id ?? '',
        cause,
      }),
  );
  return move?.shard ?? best;
}

/** The shards go there instead of where the draft has them; moves among them as in the plan that has found the way. */
function direct(
  draft: Draft,
  found: ReadonlyMap<number, number>,
  moves: readonly PlannedMove[],
): void {
  if (found.size === 0) return;
  const isOther = ({shard}: {readonly shard: number}): boolean => !found.has(shard);
  draft.unplaced = draft.unplaced.filter(isOther);
  draft.stranded = draft.stranded.filter(isOther);
  const onTheWay = moves.filter(({shard, to}) => found.get(shard) === to);
  draft.moves = [...draft.moves.filter(isOther), ...onTheWay];
  const moved = new Set(onTheWay.map(({shard}) => shard));
  const added = [...found.keys()].filter((shard) => !moved.has(shard));
  draft.additions = [...draft.additions.filter((shard) => !found.has(shard)), ...added];
  for (const [shard, to] of found) draft.target[shard] = to;
}

/** Whether a container holds less than it may. */
function roomOf({shards, containers, maxShardCount}: PlacementSnapshot): (at: number) => boolean {
  if (maxShardCount === 0) return () => true;
  const held = new Map<string, number>();
  for (const {current} of shards) held.set(current, (held.get(current) ?? 0) + 1);
  return (at) => (held.get(containers[at]?.id ?? '') ?? 0) < maxShardCount;
}

type Mode = PlacementSnapshot['containers'][number]['mode'];

function closed(mode: Mode): Mode {
  return mode === 'open' ? 'closed' : mode;
}

function withModes(
  snapshot: PlacementSnapshot,
  modeOf: (id: string, mode: Mode) => Mode,
): PlacementSnapshot {
  const containers = snapshot.containers.map(({id, mode}) => ({id, mode: modeOf(id, mode)}));
  return {...snapshot, containers};
}
