/** What a low screen must not lose, whatever else is open on it. */
import {describe, expect, it} from 'vitest';
import type {LiveView} from '../../src/protocol/admin.ts';
import {frameOf} from '../../src/views/frame.ts';
import {textOf} from '../../src/views/line.ts';
import {reduce} from '../../src/views/view-reducer.ts';
import {viewOf} from './fixture.ts';
import {pressed} from './pressed.ts';
import {sceneOf} from './scenes.ts';

describe.each(['containers', 'moves', 'apps', 'shards', 'top'] as const)(
  'the view of %s',
  (view: LiveView) => {
    it('keeps its line of keys, and a row, whatever is open on a low screen', () => {
      for (const scene of ['busy', 'lost', 'draining'] as const)
        for (let lines = 12; lines < 30; lines += 1)
          for (const keys of [[], ['down', 'details'], ['nextPanel', 'down', 'details']]) {
            const state = viewOf(view, {columns: 80, rows: lines}, ...sceneOf(view, scene));
            const frame = frameOf(pressed(state, ...keys)).map(textOf);
            expect(frame.at(-1), `${scene}, ${lines} lines, ${keys.join()}`).toMatch(/^q quit/);
            expect(frame.filter((line) => /^[-+~!x>.?][* ]\S/.test(line)).length).toBeGreaterThan(
              0,
            );
            expect(keys.length > 0 && !frame.some((line) => line.startsWith('-- '))).toBe(false);
          }
    });
  },
);

it.each([
  [59, 24],
  [40, 10],
  [20, 3],
])('a screen of %ix%i, too small for a table, says first how to leave it', (columns, lines) => {
  const state = viewOf('top', {columns, rows: lines}, ...sceneOf('top', 'draining'));
  expect(frameOf(state).map(textOf).at(-1)).toMatch(/^q quit/);
});

it.each([
  [59, 24],
  [20, 3],
  [20, 2],
])('a screen of %ix%i shows what is typed, as q is a letter of it', (columns, rows) => {
  const state = viewOf('top', {columns: 80, rows: 24}, ...sceneOf('top', 'draining'));
  const typing = pressed(state, 'filter', 'q');
  const small = reduce(typing, {type: 'resize', size: {columns, rows}, nowMs: typing.nowMs});
  expect(frameOf(small).map(textOf).at(-1)).toMatch(/^\/q_/);
});
