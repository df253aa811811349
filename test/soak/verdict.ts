/** From the series to one line: does anything grow for ever? */
import type {Observation} from './observation.ts';

const SLOPE_LIMIT_MB_PER_HOUR = 1;
const WARM_UP_PART = 0.3;
/** Fewer points say nothing about a slope. */
const POINTS_LEAST = 10;

/** Least squares over the points after the warm-up, per hour. */
export function slopePerHour(points: readonly {minute: number; value: number}[]): number {
  const middle = (of: (point: {minute: number; value: number}) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const at = middle(({minute}) => minute);
  const level = middle(({value}) => value);
  const spread = points.reduce((sum, {minute}) => sum + (minute - at) ** 2, 0);
  const shared = points.reduce((sum, {minute, value}) => sum + (minute - at) * (value - level), 0);
  return spread === 0 ? 0 : (shared / spread) * 60;
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
  const slope = (of: (one: Observation) => number): number =>
    slopePerHour(warm.map((one) => ({minute: one.minute, value: of(one)})));
  const daemons = slope(({daemonsMb}) => daemonsMb);
  const containers = slope(({containersMb}) => containersMb);
  const files = slope(({files: count}) => count);
  const [first, last] = [warm[0], warm.at(-1)];
  const minutes = (last?.minute ?? 0) - (first?.minute ?? 0);
  const writes = ((last?.revision ?? 0) - (first?.revision ?? 0)) / (minutes * 60);
  const isGood = daemons < SLOPE_LIMIT_MB_PER_HOUR;
  return {
    isGood,
    line:
      `verdict: ${isGood ? 'good' : 'GROWS'}: daemons ${daemons.toFixed(2)} MB an hour after warm-up (limit ${SLOPE_LIMIT_MB_PER_HOUR}), ` +
      `containers ${containers.toFixed(2)} MB an hour, files ${files.toFixed(1)} an hour, ${writes.toFixed(1)} revisions/s`,
  };
}
