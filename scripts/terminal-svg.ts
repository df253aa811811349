/** Frames of a terminal, as `tmux capture-pane -e` gives them, as one SVG that shows them one after the other. Pure. */

export interface TimedFrame {
  readonly text: string;
  /** How long it stands, ms. */
  readonly forMs: number;
}

interface Style {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
  /** 30 to 37, or 0. */
  readonly colour: number;
}

const CELL_WIDTH = 8.4;
const LINE_HEIGHT = 17;
const MARGIN = 12;
const PLAIN: Style = {bold: false, dim: false, inverse: false, colour: 0};
const CLASSES: Readonly<Record<number, string>> = {31: 'r', 32: 'g', 33: 'y', 35: 'y'};
const CSS =
  'text{font:14px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d7dae0;white-space:pre}' +
  '.r{fill:#ff7b72}.g{fill:#7ee787}.y{fill:#e3b341}.b{font-weight:bold}.d{fill:#8b949e}.i{text-decoration:underline}';

/** The first frame is what stands where nothing moves. */
export function terminalSvg(
  frames: readonly TimedFrame[],
  columns: number,
  rows: number,
  title: string,
): string {
  const width = Math.ceil(columns * CELL_WIDTH + 2 * MARGIN);
  const height = rows * LINE_HEIGHT + 2 * MARGIN;
  const totalMs = frames.reduce((sum, {forMs}) => sum + forMs, 0);
  let atMs = 0;
  const groups = frames.map(({text, forMs}, index) => {
    const [from, to] = [atMs / totalMs, (atMs + forMs) / totalMs];
    atMs += forMs;
    const steps = stepsOf(from, to);
    const animation = `<animate attributeName="opacity" calcMode="discrete" dur="${totalMs / 1_000}s" repeatCount="indefinite" ${steps}/>`;
    return `<g opacity="${index === 0 ? 1 : 0}">${animation}\n${linesOf(text)}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" xml:space="preserve">`,
    `<title>${escaped(title)}</title>`,
    `<style>${CSS}</style>`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    ...groups,
    '</svg>',
    '',
  ].join('\n');
}

/** Seen from one share of the round to the other. */
function stepsOf(from: number, to: number): string {
  const points: [number, number][] = [[0, from === 0 ? 1 : 0]];
  if (from > 0) points.push([from, 1]);
  if (to < 1) points.push([to, 0]);
  const values = points.map(([, value]) => value).join(';');
  return `values="${values}" keyTimes="${points.map(([at]) => at.toFixed(4)).join(';')}"`;
}

function linesOf(text: string): string {
  return text
    .split('\n')
    .map((line, index) => {
      const y = MARGIN + (index + 1) * LINE_HEIGHT - 4;
      const spans = spansOf(line);
      return spans === '' ? '' : `<text y="${y}">${spans}</text>`;
    })
    .filter((line) => line !== '')
    .join('\n');
}

function spansOf(line: string): string {
  let style = PLAIN;
  let column = 0;
  let spans = '';
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b[')) {
      style = part.slice(2, -1).split(';').map(Number).reduce(restyled, style);
      continue;
    }
    const x = (MARGIN + column * CELL_WIDTH).toFixed(1);
    column += part.length;
    if (part.trim() === '') continue;
    const names = classesOf(style);
    const look = names === '' ? '' : ` class="${names}"`;
    const shown = part.trimEnd();
    // The cells stand where they belong, however wide the letters of the reader's font are.
    const length = (shown.length * CELL_WIDTH).toFixed(1);
    spans += `<tspan x="${x}" textLength="${length}"${look}>${escaped(shown)}</tspan>`;
  }
  return spans;
}

function restyled(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return {...style, bold: true};
  if (code === 2) return {...style, dim: true};
  if (code === 7) return {...style, inverse: true};
  if (code === 22) return {...style, bold: false, dim: false};
  if (code === 27) return {...style, inverse: false};
  return code >= 30 && code <= 39 ? {...style, colour: code === 39 ? 0 : code} : style;
}

function classesOf({bold, dim, inverse, colour}: Style): string {
  const names = [CLASSES[colour] ?? '', bold ? 'b' : '', dim ? 'd' : '', inverse ? 'i' : ''];
  return names.filter((name) => name !== '').join(' ');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
