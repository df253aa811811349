/** How many lines everything gets. Pure. */
import {detailsOf} from './detail-frame.ts';
import {troublesOf} from './trouble.ts';
import {rowsOf, shownData} from './view-state.ts';
import type {PanelSlot} from './view-spec.ts';
import type {ViewState} from './view-state.ts';
import {
  LEAST_COLUMNS,
  LEAST_ROWS,
  DETAIL_LEAST_LINES,
  HEADER_LINES,
  FOOTER_LINES,
  TROUBLE_LINES,
  HISTORY_ROWS,
  PANEL_LINES,
} from './limits.ts';

export interface Layout {
  /** The frame's lines: at most one less than the screen has, or it would scroll. */
  readonly height: number;
  readonly small: boolean;
  /** Rows of each panel; 0: not shown. */
  readonly heights: readonly number[];
  /** Lines of the details; 0: not shown. */
  readonly details: number;
  readonly troubles: number;
  /** Whether moves have a line about how far they are. */
  readonly progress: boolean;
}

export function layoutOf(state: ViewState): Layout {
  const {columns, rows} = state.size;
  const height = Math.max(1, rows - 1);
  const small = columns < LEAST_COLUMNS || rows < LEAST_ROWS;
  const summary = shownData(state).summary;
  const progress = state.spec.view === 'moves' && (summary?.moves.running ?? 0) > 0;
  const troubles = Math.min(TROUBLE_LINES, troublesOf(state).sentences.length);
  const room = height - HEADER_LINES - FOOTER_LINES - (progress ? 1 : 0) - troubles;
  const most = Math.min(Math.floor(height / 2), room - linesOfOneRow(state));
  const details = state.details && !small ? detailLines(state, most) : 0;
  const heights = small ? [] : heightsOf(state, Math.max(1, room - details));
  return {height, small, heights, details, troubles, progress};
}

function detailLines(state: ViewState, most: number): number {
  const lines = detailsOf(state).flat().length;
  return lines === 0 || most < DETAIL_LEAST_LINES ? 0 : Math.min(most, lines + 1);
}

/** The panel in focus with the one row that the details are of. */
function linesOfOneRow({spec, focus}: ViewState): number {
  return linesAbove(spec.slots[focus]) + 1;
}

/** Its title and the names of its columns. */
function linesAbove(slot: PanelSlot | undefined): number {
  return Number(slot?.titled ?? false) + Number(slot?.headed ?? false);
}

/** Where not all have room: the panel in focus gets what it needs, and the others in their order what is left. */
function inFocusFirst(
  focus: number,
  body: number,
  {chrome, wants}: {readonly chrome: readonly number[]; readonly wants: readonly number[]},
): number[] {
  let left = body;
  const heights = wants.map(() => 0);
  const others = wants.map((_, index) => index).filter((index) => index !== focus);
  for (const index of [focus, ...others]) {
    const above = chrome[index] ?? 0;
    const height = Math.min(wants[index] ?? 1, left - above);
    if (height < 1 && index !== focus) continue;
    heights[index] = Math.max(1, height);
    left -= above + Math.max(1, height);
  }
  return heights;
}

/** Everyone gets what it needs as far as all can; what is left goes to those who need more, to what is over at last. */
function heightsOf(state: ViewState, body: number): number[] {
  const {slots} = state.spec;
  const chrome = slots.map(linesAbove);
  const wants = slots.map((_, index) => Math.max(1, rowsOf(state, index).length));
  if (body < PANEL_LINES * slots.length) return inFocusFirst(state.focus, body, {chrome, wants});
  let spareLines = body - chrome.reduce((sum, lines) => sum + lines, 0);
  const heights = slots.map(() => 0);
  const history = slots.findIndex(({panel}) => panel.section === 'finished');
  const kept = history < 0 || slots.length === 1 ? 0 : Math.min(HISTORY_ROWS, wants[history] ?? 0);
  spareLines -= kept;
  let hungry = slots.map((_, index) => index).filter((index) => index !== history);
  while (spareLines > 0 && hungry.length > 0) {
    const each = Math.max(1, Math.floor(spareLines / hungry.length));
    for (const index of hungry) {
      const take = Math.min(each, spareLines, (wants[index] ?? 0) - (heights[index] ?? 0));
      heights[index] = (heights[index] ?? 0) + take;
      spareLines -= take;
    }
    hungry = hungry.filter((index) => (heights[index] ?? 0) < (wants[index] ?? 0));
  }
  if (history >= 0) heights[history] = Math.min(wants[history] ?? 0, kept + spareLines);
  return heights;
}
