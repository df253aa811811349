/** All that decides what a live view looks like. Pure: time comes in. */
import {passes} from '../model/container-words.ts';
import type {LiveRow} from '../protocol/admin-live.ts';
import {totalOf} from '../protocol/live-totals.ts';
import type {CellContext} from './columns.ts';
import {NO_LINK, serverNowMs} from './link-state.ts';
import type {LinkState} from './link-state.ts';
import {NO_DATA} from './live-data.ts';
import type {Assembly, LiveData} from './live-data.ts';
import type {Panel} from './panel.ts';
import {TABLE_START} from './table-state.ts';
import type {TableState} from './table-state.ts';
import type {ViewSpec} from './view-spec.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface ViewLabels {
  /** The command that shows it. */
  readonly command: string;
  /** App, or ''. */
  readonly service: string;
  /** Where the data come from. */
  readonly server: string;
}

/** What one panel is being looked at with. */
export interface PanelState {
  readonly table: TableState;
  /** Index into the panel's sorts. */
  readonly sort: number;
}

export interface ViewState {
  readonly spec: ViewSpec;
  readonly labels: ViewLabels;
  readonly size: Size;
  /** Monotonic. */
  readonly nowMs: number;
  readonly link: LinkState;
  readonly assembly: Assembly;
  /** What is shown while paused; the stream goes on. */
  readonly frozen: {readonly data: LiveData; readonly sinceMs: number} | undefined;
  readonly panels: readonly PanelState[];
  readonly focus: number;
  readonly filter: string;
  /** Keys go into the filter. */
  readonly typing: boolean;
  readonly details: boolean;
  readonly help: boolean;
  readonly wide: boolean;
  /** Moves under way at moments of the last half minute, for the time that is left. */
  readonly pace: readonly {readonly atMs: number; readonly running: number}[];
  readonly ended: 'quit' | 'interrupt' | undefined;
}

export interface Start {
  readonly size: Size;
  readonly nowMs: number;
  readonly filter?: string;
}

export function startOf(
  spec: ViewSpec,
  labels: ViewLabels,
  {size, nowMs, filter = ''}: Start,
): ViewState {
  return {
    spec,
    labels,
    size,
    nowMs,
    link: NO_LINK,
    assembly: {whole: NO_DATA, building: undefined},
    frozen: undefined,
    panels: spec.slots.map(() => ({table: TABLE_START, sort: 0})),
    focus: 0,
    filter,
    typing: false,
    details: false,
    help: false,
    wide: false,
    pace: [],
    ended: undefined,
  };
}

/** What is shown now. */
export function shownData({frozen, assembly}: ViewState): LiveData {
  return frozen?.data ?? assembly.whole;
}

export function contextOf(state: ViewState): CellContext {
  return {nowMs: serverNowMs(state.link, state.nowMs)};
}

/** The rows of a panel that pass the filter, in their order. */
export function rowsOf(state: ViewState, index: number): readonly LiveRow[] {
  const slot = state.spec.slots[index];
  const look = state.panels[index];
  if (slot === undefined || look === undefined) return [];
  const rows = shownData(state).sections[slot.panel.section];
  const known = ordered.get(rows);
  const {filter} = state;
  if (known?.panel === slot.panel && known.sort === look.sort && known.filter === filter)
    return known.found;
  const found = orderedRows(slot.panel, [...rows.values()], filter, look.sort);
  ordered.set(rows, {panel: slot.panel, sort: look.sort, filter, found});
  return found;
}

/** How many rows of a panel pass the filter, and how many there are. */
export interface RowCounts {
  readonly found: number;
  /** By the daemon. */
  readonly sent: number;
  /** That the daemon would send if it sent all that it was asked for. */
  readonly asked: number;
  readonly all: number;
}

export function countsOf(state: ViewState, index: number): RowCounts {
  const section = state.spec.slots[index]?.panel.section;
  if (section === undefined) return {found: 0, sent: 0, asked: 0, all: 0};
  const {summary, sections} = shownData(state);
  const sent = sections[section].size;
  const reported = summary === undefined ? 0 : totalOf(section, summary);
  const all = Math.max(sent, reported);
  // A list has one kind of rows of which the daemon counts what matches; a daemon of before counts all.
  const isCounted = state.spec.slots.length === 1 && summary !== undefined;
  const asked = isCounted ? Math.max(sent, summary.matched) : all;
  return {found: rowsOf(state, index).length, sent, asked, all};
}

interface Ordered {
  readonly panel: Panel;
  readonly sort: number;
  readonly filter: string;
  readonly found: readonly LiveRow[];
}

/** The last answer for these rows, which are never changed in place: one frame asks several times. */
const ordered = new WeakMap<object, Ordered>();

function orderedRows(
  {words, sorts}: Panel,
  all: LiveRow[],
  filter: string,
  by: number,
): readonly LiveRow[] {
  const found = filter === '' ? all : all.filter((row) => passes(words(row), filter));
  const sort = sorts[by % sorts.length];
  return sort === undefined ? found : found.sort(sort.compare);
}

/** What of the query is decided at the screen: shards are searched and sorted in the daemon, containers searched where not all were sent. */
export function queryOf(state: ViewState): {filter: string; sort: string} | undefined {
  const {spec, filter, panels} = state;
  if (spec.view === 'containers') {
    const {sent, all} = countsOf(state, 0);
    return sent < all ? {filter, sort: 'trouble'} : undefined;
  }
  if (spec.view !== 'shards') return undefined;
  const sorts = spec.slots[0]?.panel.sorts ?? [];
  return {filter, sort: sorts[(panels[0]?.sort ?? 0) % sorts.length]?.name ?? ''};
}

/** The row under the cursor of the panel in focus. */
export function selectedRow(state: ViewState): LiveRow | undefined {
  const selected = state.panels[state.focus]?.table.selected;
  if (selected === undefined || selected === '') return undefined;
  return rowsOf(state, state.focus).find(({key}) => key === selected);
}
