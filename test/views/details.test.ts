/** Details are where a long id, a command or an alarm is read whole: what a line has no room for goes on in the next one. */
import {describe, expect, it} from 'vitest';
import {wrapped, widthOf} from '../../src/model/text-width.ts';
import {frameOf} from '../../src/views/frame.ts';
import {textOf} from '../../src/views/line.ts';
import {app, ago, container, heard, rows, viewOf} from './fixture.ts';
import {pressed} from './pressed.ts';

const LONG = 'orders-worker-deployment-with-a-very-long-name-in-eu-central-1-7f9c8d6b5-x2x9z';

describe('a text that is wrapped', () => {
  it.each([
    ['', 10, ['']],
    ['one two', 10, ['one two']],
    ['one two three', 9, ['one two', 'three']],
    ['one two', 3, ['one', 'two']],
    ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['sm get abcdefghij', 8, ['sm get', 'abcdefgh', 'ij']],
    ['漢字漢字漢', 5, ['漢字', '漢字', '漢']],
    ['漢', 1, ['漢']],
  ])('%s in %i columns', (text, width, wanted) => {
    expect(wrapped(text, width)).toEqual(wanted);
  });

  it('takes no more columns than there are, and loses nothing but spaces', () => {
    const text = `note of 容器漢字😀 ${LONG}: e\u0301 and ${'x'.repeat(90)} end`;
    for (let width = 2; width < 100; width += 1) {
      const lines = wrapped(text, width);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }
  });
});

it('details of a row hide no panel that has room beside them', () => {
  const known = heard(rows({apps: [app('orders')], containers: [container('c-1')]}));
  const titles = (lines: number): string[] => {
    const state = pressed(viewOf('top', {columns: 80, rows: lines}, known), 'down', 'details');
    const frame = frameOf(state).map(textOf);
    expect(frame.some((line) => line.startsWith('-- orders'))).toBe(true);
    return frame.flatMap((line) => /^[* ] ([A-Z]+) \d/.exec(line)?.[1] ?? []);
  };
  expect(titles(24)).toEqual(['APPS', 'CONTAINERS', 'MOVES', 'DONE']);
  expect(titles(19)).toEqual(['APPS', 'CONTAINERS', 'DONE']);
  expect(titles(12)).toEqual(['APPS']);
});

describe('details', () => {
  const wordsOf = (lines: readonly string[]): string =>
    lines
      .slice(lines.findIndex((line) => line.startsWith('-- ')) + 1, -1)
      .map((line) => line.slice(12).trim())
      .join('');

  it('have a command with a long id whole', () => {
    const state = viewOf(
      'containers',
      {columns: 80, rows: 24},
      heard(rows({containers: [container(LONG)]})),
    );
    const lines = frameOf(pressed(state, 'down', 'details')).map(textOf);
    expect(wordsOf(lines)).toContain(LONG);
    expect(lines.at(-1)).toMatch(/^q quit/);
  });

  it('have the text of an alarm whole', () => {
    const text = `drop of s-99 on orders-02 is overdue ${'for a reason that takes words '.repeat(5)}end`;
    const alarm = {service: 'orders', code: 'STUCK', text, since: ago(48), object: '', fix: ''};
    const known = heard(rows({apps: [app('orders', {alarms: [alarm]})]}));
    const state = pressed(viewOf('apps', {columns: 80, rows: 24}, known), 'down', 'details');
    expect(wordsOf(frameOf(state).map(textOf)).replaceAll(' ', '')).toContain(
      text.replaceAll(' ', ''),
    );
  });

  it('keep the command, whole, where there is no room for all', () => {
    const state = viewOf(
      'containers',
      {columns: 80, rows: 13},
      heard(rows({containers: [container(LONG)]})),
    );
    const lines = frameOf(pressed(state, 'down', 'details')).map(textOf);
    const command = lines.findIndex((line) => line.startsWith('more '));
    expect(lines[command]).toContain('sm container get -a orders');
    expect(
      lines
        .slice(command, -1)
        .map((line) => line.slice(12))
        .join(''),
    ).toContain(LONG);
    expect(lines.at(-1)).toMatch(/^q quit/);
  });
});
