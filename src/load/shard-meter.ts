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

type Metric = Gauge | Counter;

export interface ShardMeterOptions {
  /** Monotonic ms. */
  readonly nowMs: () => number;
  readonly onFault: (fault: LoadFault) => void;
}

export class ShardMeter {
  private readonly options: ShardMeterOptions;
  private readonly metrics = new Map<string, Metric>();

  constructor(options: ShardMeterOptions) {
    this.options = options;
  }

  /** Sets gauges: each stays until it is reported anew. */
  report(gauges: Loads): void {
    this.take(gauges, 'gauge');
  }

  /** Adds to counters: their loads are rates a second. */
  count(amounts: Loads): void {
    this.take(amounts, 'counter');
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

  /** Never throws: what is given is the application's, and so is who calls. */
  private take(loads: Loads, kind: Metric['kind']): void {
    const {onFault} = this.options;
    try {
      for (const name in loads) this.takeOne(name, valueOf(loads, name), kind);
    } catch {
      // A proxy need not even name what it has.
      onFault('notNumber');
    }
  }

  private takeOne(name: string, given: unknown, kind: Metric['kind']): void {
    const {onFault} = this.options;
    const value = harmless(given, onFault);
    if (value === undefined) return;
    const known = this.metrics.get(name) ?? this.opened(name, kind);
    if (known === undefined) return;
    if (known.kind !== kind) onFault('kind');
    else if (known.kind === 'gauge') known.value = value;
    else known.total += value;
  }

  private opened(name: string, kind: Metric['kind']): Metric | undefined {
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

/** What a getter throws makes its value no load, and no more. */
function valueOf(loads: Loads, name: string): unknown {
  try {
    return loads[name];
  } catch {
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
