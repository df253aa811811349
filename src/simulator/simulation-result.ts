/** What a simulation has shown: figures and curves. Pure. */
import {CURVE_POINTS} from './limits.ts';
import {spreadOf} from './spread.ts';
import type {Spread} from './spread.ts';
import type {TraceEvent} from './trace.ts';

/** How it was at one time. Imbalance: the largest load of a container as a multiple of its share, less 1. */
export interface Sample {
  readonly atMs: number;
  /** Of counts of shards. */
  readonly counts: number;
  /** By metric. */
  readonly loads: readonly number[];
  /** Moves that have ended by then. */
  readonly moves: number;
  /** Most shards at once that nobody served, since the sample before. */
  readonly unserved: number;
  /** Containers that take part in the balance. */
  readonly containers: number;
}

/** A point of a curve: the worst of the time since the one before; of `moves` and `containers` the last. */
export interface CurvePoint extends Omit<Sample, 'counts' | 'loads'> {
  readonly imbalance: number;
}

export interface Mark {
  readonly atMs: number;
  readonly event: 'join' | 'leave' | 'loss' | 'drain';
  readonly container: string;
}

export interface SimulationResult {
  readonly durationMs: number;
  /** The figures are of the time from then on. */
  readonly fromMs: number;
  /** At the end. */
  readonly shards: number;
  /** Of the metric that was worst at the time; of counts where no metric is measured. */
  readonly imbalance: Spread;
  readonly imbalanceOfCounts: Spread;
  readonly imbalanceOf: Readonly<Record<string, Spread>>;
  readonly moves: number;
  readonly movesByCause: Readonly<Record<string, number>>;
  readonly movesPerShard: number;
  readonly mostMovesOfOne: number;
  /** Plans that were made. */
  readonly plans: number;
  /** Plans that wanted moves. */
  readonly rounds: number;
  /** Shards that nobody served, added up over time. */
  readonly unservedShardSeconds: number;
  readonly unservedMost: number;
  readonly unservedAtEnd: number;
  readonly curve: readonly CurvePoint[];
  readonly marks: readonly Mark[];
}

export interface Measured extends Pick<
  SimulationResult,
  'durationMs' | 'fromMs' | 'shards' | 'movesByCause' | 'mostMovesOfOne' | 'plans' | 'rounds'
> {
  readonly metrics: readonly string[];
  readonly samples: readonly Sample[];
  readonly marks: readonly TraceEvent[];
  readonly unservedShardMs: number;
  readonly unservedAtEnd: number;
}

export function resultOf(measured: Measured): SimulationResult {
  const {metrics, samples, fromMs, shards, movesByCause, unservedShardMs, durationMs} = measured;
  const counted = samples.filter(({atMs}) => atMs >= fromMs);
  const moves = Object.values(movesByCause).reduce((sum, count) => sum + count, 0);
  const {mostMovesOfOne, plans, rounds, unservedAtEnd} = measured;
  return {
    ...{durationMs, fromMs, shards, moves, movesByCause, mostMovesOfOne, plans, rounds},
    imbalance: spreadOf(counted.map(worstOf)),
    imbalanceOfCounts: spreadOf(counted.map(({counts}) => counts)),
    imbalanceOf: Object.fromEntries(
      metrics.map((name, at) => [name, spreadOf(counted.map(({loads}) => loads[at] ?? 0))]),
    ),
    movesPerShard: shards === 0 ? 0 : moves / shards,
    unservedShardSeconds: unservedShardMs / 1_000,
    unservedMost: Math.max(0, ...counted.map(({unserved}) => unserved)),
    unservedAtEnd,
    curve: curveOf(counted, counted[0]?.moves ?? 0),
    marks: measured.marks.flatMap(markOf),
  };
}

function worstOf({loads, counts}: Sample): number {
  return loads.length === 0 ? counts : Math.max(...loads);
}

/** `before`: moves that ended before the figures begin. */
function curveOf(samples: readonly Sample[], before: number): CurvePoint[] {
  const size = Math.ceil(samples.length / CURVE_POINTS);
  const points: CurvePoint[] = [];
  for (let from = 0; from < samples.length; from += size) {
    const some = samples.slice(from, from + size);
    const {atMs = 0, moves = 0, containers = 0} = some.at(-1) ?? {};
    points.push({
      ...{atMs, moves: moves - before, containers},
      imbalance: Math.max(...some.map(worstOf)),
      unserved: Math.max(...some.map(({unserved}) => unserved)),
    });
  }
  return points;
}

/** What containers do while it runs; those of the beginning are not worth a mark. */
function markOf(event: TraceEvent): Mark[] {
  if (event.atMs === 0) return [];
  const {atMs, event: kind} = event;
  if (kind !== 'join' && kind !== 'leave' && kind !== 'loss' && kind !== 'drain') return [];
  return [{atMs, event: kind, container: event.container}];
}
