/**
 * How fast a value grows. The slope is the median of the slopes between all pairs of points (Theil and Sen): a few wild readings, which
 * drag a least-squares line anywhere, are outvoted. The interval is Sen's, from the variance of Kendall's tau: it holds for any noise
 * that is the same all the time and independent from reading to reading. https://doi.org/10.1080/01621459.1968.10480934
 */
const MINUTES_PER_HOUR = 60;
/** Of the normal distribution, two-sided: the interval holds the true slope in 95 of 100 series. */
const NORMAL_QUANTILE = 1.96;

export interface Point {
  readonly minute: number;
  readonly value: number;
}

/** An hour's growth, and the interval that holds the true one with 95 %. */
export interface Trend {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}

/** With no two points at different minutes nothing is known: the interval has no end. */
export function trendPerHour(points: readonly Point[]): Trend {
  const slopes = pairSlopes(points).toSorted((a, b) => a - b);
  if (slopes.length === 0) return {slope: 0, low: -Infinity, high: Infinity};
  const count = points.length;
  const variance = (count * (count - 1) * (2 * count + 5)) / 18;
  const spread = NORMAL_QUANTILE * Math.sqrt(variance);
  const lowAt = Math.round((slopes.length - spread) / 2) - 1;
  const highAt = Math.round((slopes.length + spread) / 2);
  return {
    slope: median(slopes) * MINUTES_PER_HOUR,
    low: (slopes[lowAt] ?? -Infinity) * MINUTES_PER_HOUR,
    high: (slopes[highAt] ?? Infinity) * MINUTES_PER_HOUR,
  };
}

function pairSlopes(points: readonly Point[]): number[] {
  return points.flatMap((first, at) =>
    points
      .slice(at + 1)
      .filter(({minute}) => minute !== first.minute)
      .map(({minute, value}) => (value - first.value) / (minute - first.minute)),
  );
}

function median(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? 0) + upper) / 2;
}
