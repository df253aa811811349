/** A simulation in words and figures. */
import {counted} from '../model/counted.ts';
import {fit, widthOf} from '../model/text-width.ts';
import {chartLines} from '../simulator/chart.ts';
import {minuteText, percentText} from '../simulator/scale.ts';
import type {Run} from '../simulator/scale.ts';
import type {SimulationResult} from '../simulator/simulation-result.ts';
import type {Spread} from '../simulator/spread.ts';
import type {Trace} from '../simulator/trace.ts';

type Row = readonly [label: string, valueOf: (result: SimulationResult) => string];

const NEVER_BEGUN =
  'nothing was measured: at no time were all shards served; to measure from the start: --from 0s';

/** `fromMs`: when measuring was to begin; undefined: as soon as all shards are served. */
function unmeasuredText(fromMs: number | undefined, durationMs: number): string {
  if (fromMs === undefined || fromMs < durationMs) return NEVER_BEGUN;
  return `nothing was measured: the trace ends after ${minuteText(durationMs)}, before --from ${minuteText(fromMs)}`;
}

/** Whose trace it is, where that is another app than the one that is simulated; and where the trace comes from. */
function playedText(app: string, trace: Trace): string {
  const isOther = app !== trace.app;
  const parts = [isOther ? `trace of app ${trace.app}` : '', trace.source];
  const text = parts.filter((part) => part !== '').join(', ');
  return text === '' ? '' : ` (${text})`;
}

/** `askedFromMs`: as `unmeasuredText` has it. */
export function simulationLines(
  {app, trace, runs}: {app: string; trace: Trace; runs: readonly Run[]},
  askedFromMs?: number,
): string[] {
  const [first] = runs;
  if (first === undefined) return [];
  const {durationMs} = trace;
  const {shards, fromMs, unservedAtEnd} = first.result;
  // Measuring begins when every shard is served: the zeros of a measurement that never began would look like a good policy.
  const unmeasured = runs.filter(({result}) => result.fromMs >= durationMs);
  const rows = rowsOf(first.result);
  const label = Math.max(...rows.map(([text]) => widthOf(text)));
  const cells = [
    ['', ...runs.map(({name}) => name)],
    ...rows.map(([text, valueOf]) => [text, ...runs.map(({result}) => valueOf(result))]),
  ];
  const width = Math.max(...cells.flatMap(([, ...values]) => values.map(widthOf)));
  return [
    `placement simulation of app ${app}${playedText(app, trace)}: ${minuteText(durationMs)}, ${counted(shards, 'shard')}, figures from ${minuteText(fromMs)} on`,
    ...cells.map(([text = '', ...values]) =>
      [fit(text, label), ...values.map((value) => fit(value, width, true))].join('  ').trimEnd(),
    ),
    ...runs.map(({name, result}) => `moves of ${name}: ${causes(result)}`),
    ...unmeasured.map(({name}) => `! ${name}: ${unmeasuredText(askedFromMs, durationMs)}`),
    ...(unservedAtEnd === 0 ? [] : [`! ${counted(unservedAtEnd, 'shard')} unserved at the end`]),
    '',
    ...chartLines(runs),
  ];
}

function rowsOf({imbalanceOf}: SimulationResult): Row[] {
  return [
    ['imbalance p50, p95, max', ({imbalance}) => spreadText(imbalance)],
    ...Object.keys(imbalanceOf).map((metric): Row => [
      `  of ${metric}`,
      (result) => spreadText(result.imbalanceOf[metric] ?? {p50: 0, p95: 0, max: 0}),
    ]),
    ['  of counts', ({imbalanceOfCounts}) => spreadText(imbalanceOfCounts)],
    ['moves', ({moves}) => String(moves)],
    [
      'moves a shard, most of one',
      (one) => `${one.movesPerShard.toFixed(2)}, ${one.mostMovesOfOne}`,
    ],
    ['rounds that moved, plans', ({rounds, plans}) => `${rounds}, ${plans}`],
    ['unserved shard-seconds', ({unservedShardSeconds}) => unservedShardSeconds.toFixed(1)],
    ['most unserved at once', ({unservedMost}) => String(unservedMost)],
  ];
}

function spreadText({p50, p95, max}: Spread): string {
  return [p50, p95, max].map(percentText).join(', ');
}

function causes({movesByCause}: SimulationResult): string {
  const all = Object.entries(movesByCause).map(([cause, count]) => `${count} ${cause}`);
  return all.length === 0 ? 'none' : all.join(', ');
}
