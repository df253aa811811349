/** From the series to one line: does anything grow for ever? */
import type {Observation} from './observation.ts';
import {trendPerHour} from './trend.ts';
import type {Trend} from './trend.ts';

const GOAL_MB_PER_HOUR = 1;
const WARM_UP_PART = 0.3;
/** Fewer points say nothing about a slope. */
const POINTS_LEAST = 10;

/** Of the goal; undecided: the interval holds slopes on both sides of it. */
type Outcome = 'good' | 'missed' | 'undecided';

function outcomeOf(heap: Trend, daemons: Trend): Outcome {
  // The memory of a process goes up and down by tens of MB with its collections: it can show growth, but hardly ever that there is none.
  if (heap.low > GOAL_MB_PER_HOUR || daemons.low > GOAL_MB_PER_HOUR) return 'missed';
  return heap.high <= GOAL_MB_PER_HOUR ? 'good' : 'undecided';
}

function text({slope, low, high}: Trend): string {
  return `${slope.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}) MB an hour`;
}

export function verdictOf(series: readonly Observation[]): {
  isGood: boolean;
  line: string;
} {
  const warm = series.slice(Math.floor(series.length * WARM_UP_PART));
  if (warm.length < POINTS_LEAST)
    return {
      isGood: false,
      line: `verdict: too short: ${warm.length} points after warm-up, ${POINTS_LEAST} are needed`,
    };
  const trend = (of: (one: Observation) => number): Trend =>
    trendPerHour(warm.map((one) => ({minute: one.minute, value: of(one)})));
  const heap = trend(({heapMb}) => heapMb);
  const data = trend(({heapMb, codeMb}) => heapMb - codeMb);
  const daemons = trend(({daemonsMb}) => daemonsMb);
  const containers = trend(({containersMb}) => containersMb);
  const files = trend(({files: count}) => count);
  const [first, last] = [warm[0], warm.at(-1)];
  const minutes = (last?.minute ?? 0) - (first?.minute ?? 0);
  const writes = ((last?.revision ?? 0) - (first?.revision ?? 0)) / (minutes * 60);
  const outcome = outcomeOf(heap, daemons);
  return {
    isGood: outcome === 'good',
    line:
      `verdict: ${outcome} (goal: at most ${GOAL_MB_PER_HOUR} MB an hour after warm-up; in brackets the 95 % interval): heap of daemons after a full collection ${text(heap)}, of it what is not compiled code ${text(data)}, ` +
      `memory of daemons ${text(daemons)}, of containers ${text(containers)}, files ${files.slope.toFixed(1)} an hour, ${writes.toFixed(1)} revisions/s`,
  };
}
