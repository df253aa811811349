/** The selection, and the details of it, while a filter or a small screen hides them. */
import {describe, expect, it} from 'vitest';
import {frameOf} from '../../src/views/frame.ts';
import {textOf} from '../../src/views/line.ts';
import {reduce} from '../../src/views/view-reducer.ts';
import {selectedRow} from '../../src/views/view-state.ts';
import type {ViewState} from '../../src/views/view-state.ts';
import {container, heard, rows, viewOf} from './fixture.ts';
import {pressed} from './pressed.ts';

const size = {columns: 80, rows: 24};
const names = ['orders-1', 'orders-2', 'orders-3'];
const three = () => heard(rows({containers: names.map((id) => container(id))}));
const shown = (state: ViewState): string => frameOf(state).map(textOf).join('\n');
const idOf = (state: ViewState): string => {
  const row = selectedRow(state);
  return row !== undefined && 'id' in row ? row.id : '';
};

describe('a filter that nothing matches', () => {
  const start = viewOf('containers', size, three());
  const second = pressed(start, 'down', 'down');
  const none = (state: ViewState): ViewState => pressed(state, 'filter', ...'zzz', 'details');

  it('keeps the selection for when it is cleared', () => {
    expect(idOf(second)).toBe('orders-2');
    expect(idOf(none(second))).toBe('');
    expect(idOf(pressed(none(second), 'escape'))).toBe('orders-2');
  });

  it('is cleared by the first Esc, though details are open that nobody sees', () => {
    const open = pressed(second, 'details');
    expect(shown(open)).toContain('incarnation');
    const hidden = none(open);
    expect(shown(hidden)).not.toContain('incarnation');
    const cleared = pressed(hidden, 'escape');
    expect(cleared.filter).toBe('');
    expect(shown(cleared)).toContain('incarnation orders-2-1');
    expect(shown(pressed(cleared, 'escape'))).not.toContain('incarnation');
  });

  it('leaves nothing for Enter to open', () => {
    const empty = pressed(none(start), 'details');
    expect(shown(pressed(empty, 'escape'))).not.toContain('incarnation');
  });
});

it('Enter on a screen that is too small for details opens none for later', () => {
  const small = viewOf('containers', {columns: 50, rows: 24}, three());
  const pressedThere = pressed(small, 'down', 'details');
  const wider = reduce(pressedThere, {type: 'resize', size, nowMs: 0});
  expect(shown(wider)).not.toContain('incarnation');
});
