/** What is wrong with loads that are reported: each is made harmless, counted and shown. */
import {LOAD_LIMIT} from '../model/limits.ts';

export const LOAD_FAULTS = [
  /** A name that no metric may have. */
  'name',
  /** More metrics than a shard may report. */
  'many',
  /** Reported as a gauge and counted as a counter. */
  'kind',
  /** NaN, infinite, or not a number at all. */
  'notNumber',
  'negative',
  /** Above the largest load there is: it counts as that. */
  'huge',
  /** The application's callback threw, or gave a promise. */
  'callback',
  /** Reported by a container that does not hold the shard. */
  'foreign',
  /** Far above all that was seen of the shard: nothing follows from it unless the next one is as high. */
  'jump',
] as const;

export type LoadFault = (typeof LOAD_FAULTS)[number];

/** How often each has happened; absent: never. */
export type LoadFaultCounts = Readonly<Partial<Record<LoadFault, number>>>;

const WORDS: Readonly<Record<LoadFault, string>> = {
  name: 'invalid metric names',
  many: 'more metrics than a shard may report',
  kind: 'metrics both as gauges and as counters',
  notNumber: 'loads that are not numbers',
  negative: 'negative loads',
  huge: 'loads above the maximum',
  callback: 'the load callback failed',
  foreign: 'loads of shards that it does not own',
  jump: 'loads that jump',
};

/** In words, in one order: the same faults make the same text. */
export function loadFaultText(faults: ReadonlySet<LoadFault>): string {
  return LOAD_FAULTS.filter((fault) => faults.has(fault))
    .map((fault) => WORDS[fault])
    .join(', ');
}

/** The load that `value` counts as; undefined when it counts as not reported. `onFault` is given what is wrong with it. */
export function harmless(value: unknown, onFault: (fault: LoadFault) => void): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    onFault('notNumber');
    return undefined;
  }
  if (value < 0) {
    onFault('negative');
    return undefined;
  }
  if (value <= LOAD_LIMIT) return value;
  onFault('huge');
  return LOAD_LIMIT;
}
