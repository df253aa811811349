/** A whole frame as lines: never more than the screen has less one, never wider than it. Pure. */
import {counted} from '../model/counted.ts';
import {cut} from '../model/text-width.ts';
import {detailFrame, helpFrame} from './detail-frame.ts';
import {figuresLine, progressLine, summaryText} from './figures.ts';
import {LEAST_COLUMNS, LEAST_ROWS} from './limits.ts';
import {layoutOf} from './layout.ts';
import type {Layout} from './layout.ts';
import {clipped, line, span, spread} from './line.ts';
import type {Line} from './line.ts';
import {isStale, linkText} from './link-state.ts';
import {panelFrame} from './panel-frame.ts';
import {clockText, safe} from './text.ts';
import {troublesOf} from './trouble.ts';
import type {ViewState} from './view-state.ts';

export function frameOf(state: ViewState): readonly Line[] {
  const layout = layoutOf(state);
  const {columns} = state.size;
  const lines = layout.small ? smallFrame(state, layout) : wholeFrame(state, layout);
  const dimmed = isStale(state.link) ? lines.map(dim) : lines;
  return dimmed.slice(0, layout.height).map((each) => clipped(each, columns));
}

function wholeFrame(state: ViewState, layout: Layout): Line[] {
  const head = [headLine(state), figuresLine(state)];
  if (layout.progress) head.push(progressLine(state));
  const foot = [footLine(state)];
  const lines = layout.height - head.length - foot.length;
  if (state.help) return [...head, ...helpFrame(lines, state.size.columns), ...foot];
  const body = state.spec.slots.flatMap((_, index) =>
    (layout.heights[index] ?? 0) === 0 ? [] : panelFrame(state, index, layout.heights[index] ?? 0),
  );
  const low = [...detailFrame(state, layout.details), ...troubleLines(state, layout.troubles)];
  const gap = state.spec.fullScreen ? Math.max(0, lines - body.length - low.length) : 0;
  return [...head, ...body, ...Array.from({length: gap}, () => line('')), ...low, ...foot];
}

/** What stays bright when the rest is old: the line that says so. */
function dim(spans: Line, index: number): Line {
  if (index === 0) return spans;
  return spans.map(({text, tone}) => span(text, tone === 'selected' ? tone : 'dim'));
}

function headLine(state: ViewState): Line {
  const {labels, link, nowMs, size, frozen} = state;
  const name = [labels.command, safe(labels.service), safe(labels.server)];
  const title = name.filter((part) => part !== '').join('   ');
  const freshness = safe(linkText(link, nowMs));
  if (isStale(link)) return [span(freshness, 'bad'), span(`  ${title}`, 'dim')];
  if (frozen !== undefined) {
    const since = `PAUSED ${clockText(nowMs - frozen.sinceMs)}, Space continues`;
    return spread([span(title, 'head')], [span(since, 'warn')], size.columns);
  }
  const gaps = link.gaps === 0 ? '' : `  reconnects ${link.gaps}`;
  return spread([span(title, 'head')], [span(`${freshness}${gaps}`, 'good')], size.columns);
}

function footLine(state: ViewState): Line {
  const {help, typing, filter, frozen, nowMs, assembly, spec} = state;
  if (help) return line('any key goes back  q quit', 'dim');
  if (typing)
    return [span('/', 'head'), span(`${safe(filter)}_`), span('   Enter keep  Esc clear', 'dim')];
  const keys = [
    'q quit',
    '/ filter',
    's sort',
    'Space pause',
    'Enter details',
    ...(spec.slots.length > 1 ? ['Tab panel'] : []),
    'w wide',
    '? keys',
  ].join('  ');
  if (frozen === undefined) return line(keys, 'dim');
  const waiting = assembly.whole.changes - frozen.data.changes;
  const text = `PAUSED ${clockText(nowMs - frozen.sinceMs)}, ${counted(waiting, 'change')} not shown`;
  return [span(text, 'warn'), span(`  ${keys}`, 'dim')];
}

/** At most `most` of them. How many are left is said at the end of the last line, whatever has to be cut for it. */
function troubleLines(state: ViewState, most: number): Line[] {
  const {sentences, count} = troublesOf(state);
  const shown = sentences.slice(0, Math.max(0, most));
  const left = count - shown.length;
  return shown.map((text, index) => {
    const more = index === shown.length - 1 && left > 0 ? ` (and ${left} more)` : '';
    return line(cut(text, state.size.columns - more.length) + more, 'bad');
  });
}

/** The screen is too small for a table: how things are, what is wrong, and how to get the table. */
function smallFrame(state: ViewState, {height}: Layout): Line[] {
  const {link, nowMs, frozen, size} = state;
  const freshness = safe(linkText(link, nowMs));
  const [word = ''] = freshness.split(' ');
  const stale = isStale(link) ? [span(`${freshness}  `, 'bad')] : [];
  const paused = frozen === undefined ? [] : [span('PAUSED  ', 'warn')];
  const live = stale.length > 0 || paused.length > 0 ? [] : [span(`  ${word}`, 'dim')];
  const first: Line = [...stale, ...paused, span(summaryText(state)), ...live];
  const lines: Line[] = [first, ...troubleLines(state, height - 1)];
  // Until it is kept or cleared, a q would be one of its letters.
  if (state.typing) return [...lines.slice(0, height - 1), footLine(state)];
  const least = `q quit; a table needs ${LEAST_COLUMNS}x${LEAST_ROWS}, this is ${size.columns}x${size.rows}`;
  return lines.length < height ? [...lines, line(least, 'dim')] : lines;
}
