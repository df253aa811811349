/** What containers, judge and conductor tell each other; one JSON line each, or one message between parent and child. */
import type {Gap, Overlap} from './verdict.ts';

export type AppendItem = readonly [
  shard: string,
  token: string,
  n: number,
  atUs: number,
  leftUs: number,
];

export type ToJudge =
  | {readonly type: 'fence'; readonly id: number; readonly shard: string; readonly token: string}
  | {
      readonly type: 'batch';
      readonly id: number;
      readonly owner: string;
      /** Batches up to this one were acknowledged. */
      readonly acked: number;
      /** Guards that refused since the last batch. */
      readonly refusals: number;
      readonly items: readonly AppendItem[];
    }
  | {
      readonly type: 'ended';
      readonly owner: string;
      readonly shard: string;
      readonly token: string;
      readonly atUs: number;
      readonly reason: string;
    };

export type FromJudge =
  | {readonly type: 'fenced'; readonly id: number; readonly n: number | null}
  | {readonly type: 'ack'; readonly id: number; readonly refused: readonly string[]};

/** Conductor to judge. */
export type JudgeQuestion =
  | {readonly type: 'acting'; readonly id: number; readonly sinceUs: number}
  | {readonly type: 'finish'; readonly id: number};
export type JudgeAnswer = {readonly id: number; readonly answer: unknown};

export interface TermShown {
  readonly shard: string;
  readonly owner: string;
  readonly token: string;
  readonly fromUs: number;
  readonly toUs: number;
}

/** What the judge has to say at the end. */
export interface JudgeReport {
  readonly passes: number;
  readonly terms: number;
  readonly shards: number;
  readonly overlaps: readonly Overlap[];
  readonly gaps: readonly Gap[];
  readonly guardRefusals: number;
  readonly naive: {
    readonly appends: number;
    readonly late: number;
    readonly escapes: number;
    readonly mostAtOnce: number;
  };
  readonly checked: {
    readonly accepted: number;
    readonly refused: number;
    readonly acknowledged: number;
    readonly entries: number;
  };
  readonly tokenDisorders: readonly string[];
  readonly lost: readonly string[];
  readonly timeline: readonly TermShown[];
}

/** Conductor to a process of containers. */
export interface GroupOrder {
  readonly name: string;
  readonly judge: string;
  readonly endpoints: readonly string[];
  readonly etcdPrefix: string;
  readonly ttlMs: number;
  readonly containers: readonly {readonly app: string; readonly id: string}[];
  /** Address told to daemons; that of a relay. */
  readonly host: string;
  readonly bind: string;
  readonly port: number;
  readonly everyMs: number;
  readonly watchdog: boolean;
}

/** The event loop of the process stands still for so long. */
export interface StallOrder {
  readonly stallMs: number;
}

/** The machine's monotonic clock, the same for all processes, µs. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
