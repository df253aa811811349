/** From the series to one line: does anything grow for ever? */
import type {Observation} from './observation.ts';

const SLOPE_LIMIT_MB_PER_HOUR = 1;
const MINUTES_PER_HOUR = 60;
const WARM_UP_PART = 0.3;
/** Fewer points say nothing about a slope. */
const POINTS_LEAST = 10;

/** A slope per hour, and the standard error of it. */
interface Trend {
  readonly slope: number;
  readonly error: number;
}

/** Least squares over the points after the warm-up, per hour. */
export function trendPerHour(points: readonly {minute: number; value: number}[]): Trend {
  const middle = (of: (point: {minute: number; value: number}) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const at = middle(({minute}) => minute);
  const level = middle(({value}) => value);
  const spread = points.reduce((sum, {minute}) => sum + (minute - at) ** 2, 0);
  if (spread === 0) return {slope: 0, error: 0};
  const shared = points.reduce((sum, {minute, value}) => sum + (minute - at) * (value - level), 0);
  const slope = shared / spread;
  const rest = points.reduce(
    (sum, {minute, value}) => sum + (value - level - slope * (minute - at)) ** 2,
    0,
  );
  const error = Math.sqrt(rest / Math.max(1, points.length - 2) / spread);
  return {slope: slope * MINUTES_PER_HOUR, error: error * MINUTES_PER_HOUR};
}

/** What a process holds goes up and down by tens of MB with its collections: only a slope of more than its error twice over is one. */
function surely({slope, error}: Trend): number {
  return slope - 2 * error;
}

function text({slope, error}: Trend): string {
  return `${slope.toFixed(2)} +- ${error.toFixed(2)} MB an hour`;
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
  const daemons = trend(({daemonsMb}) => daemonsMb);
  const containers = trend(({containersMb}) => containersMb);
  const files = trend(({files: count}) => count);
  const [first, last] = [warm[0], warm.at(-1)];
  const minutes = (last?.minute ?? 0) - (first?.minute ?? 0);
  const writes = ((last?.revision ?? 0) - (first?.revision ?? 0)) / (minutes * 60);
  const isGood = heap.slope < SLOPE_LIMIT_MB_PER_HOUR && surely(daemons) < SLOPE_LIMIT_MB_PER_HOUR;
  return {
    isGood,
    line:
      `verdict: ${isGood ? 'good' : 'GROWS'} (limit ${SLOPE_LIMIT_MB_PER_HOUR} MB an hour after warm-up): heap of daemons after a full collection ${text(heap)}, ` +
      `memory of daemons ${text(daemons)}, of containers ${text(containers)}, files ${files.slope.toFixed(1)} an hour, ${writes.toFixed(1)} revisions/s`,
  };
}
