/** What many runs came to; totals of several processes and of several days can be added up. */
import {addCounts} from './coverage.ts';
import type {Counts} from './coverage.ts';
import type {Violation} from './checker.ts';
import type {Outcome} from './scenario.ts';

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
  /** Equal for equal runs, whoever played which of them: a faster simulation must leave it as it is. */
  digest: number;
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
    digest: 0,
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
  to.digest = (to.digest + more.digest) >>> 0;
  to.failures.push(...more.failures);
  addCounts(to.coverage, more.coverage);
}

/** Counts the run of this number in. */
export function addRun(to: Totals, number: number, outcome: Outcome): void {
  to.runs += 1;
  to.simulatedSeconds += outcome.simulatedMs / 1000;
  to.events += outcome.events;
  to.recordWrites += outcome.recordWrites;
  const run = Math.imul(outcome.hash ^ outcome.events ^ number, 0x9e3779b1);
  to.digest = (to.digest + run) >>> 0;
}

export function totalsText(totals: Totals, seconds: number): string {
  const {runs, failed, cpuSeconds, simulatedSeconds, events, recordWrites, digest} = totals;
  const each = (sum: number): number => Math.round(sum / Math.max(1, runs));
  return (
    `${runs} runs, ${failed} failed, ${(runs / seconds).toFixed(1)} a second, ` +
    `${Math.round((60 * runs) / cpuSeconds)} a minute of one core; ${each(simulatedSeconds)} simulated s, ` +
    `${each(events)} events and ${each(recordWrites)} record writes a run; ` +
    `digest ${digest.toString(16).padStart(8, '0')}`
  );
}
