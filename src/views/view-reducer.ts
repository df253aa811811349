/** How a live view changes. Pure: time comes in with every action. */
import type {LinkEvent} from '../model/live-link.ts';
import type {LiveMessage} from '../protocol/admin-live.ts';
import type {Key} from './keys.ts';
import {layoutOf} from './layout.ts';
import {takeLink} from './link-state.ts';
import {takeRows} from './live-data.ts';
import {anchored, moved} from './table-state.ts';
import type {Step} from './table-state.ts';
import {rowsOf} from './view-state.ts';
import type {PanelState, Size, ViewState} from './view-state.ts';
import {PACE_WINDOW_MS, FILTER_LIMIT_CHARACTERS} from './limits.ts';

export type Action =
  | {readonly type: 'link'; readonly event: LinkEvent<LiveMessage>; readonly nowMs: number}
  | {readonly type: 'tick'; readonly nowMs: number}
  | {readonly type: 'resize'; readonly size: Size; readonly nowMs: number}
  | {readonly type: 'key'; readonly key: Key; readonly nowMs: number};

export function reduce(before: ViewState, action: Action): ViewState {
  const state = {...before, nowMs: action.nowMs};
  switch (action.type) {
    case 'tick':
      return state;
    case 'resize':
      return settled({...state, size: action.size});
    case 'link':
      return takeEvent(state, action.event);
    case 'key':
      return settled(takeKey(state, action.key));
  }
}

function takeEvent(state: ViewState, event: LinkEvent<LiveMessage>): ViewState {
  const link = takeLink(state.link, event, state.nowMs);
  if (event.type !== 'message' || event.message.type !== 'rows') return {...state, link};
  const assembly = takeRows(state.assembly, event.message);
  const next = {...state, link, assembly};
  return assembly.whole === state.assembly.whole ? next : settled(paced(next));
}

function paced(state: ViewState): ViewState {
  const running = state.assembly.whole.summary?.moves.running ?? 0;
  const recent = state.pace.filter(({atMs}) => atMs > state.nowMs - PACE_WINDOW_MS);
  return {...state, pace: running === 0 ? [] : [...recent, {atMs: state.nowMs, running}]};
}

/** Selections follow their objects to where these are now. */
function settled(state: ViewState): ViewState {
  const {heights} = layoutOf(state);
  const panels = state.panels.map((look, index) => {
    const keys = rowsOf(state, index).map(({key}) => key);
    return {...look, table: anchored(look.table, keys, heights[index] ?? 1)};
  });
  return {...state, panels};
}

function takeKey(state: ViewState, key: Key): ViewState {
  if (key.name === 'interrupt') return {...state, ended: 'interrupt'};
  if (state.typing) return takeTyped(state, key);
  if (state.help) return {...state, help: false, ...(key.name === 'quit' ? {ended: 'quit'} : {})};
  switch (key.name) {
    case 'quit':
      return {...state, ended: 'quit'};
    case 'help':
      return {...state, help: true};
    case 'filter':
      return {...state, typing: true};
    case 'sort':
      return withPanel(state, ({sort, table}) => ({sort: sort + 1, table}));
    case 'pause':
      return paused(state);
    case 'details':
      return withDetails(state);
    case 'escape':
      return areDetailsSeen(state) ? {...state, details: false} : {...state, filter: ''};
    case 'wide':
      return {...state, wide: !state.wide};
    case 'nextPanel':
    case 'previousPanel':
      return turned(state, key.name === 'nextPanel' ? 1 : -1);
    case 'text':
    case 'backspace':
    // The host stops the process; nothing changes for the view.
    case 'suspend':
      return state;
    default:
      return stepped(state, key.name);
  }
}

function takeTyped(state: ViewState, key: Key): ViewState {
  const {filter} = state;
  switch (key.name) {
    case 'details':
      return {...state, typing: false};
    case 'escape':
      return {...state, typing: false, filter: ''};
    case 'backspace':
      return {...state, filter: [...filter].slice(0, -1).join('')};
    default:
      return {...state, filter: (filter + key.text).slice(0, FILTER_LIMIT_CHARACTERS)};
  }
}

function paused(state: ViewState): ViewState {
  if (state.frozen !== undefined) return {...state, frozen: undefined};
  return {...state, frozen: {data: state.assembly.whole, sinceMs: state.nowMs}};
}

/** Details are of a selected row: without one, of the first. Where there is no room or no row, there is nothing to open or to leave. */
function withDetails(state: ViewState): ViewState {
  if (areDetailsSeen(state)) return {...state, details: false};
  const selected = state.panels[state.focus]?.table.selected ?? '';
  const next = {...state, details: true};
  const open = selected === '' ? stepped(next, 'down') : next;
  return areDetailsSeen(open) ? open : state;
}

/** A filter without matches hides them, and a small screen: no key may be spent on what nobody sees. */
function areDetailsSeen(state: ViewState): boolean {
  return layoutOf(state).details > 0;
}

function turned(state: ViewState, by: number): ViewState {
  const count = state.spec.slots.length;
  return {...state, focus: (state.focus + by + count) % count};
}

function stepped(state: ViewState, step: Step): ViewState {
  const keys = rowsOf(state, state.focus).map(({key}) => key);
  const height = layoutOf(state).heights[state.focus] ?? 1;
  return withPanel(state, ({sort, table}) => ({sort, table: moved(table, step, keys, height)}));
}

function withPanel(state: ViewState, change: (panel: PanelState) => PanelState): ViewState {
  const panels = state.panels.map((panel, index) =>
    index === state.focus ? change(panel) : panel,
  );
  return {...state, panels};
}
