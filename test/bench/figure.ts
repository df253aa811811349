/** A line of the benchmark table: what was measured, against which goal. */
export interface Figure {
  readonly what: string;
  readonly goal: string;
  readonly seen: string;
  readonly met: boolean;
}

/** The value below which this share of the sorted samples lies. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** p50 and p99 in ms, with the greatest sample. */
export function spread(samples: readonly number[]): string {
  const [p50, p99, most] = [
    percentile(samples, 0.5),
    percentile(samples, 0.99),
    Math.max(...samples),
  ];
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, most ${most.toFixed(1)} ms (n=${samples.length})`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

export function shardIds(count: number, stem = 's'): string[] {
  return Array.from({length: count}, (_, index) => `${stem}${index}`);
}
