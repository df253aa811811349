/** What many runs came to; totals of several processes and of several days can be added up. */
import {addCounts} from './coverage.ts';
import type {Counts} from './coverage.ts';
import type {Violation} from './checker.ts';

export interface Failure {
  /** `seed 17`, `directed pairs 4711`. */
  readonly run: string;
  readonly violation: Violation;
  readonly faults: readonly string[];
}

export interface Totals {
  runs: number;
  failed: number;
  cpuSeconds: number;
  simulatedSeconds: number;
  events: number;
  recordWrites: number;
  failures: Failure[];
  /** What came up how often; empty unless asked for. */
  coverage: Counts;
}

export function noRuns(): Totals {
  return {
    runs: 0,
    failed: 0,
    cpuSeconds: 0,
    simulatedSeconds: 0,
    events: 0,
    recordWrites: 0,
    failures: [],
    coverage: {},
  };
}

export function addTotals(to: Totals, more: Totals): void {
  to.runs += more.runs;
  to.failed += more.failed;
  to.cpuSeconds += more.cpuSeconds;
  to.simulatedSeconds += more.simulatedSeconds;
  to.events += more.events;
  to.recordWrites += more.recordWrites;
  to.failures.push(...more.failures);
  addCounts(to.coverage, more.coverage);
}

export function totalsText(totals: Totals, seconds: number): string {
  const {runs, failed, cpuSeconds, simulatedSeconds, events, recordWrites} = totals;
  const each = (sum: number): number => Math.round(sum / Math.max(1, runs));
  return (
    `${runs} runs, ${failed} failed, ${(runs / seconds).toFixed(1)} a second, ` +
    `${Math.round((60 * runs) / cpuSeconds)} a minute of one core; ${each(simulatedSeconds)} simulated s, ` +
    `${each(events)} events and ${each(recordWrites)} record writes a run`
  );
}
