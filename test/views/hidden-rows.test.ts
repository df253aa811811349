/** Whatever is hidden by a filter, by the height of the screen or by the daemon is counted where the rows stand. */
import {describe, expect, it} from 'vitest';
import type {LiveView} from '../../src/protocol/admin.ts';
import {frameOf} from '../../src/views/frame.ts';
import {textOf} from '../../src/views/line.ts';
import {app, container, heard, rows, summary, viewOf} from './fixture.ts';
import {queryOf} from '../../src/views/view-state.ts';
import {pressed} from './pressed.ts';

const names = (count: number): string[] => Array.from({length: count}, (_, at) => `c-${at}`);

function linesOf(view: LiveView, ready: number, filter = '', columns = 80): string[] {
  const containers = names(5).map((id) => container(id, {zone: 'z'}));
  const reported = summary({containers: {ready}, matched: ready, total: ready, apps: 1});
  const known = heard(
    rows({...(view === 'top' ? {apps: [app('orders')]} : {}), containers}, {summary: reported}),
  );
  const state = viewOf(view, {columns, rows: 24}, known);
  const typed = filter === '' ? state : pressed(state, 'filter', ...filter, 'details');
  return frameOf(typed).map(textOf);
}

const title = (lines: readonly string[], word: string): string =>
  (lines.find((line) => /^[* ] /.test(line) && line.startsWith(word, 2)) ?? '')
    .replace(/ -+$/, '')
    .trim();

describe('the dashboard', () => {
  it('says only how many there are while all of them can be seen', () => {
    expect(title(linesOf('top', 5), 'CONTAINERS')).toBe('CONTAINERS 5');
  });

  it('says in each title how many of all a filter leaves', () => {
    const lines = linesOf('top', 5, 'c-3');
    expect(title(lines, 'CONTAINERS')).toBe('CONTAINERS 1 of 5');
    expect(title(lines, 'APPS')).toBe('* APPS 0 of 1');
  });

  it('says how many the daemon has not sent, and that a filter has not looked at them', () => {
    expect(title(linesOf('top', 9), 'CONTAINERS')).toBe('CONTAINERS 5 of 9 (5 sent)');
    const none = linesOf('top', 9, 'c-7');
    expect(title(none, 'CONTAINERS')).toBe('CONTAINERS 0 of 9 (5 sent)');
    expect(none.join('\n')).toContain('nothing matches the filter among the 5 of 9 that were sent');
  });
});

describe('a view of containers', () => {
  const state = (ready: number, filter: string, sent = 5, matched = ready) => {
    const reported = summary({containers: {ready}, matched, total: ready, apps: 1});
    const containers = names(sent).map((id) => container(id));
    const known = heard(rows({containers}, {summary: reported}));
    return pressed(viewOf('containers', {columns: 80, rows: 24}, known), 'filter', ...filter);
  };

  it('asks the daemon for those that pass the filter where it has more than it sends', () => {
    expect(queryOf(state(9, 'c-7'))).toEqual({filter: 'c-7', sort: 'trouble'});
    expect(queryOf(state(5, 'c-7'))).toBeUndefined();
    const text = frameOf(state(9, 'zz', 0, 0))
      .map(textOf)
      .join('\n');
    expect(text).toContain('nothing matches the filter');
    expect(text).not.toContain('sent');
  });

  it.each([80, 120])('says it at %i columns, whatever has to give way', (columns) => {
    const line = (ready: number, filter = ''): string =>
      linesOf('containers', ready, filter, columns)[1] ?? '';
    expect(line(5)).not.toContain('showing');
    expect(line(5, 'c-3')).toContain('showing 1 of 5 ');
    expect(line(9)).toContain('showing 5 of 9 (5 sent)');
    expect(line(9, 'c-3')).toContain('showing 1 of 9 (5 sent)');
  });
});
