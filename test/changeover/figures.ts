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
  /** Second processes with the id of a living container, while they wait for it. */
  readonly secondProcesses: {
    readonly count: number;
    /** Of the overlaps: with a process of another container. */
    readonly ofTwoIds: number;
    /** From the second one's session key until the alarm that names the container. */
    readonly noticedMedianMs: number;
    readonly noticedLongestMs: number;
    /** The alarm stood already, or the second one had ended before. */
    readonly notTimed: number;
  };
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
  readonly callsByChangeovers: number;
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
  const seconds = results.flatMap((result) => result.secondsNoticedMs ?? []);
  const timed = seconds.filter((ms) => ms !== null).sort((a, b) => a - b);
  return {
    rounds: results.length,
    minutes: Math.round(sum(results.map(({ms}) => ms)) / 6_000) / 10,
    overlaps: {
      none: of(''),
      stopped: of('stopped'),
      bolt: of('bolt'),
      'second process': of('second process'),
    },
    secondProcesses: {
      count: seconds.length,
      ofTwoIds: overlaps.filter((one) => one.excuse === 'second process' && one.ofTwoIds).length,
      noticedMedianMs: Math.round(timed[Math.floor(timed.length / 2)] ?? 0),
      noticedLongestMs: Math.round(timed.at(-1) ?? 0),
      notTimed: seconds.length - timed.length,
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
    callsByChangeovers: sum(results.map(({callsByChangeover}) => callsByChangeover)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
