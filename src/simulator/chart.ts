/** Imbalance over time for a terminal, in ASCII. Pure. */
import {CHART_COLUMNS, CHART_ROWS} from './limits.ts';
import {minuteText, percentText, topOf} from './scale.ts';
import type {Run} from './scale.ts';
import type {Mark} from './simulation-result.ts';

const SIGNS = ['*', 'o'];
const BOTH = '@';
const MARK_SIGNS: Readonly<Record<Mark['event'], string>> = {
  join: '+',
  leave: '-',
  loss: 'x',
  drain: '~',
};

/** One run, or two to compare. */
export function chartLines(runs: readonly Run[]): string[] {
  const top = topOf(runs);
  const endMs = Math.max(1, ...runs.map(({result}) => result.durationMs));
  const grid = Array.from({length: CHART_ROWS}, () => Array<string>(CHART_COLUMNS).fill(' '));
  for (const [at, run] of runs.entries()) draw(grid, run, SIGNS[at] ?? '*', top, endMs);
  const labels = grid.map((_, row) => (row === 0 ? percentText(top) : ''));
  const width = Math.max(...labels.map(({length}) => length), percentText(0).length);
  const marks = markLine(runs[0]?.result.marks ?? [], endMs);
  return [
    `imbalance, the worst of each time: ${runs.map(({name}, at) => `${SIGNS[at] ?? ''} ${name}`).join('  ')}${runs.length > 1 ? `  ${BOTH} both` : ''}`,
    ...grid.map((cells, row) => `${(labels[row] ?? '').padStart(width)} |${cells.join('')}`),
    `${percentText(0).padStart(width)} +${'-'.repeat(CHART_COLUMNS)}`,
    ...(marks.trim() === ''
      ? []
      : [`${' '.repeat(width)}  ${marks}  + join  - leave  x loss  ~ drain`]),
    `${' '.repeat(width)}  ${timeLine(endMs)}`,
  ].map((line) => line.trimEnd());
}

function draw(
  grid: readonly string[][],
  {result}: Run,
  sign: string,
  top: number,
  endMs: number,
): void {
  const highest = new Map<number, number>();
  for (const {atMs, imbalance} of result.curve) {
    const column = columnOf(atMs, endMs);
    highest.set(column, Math.max(highest.get(column) ?? 0, imbalance));
  }
  for (const [column, imbalance] of highest) {
    const up = Math.min(CHART_ROWS - 1, Math.floor((imbalance / top) * CHART_ROWS));
    const cells = grid[CHART_ROWS - 1 - up];
    if (cells !== undefined) cells[column] = cells[column] === ' ' ? sign : BOTH;
  }
}

function markLine(marks: readonly Mark[], endMs: number): string {
  const cells = Array<string>(CHART_COLUMNS).fill(' ');
  for (const {atMs, event} of marks) {
    const column = columnOf(atMs, endMs);
    // A loss is what is looked for.
    if (cells[column] !== MARK_SIGNS.loss) cells[column] = MARK_SIGNS[event];
  }
  return cells.join('');
}

function timeLine(endMs: number): string {
  const [middle, end] = [minuteText(endMs / 2), minuteText(endMs)];
  const half = CHART_COLUMNS / 2;
  return `0${middle.padStart(half - 1 + Math.ceil(middle.length / 2))}`
    .padEnd(CHART_COLUMNS - end.length)
    .concat(end);
}

function columnOf(atMs: number, endMs: number): number {
  return Math.min(CHART_COLUMNS - 1, Math.floor((atMs / endMs) * CHART_COLUMNS));
}
