/** What a governor has before it, counted: for metrics. Pure. */
import type {AlarmCode} from '../model/alarm.ts';
import type {ContainerState} from '../model/container.ts';
import {CONTAINERS_FIGURED} from '../load/limits.ts';
import {stateCounts} from '../appstate/state-counts.ts';
import type {CountContext} from '../appstate/state-counts.ts';
import type {ShardState} from '../model/shard-state.ts';
import type {Alarm} from '../model/status.ts';
import {CONTAINER_STATES} from '../model/trouble.ts';
import type {StatusInput} from './status-reporter.ts';

export interface GovernedFigures {
  /** Of every state there is. */
  readonly shards: Readonly<Record<ShardState, number>>;
  /** Of every state there is. A container that waits for its id is counted as waiting. */
  readonly containers: Readonly<Record<ContainerState, number>>;
  /** Only codes that are raised. */
  readonly alarms: Readonly<Partial<Record<AlarmCode, number>>>;
  /** How long the shard that has waited longest is not served; 0 where all are. */
  readonly oldestUnservedMs: number;
  /** Age of the newest heartbeat of the container whose is oldest; 0 without containers. */
  readonly oldestHeartbeatMs: number;
  /** Moves that have begun and not ended, and those that wait. */
  readonly movesInFlight: number;
  readonly movesQueued: number;
  /** Shards on the ready container with the most, less those on the one with the fewest; 0 with fewer than two. */
  readonly imbalance: number;
  /** Containers that all shards need: by the limit of shards a container; 0 where the app sets none. */
  readonly wantedContainers: number;
  readonly paused: boolean;
  readonly settled: boolean;
  /** Of the metrics that the app is balanced by. */
  readonly loads: readonly LoadFigures[];
}

/** One metric, as the planner sees it. */
export interface LoadFigures {
  readonly metric: string;
  /** Largest load of a container as a multiple of its share; 0 without load. */
  readonly level: number;
  /** Shards of which it is not reported. */
  readonly unmeasured: number;
  /** Load by container, the largest first; no more than `CONTAINERS_FIGURED`. */
  readonly containers: readonly (readonly [container: string, load: number])[];
}

export type FigureInput = Pick<
  StatusInput,
  'view' | 'living' | 'plan' | 'settled' | 'failureDetector' | 'loads'
> & {
  readonly alarms: readonly Alarm[];
  readonly movesInFlight: number;
  readonly oldestUnservedMs: number;
  /** No write of this daemon has committed within T: nobody knows who still serves what. */
  readonly unknown: boolean;
  readonly nowMs: number;
};

export function governedFigures(input: FigureInput): GovernedFigures {
  const {view, plan, settled, movesInFlight, oldestUnservedMs} = input;
  const spec = view.spec?.value;
  const most = spec?.maxShardCount ?? 0;
  return {
    shards: shardFigures(input),
    containers: containerFigures(input),
    alarms: alarmFigures(input.alarms),
    ...{settled, movesInFlight, imbalance: imbalanceOf(input)},
    // Nobody misses what is being removed.
    oldestUnservedMs: spec?.deleting === true ? 0 : oldestUnservedMs,
    oldestHeartbeatMs: oldestHeartbeat(input),
    movesQueued: plan.queue.length,
    wantedContainers: most > 0 ? Math.ceil(view.shards.size / most) : 0,
    paused: spec?.paused ?? false,
    loads: loadFigures(input.loads),
  };
}

function loadFigures({metrics, balance, unmeasured}: FigureInput['loads']): LoadFigures[] {
  if (balance === undefined) return [];
  return metrics.map((metric, at) => ({
    metric,
    level: balance.levels[at] ?? 0,
    unmeasured: unmeasured[at] ?? 0,
    containers: balance.containers
      .map(({container, loads}) => [container, loads[at] ?? 0] as const)
      .sort(([, a], [, b]) => b - a)
      .slice(0, CONTAINERS_FIGURED),
  }));
}

/** Counts of shards by state. */
export function shardFigures({
  view,
  plan,
  living,
  unknown,
}: Pick<FigureInput, 'view' | 'living' | 'unknown'> & {
  readonly plan: {readonly unplaced: CountContext['homeless']};
}): Record<ShardState, number> {
  const gone = goneIncarnations(living);
  const isLost = (incarnation: string): boolean => {
    if (gone.has(incarnation) || !view.heartbeats.has(incarnation)) return true;
    return view.heartbeatProblem(incarnation) !== undefined;
  };
  return stateCounts(view, {isLost, unknown, homeless: plan.unplaced});
}

function goneIncarnations(living: FigureInput['living']): Set<string> {
  const gone = new Set<string>();
  for (const {incarnation, state} of living.values())
    if (state === 'silent' || state === 'lost') gone.add(incarnation);
  return gone;
}

function containerFigures({view, living, unknown}: FigureInput): Record<ContainerState, number> {
  const none = CONTAINER_STATES.map((state) => [state, 0]);
  const counts = Object.fromEntries(none) as Record<ContainerState, number>;
  for (const {state} of living.values()) counts[unknown ? 'unknown' : state] += 1;
  for (const {value} of view.heartbeats.values())
    if (value.state === 'waiting') counts.waiting += 1;
  return counts;
}

function alarmFigures(alarms: readonly Alarm[]): GovernedFigures['alarms'] {
  const counts: Partial<Record<AlarmCode, number>> = {};
  for (const alarm of alarms) {
    const code = alarm.code as AlarmCode;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

function oldestHeartbeat({view, failureDetector, nowMs}: FigureInput): number {
  let oldest = 0;
  for (const incarnation of view.heartbeats.keys())
    oldest = Math.max(oldest, failureDetector.ageMs(incarnation, nowMs));
  return oldest;
}

function imbalanceOf({view, living}: FigureInput): number {
  const ready = [...living.values()].filter(({state}) => state === 'ready');
  if (ready.length < 2) return 0;
  const counts = ready.map(({incarnation}) => view.shardsOf(incarnation).size);
  return Math.max(...counts) - Math.min(...counts);
}
