/** What an application reports of one shard: gauges as they are, counters as rates a second. Pure. */
import {nameProblem} from '../model/ids.ts';
import {harmless} from './load-faults.ts';
import {METRICS_PER_SHARD, RATE_LEAST_MS, RATE_WINDOW_MS} from './limits.ts';
import type {LoadFault} from './load-faults.ts';
import {LOAD_LIMIT} from '../model/limits.ts';

/** Loads by the name of their metric. */
export type Loads = Readonly<Record<string, number>>;

interface Gauge {
  readonly kind: 'gauge';
  value: number;
}

/** Two marks: a rate is taken over the time since the older one, so that several who ask see the same. */
interface Counter {
  readonly kind: 'counter';
  total: number;
  olderTotal: number;
  olderMs: number;
  newerTotal: number;
  newerMs: number;
}

export interface ShardMeterOptions {
  /** Monotonic ms. */
  readonly nowMs: () => number;
  readonly onFault: (fault: LoadFault) => void;
}

export class ShardMeter {
  private readonly options: ShardMeterOptions;
  private readonly metrics = new Map<string, Gauge | Counter>();

  constructor(options: ShardMeterOptions) {
    this.options = options;
  }

  /** Sets gauges: each stays until it is reported anew. */
  report(gauges: Loads): void {
    for (const name in gauges) {
      const value = harmless(gauges[name], this.options.onFault);
      if (value === undefined) continue;
      const known = this.metrics.get(name) ?? this.opened(name, 'gauge');
      if (known?.kind === 'gauge') known.value = value;
      else if (known !== undefined) this.options.onFault('kind');
    }
  }

  /** Adds to counters: their loads are rates a second. */
  count(amounts: Loads): void {
    for (const name in amounts) {
      const amount = harmless(amounts[name], this.options.onFault);
      if (amount === undefined) continue;
      const known = this.metrics.get(name) ?? this.opened(name, 'counter');
      if (known?.kind === 'counter') known.total += amount;
      else if (known !== undefined) this.options.onFault('kind');
    }
  }

  /** The loads now; a counter that has just begun has none yet. */
  sample(): Record<string, number> {
    const nowMs = this.options.nowMs();
    const loads: Record<string, number> = {};
    for (const [name, metric] of this.metrics) {
      const value = metric.kind === 'gauge' ? metric.value : rateOf(metric, nowMs);
      if (value !== undefined) loads[name] = value;
    }
    return loads;
  }

  private opened(name: string, kind: 'gauge' | 'counter'): Gauge | Counter | undefined {
    const {onFault, nowMs} = this.options;
    if (nameProblem('metric', name) !== undefined) onFault('name');
    else if (this.metrics.size >= METRICS_PER_SHARD) onFault('many');
    else {
      const metric = kind === 'gauge' ? {kind, value: 0} : newCounter(nowMs());
      this.metrics.set(name, metric);
      return metric;
    }
    return undefined;
  }
}

function newCounter(nowMs: number): Counter {
  const marks = {olderTotal: 0, olderMs: nowMs, newerTotal: 0, newerMs: nowMs};
  return {kind: 'counter', total: 0, ...marks};
}

function rateOf(counter: Counter, nowMs: number): number | undefined {
  if (nowMs - counter.newerMs >= RATE_WINDOW_MS) {
    counter.olderTotal = counter.newerTotal;
    counter.olderMs = counter.newerMs;
    counter.newerTotal = counter.total;
    counter.newerMs = nowMs;
  }
  const passedMs = nowMs - counter.olderMs;
  if (passedMs < RATE_LEAST_MS) return undefined;
  return Math.min(LOAD_LIMIT, ((counter.total - counter.olderTotal) * 1_000) / passedMs);
}
