/** Scales of charts. Pure. */
import {LEAST_TOP_SHARE, PEAK_FACTOR} from './limits.ts';
import {spreadOf} from './spread.ts';
import type {SimulationResult} from './simulation-result.ts';

export interface Run {
  readonly name: string;
  readonly result: SimulationResult;
}

/** The next round number. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  // 0.3 / 0.1 is a little more than 3.
  const step = [1, 1.5, 2, 3, 5].find((one) => one * power >= value * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(3));
}

/** Top of the scale of imbalance. */
export function topOf(runs: readonly Run[]): number {
  const values = runs.flatMap(({result}) => result.curve.map(({imbalance}) => imbalance));
  const {p95, max} = spreadOf(values);
  return niceCeiling(Math.max(LEAST_TOP_SHARE, Math.min(max, PEAK_FACTOR * p95 || max)));
}

/** `12 %`, `1.5 %`. */
export function percentText(ratio: number): string {
  const percent = 100 * ratio;
  return `${percent >= 100 ? Math.round(percent) : Number(percent.toFixed(1))} %`;
}

/** `90s`, `40m`, `2h30m`. */
export function minuteText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes}m`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)}h${rest === 0 ? '' : `${String(rest).padStart(2, '0')}m`}`;
}
