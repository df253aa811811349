/** One panel as lines: a title, the names of its columns, the rows that there is room for. Pure. */
import type {LiveRow} from '../protocol/admin-live.ts';
import {widthOf} from '../model/text-width.ts';
import {fitColumns, headerText, rowText} from './columns.ts';
import type {CellContext, FittedColumn, TableRows} from './columns.ts';
import {line, span} from './line.ts';
import type {Line, Tone} from './line.ts';
import {quoted} from './panel.ts';
import type {Panel} from './panel.ts';
import {safe} from './text.ts';
import {contextOf, countsOf, rowsOf} from './view-state.ts';
import type {ViewState} from './view-state.ts';
import {GUTTER_WIDTH} from './limits.ts';

export function panelFrame(state: ViewState, index: number, height: number): Line[] {
  const slot = state.spec.slots[index];
  const look = state.panels[index];
  if (slot === undefined || look === undefined) return [];
  const {panel, titled, headed} = slot;
  const rows = rowsOf(state, index);
  const context = contextOf(state);
  const shown = rows.slice(look.table.top, look.table.top + height);
  const columns = columnsOf(state, panel, {all: rows, shown}, context);
  const lines: Line[] = [];
  if (titled) lines.push(titleLine(state, index, shown.length));
  if (headed && rows.length > 0)
    lines.push(line(' '.repeat(GUTTER_WIDTH) + headerText(columns), 'dim'));
  if (rows.length === 0)
    lines.push(line(' '.repeat(GUTTER_WIDTH) + emptyText(state, index, panel), 'dim'));
  for (const row of shown) lines.push(rowLine(state, index, row, columns, context));
  return lines;
}

function columnsOf(
  {wide, labels, size}: ViewState,
  panel: Panel,
  rows: TableRows<LiveRow>,
  context: CellContext,
): readonly FittedColumn<LiveRow>[] {
  const wanted = panel.columns.filter(
    (column) =>
      (wide || column.wide !== true) && (labels.service === '' || column.header !== 'APP'),
  );
  return fitColumns(wanted, rows, context, size.columns - GUTTER_WIDTH);
}

function titleLine(state: ViewState, index: number, shown: number): Line {
  const slot = state.spec.slots[index];
  const focused = state.focus === index && state.spec.slots.length > 1;
  const {found, sent, all} = countsOf(state, index);
  const cutOff = [
    ...(sent < all ? [`${sent} sent`] : []),
    ...(shown < found ? [`${shown} shown`] : []),
  ].join(', ');
  const count = `${found}${found < all ? ` of ${all}` : ''}${cutOff === '' ? '' : ` (${cutOff})`}`;
  const title = `${focused ? '*' : ' '} ${(slot?.panel.title ?? '').toUpperCase()} ${count} `;
  const rule = '-'.repeat(Math.max(0, state.size.columns - widthOf(title)));
  return [span(title, focused ? 'head' : 'plain'), span(rule, 'dim')];
}

function emptyText(state: ViewState, index: number, {empty, section}: Panel): string {
  const {filter, labels} = state;
  const {sent, asked, all} = countsOf(state, index);
  const among =
    section !== 'shards' && sent < asked ? ` among the ${sent} of ${all} that were sent` : '';
  if (filter !== '') return `nothing matches the filter${among}`;
  return section === 'containers' && labels.service !== ''
    ? `${empty} -a ${quoted(safe(labels.service))}`
    : empty;
}

function rowLine(
  state: ViewState,
  index: number,
  row: LiveRow,
  columns: readonly FittedColumn<LiveRow>[],
  context: CellContext,
): Line {
  const slot = state.spec.slots[index];
  if (slot === undefined) return [];
  const {mark, tone} = slot.panel;
  const selected = state.focus === index && state.panels[index]?.table.selected === row.key;
  const text = rowText(columns, row, context);
  const rowTone: Tone = tone(row);
  if (!selected)
    return [span(mark(row), rowTone), span(` ${text}`, rowTone === 'good' ? 'plain' : rowTone)];
  return [span(`${mark(row)}*`, rowTone), span(text, 'selected')];
}
