/** Curves of a simulation as SVG: imbalance over time, and moves added up. The same result gives the same bytes. Pure. */
import {counted} from '../model/counted.ts';
import {PANEL_HEIGHT_PIXELS, PICTURE_WIDTH_PIXELS} from './limits.ts';
import {minuteText, niceCeiling, percentText, topOf} from './scale.ts';
import type {Run} from './scale.ts';
import type {CurvePoint, Mark} from './simulation-result.ts';

const [LEFT, RIGHT, HEAD, BETWEEN, FOOT] = [64, 16, 46, 34, 30] as const;
const COLOURS = ['#1f6feb', '#b35900'];
const MARK_COLOURS: Readonly<Record<Mark['event'], string>> = {
  join: '#2da44e',
  leave: '#8b949e',
  loss: '#cf222e',
  drain: '#8250df',
};
const FIRST_TOP = HEAD;
const SECOND_TOP = HEAD + PANEL_HEIGHT_PIXELS + BETWEEN;
const HEIGHT = SECOND_TOP + PANEL_HEIGHT_PIXELS + FOOT;
const PLOT_WIDTH = PICTURE_WIDTH_PIXELS - LEFT - RIGHT;

interface Panel {
  readonly title: string;
  readonly top: number;
  readonly most: number;
  readonly valueOf: (point: CurvePoint) => number;
  readonly text: (value: number) => string;
}

/** One run, or two to compare. */
export function pictureOf(title: string, runs: readonly Run[]): string {
  const endMs = Math.max(1, ...runs.map(({result}) => result.durationMs));
  const moves = Math.max(1, ...runs.map(({result}) => result.moves));
  const panels: Panel[] = [
    {
      ...{title: 'imbalance: largest load of a container above its share', top: FIRST_TOP},
      ...{most: topOf(runs), valueOf: ({imbalance}) => imbalance, text: percentText},
    },
    {
      ...{title: 'moves, added up', top: SECOND_TOP, most: niceCeiling(moves)},
      ...{valueOf: (point) => point.moves, text: (value) => String(Math.round(value))},
    },
  ];
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PICTURE_WIDTH_PIXELS}" height="${HEIGHT}" viewBox="0 0 ${PICTURE_WIDTH_PIXELS} ${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(LEFT, 15, title, 'font-size="13" font-weight="bold"'),
    ...legend(runs),
    ...panels.flatMap((panel) => panelParts(panel, runs, endMs)),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) =>
      text(LEFT + share * PLOT_WIDTH, HEIGHT - 10, minuteText(share * endMs), MIDDLE),
    ),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

const MIDDLE = 'text-anchor="middle"';
const GREY = 'fill="#57606a"';

function legend(runs: readonly Run[]): string[] {
  const words = runs.map(({name, result}, at) => {
    const {p50, p95} = result.imbalance;
    const said = `${name}: imbalance p50 ${percentText(p50)}, p95 ${percentText(p95)}, ${counted(result.moves, 'move')}`;
    return `<tspan fill="${COLOURS[at] ?? ''}">${escaped(said)}</tspan>`;
  });
  return [`<text x="${LEFT}" y="30">${words.join('<tspan>   </tspan>')}</text>`];
}

function panelParts(panel: Panel, runs: readonly Run[], endMs: number): string[] {
  const {title, top, most, text: say} = panel;
  const bottom = top + PANEL_HEIGHT_PIXELS;
  const lines = [0, 0.5, 1].flatMap((share) => {
    const y = bottom - share * PANEL_HEIGHT_PIXELS;
    return [
      `<line x1="${LEFT}" y1="${y}" x2="${LEFT + PLOT_WIDTH}" y2="${y}" stroke="#d0d7de"/>`,
      text(LEFT - 6, y + 4, say(share * most), `text-anchor="end" ${GREY}`),
    ];
  });
  const marks = (runs[0]?.result.marks ?? []).map(({atMs, event}) => {
    const x = round(LEFT + (atMs / endMs) * PLOT_WIDTH);
    return `<line x1="${x}" y1="${top}" x2="${x}" y2="${bottom}" stroke="${MARK_COLOURS[event]}" stroke-opacity="0.5" stroke-dasharray="2 2"/>`;
  });
  const curves = [...runs.entries()]
    .reverse()
    .map(([at, {result}]) => curve(panel, result.curve, COLOURS[at] ?? '', endMs));
  return [...lines, ...marks, ...curves, text(LEFT + 4, top - 4, title, GREY)];
}

function curve(
  {top, most, valueOf}: Panel,
  points: readonly CurvePoint[],
  colour: string,
  endMs: number,
): string {
  const at = points.map((point) => {
    const x = LEFT + (point.atMs / endMs) * PLOT_WIDTH;
    const y = top + PANEL_HEIGHT_PIXELS * (1 - Math.min(1, valueOf(point) / most));
    return `${round(x)},${round(y)}`;
  });
  return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${at.join(' ')}"/>`;
}

function text(x: number, y: number, said: string, how: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${how}>${escaped(said)}</text>`;
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

function escaped(said: string): string {
  return said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
