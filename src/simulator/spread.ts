/** Quantiles of samples. Pure. */

export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** By nearest rank; all 0 where there are no samples. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return {p50: at(0.5), p95: at(0.95), max: at(1)};
}
