/** Where the eye is in a list that changes below it. Pure. */

export interface TableState {
  /** Key of the selected row: the selection follows the object, wherever it is sorted. '' before the first key press. */
  readonly selected: string;
  /** Where it was seen last: what takes its place when it goes. */
  readonly index: number;
  /** First row shown. */
  readonly top: number;
}

export const TABLE_START: TableState = {selected: '', index: 0, top: 0};

export type Step = 'up' | 'down' | 'pageUp' | 'pageDown' | 'first' | 'last';

/** After the rows have changed. */
export function anchored(table: TableState, keys: readonly string[], height: number): TableState {
  if (table.selected === '') return scrolled({...table, index: 0}, keys.length, height, false);
  // No row to fall back on: a filter that nothing matches is cleared sooner or later.
  if (keys.length === 0) return {...table, top: 0};
  const found = keys.indexOf(table.selected);
  const index = found >= 0 ? found : Math.max(0, Math.min(table.index, keys.length - 1));
  const selected = keys[index] ?? '';
  return scrolled({...table, selected, index}, keys.length, height, true);
}

export function moved(
  table: TableState,
  step: Step,
  keys: readonly string[],
  height: number,
): TableState {
  if (keys.length === 0) return table;
  const here = anchored(table, keys, height);
  // The first key press only shows where the selection is.
  const from = table.selected === '' && step === 'down' ? -1 : here.index;
  const page = Math.max(1, height - 1);
  const by = {
    up: -1,
    down: 1,
    pageUp: -page,
    pageDown: page,
    first: -keys.length,
    last: keys.length,
  };
  const index = Math.max(0, Math.min(keys.length - 1, from + by[step]));
  return scrolled({...here, selected: keys[index] ?? '', index}, keys.length, height, true);
}

function scrolled(table: TableState, count: number, height: number, follow: boolean): TableState {
  const most = Math.max(0, count - height);
  let top = Math.min(table.top, most);
  if (follow && table.index < top) top = table.index;
  if (follow && table.index >= top + height) top = table.index - height + 1;
  return {...table, top: Math.max(0, Math.min(top, most))};
}
