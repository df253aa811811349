/** The figures of rounds, summed up. Pure. */
import type {Overlap} from './judge.ts';
import type {RoundResult} from './round.ts';

export interface Figures {
  readonly rounds: number;
  readonly minutes: number;
  /** By what excuses them; `none` must be 0. */
  readonly overlaps: Readonly<
    Record<'none' | Exclude<Overlap['excuse'], ''>, {count: number; longestMs: number}>
  >;
  readonly gaps: {
    readonly count: number;
    readonly medianMs: number;
    readonly p95Ms: number;
    readonly longestMs: number;
    /** Of all shards' time. */
    readonly unservedPercent: number;
  };
  readonly addsPerShard: {readonly mean: number; readonly most: number};
  readonly repeatedAdds: number;
  readonly toldByChangeovers: number;
}

export function figuresOf(results: readonly RoundResult[]): Figures {
  const overlaps = results.flatMap((result) => result.overlaps);
  const gaps = results.flatMap((result) => result.gaps.map(({ms}) => ms)).sort((a, b) => a - b);
  const adds = results.flatMap((result) => [...result.adds]);
  const shardMs = sum(results.map((result) => result.ms * result.adds.length));
  const of = (excuse: Overlap['excuse']): {count: number; longestMs: number} => {
    const some = overlaps.filter((one) => one.excuse === excuse);
    return {count: some.length, longestMs: Math.round(Math.max(0, ...some.map(({ms}) => ms)))};
  };
  return {
    rounds: results.length,
    minutes: Math.round(sum(results.map(({ms}) => ms)) / 6_000) / 10,
    overlaps: {
      none: of(''),
      stopped: of('stopped'),
      bolt: of('bolt'),
      'second process': of('second process'),
    },
    gaps: {
      count: gaps.length,
      medianMs: Math.round(gaps[Math.floor(gaps.length / 2)] ?? 0),
      p95Ms: Math.round(gaps[Math.floor(gaps.length * 0.95)] ?? 0),
      longestMs: Math.round(gaps.at(-1) ?? 0),
      unservedPercent: Math.round((10_000 * sum(gaps)) / Math.max(1, shardMs)) / 100,
    },
    addsPerShard: {
      mean: Math.round((10 * sum(adds)) / Math.max(1, adds.length)) / 10,
      most: Math.max(0, ...adds),
    },
    repeatedAdds: sum(results.map(({repeatedAdds}) => repeatedAdds.length)),
    toldByChangeovers: sum(results.map(({toldByChangeover}) => toldByChangeover)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
