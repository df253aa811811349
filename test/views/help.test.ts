/** The page of keys and marks: it explains what the views print, and all of it can be read on the lowest screen of a table. */
import {describe, expect, it} from 'vitest';
import {frameOf} from '../../src/views/frame.ts';
import {KEY_HELP} from '../../src/views/keys.ts';
import {textOf} from '../../src/views/line.ts';
import {container, heard, rows, viewOf} from './fixture.ts';
import {pressed} from './pressed.ts';
import {sceneOf} from './scenes.ts';

const shards = {total: 8, ready: 8, dropping: 0};
const kinds = rows({
  containers: [
    container('limited', {shards, capacity: 24}),
    container('free', {shards, capacity: 0, share: 10}),
  ],
});

describe('the page of keys', () => {
  it('explains the forms of SHARDS and FILL that are printed, and no other', () => {
    const state = viewOf('containers', {columns: 100, rows: 24}, heard(kinds));
    const printed = frameOf(state).map(textOf).join('\n');
    const page = frameOf(pressed(state, 'help')).map(textOf).join('\n');
    expect(printed).toMatch(/^\+ limited .* 8\/24 /m);
    expect(printed).toMatch(/^\+ free .* 8 {2}0\.8x the mean/m);
    expect(page).toContain('SHARDS n/m: of at most m');
    expect(page).toContain('1.2x the mean');
    expect(page).not.toContain('~m');
  });

  it.each([12, 13, 16, 24, 40])(
    'is whole in 80 columns and %i lines, and says how to leave it',
    (lines) => {
      const state = viewOf('top', {columns: 80, rows: lines}, ...sceneOf('top', 'lost'));
      const frame = frameOf(pressed(state, 'help')).map(textOf);
      for (const [key, what] of KEY_HELP) {
        expect(frame.join('\n')).toContain(key);
        expect(frame.join('\n')).toContain(what);
      }
      expect(frame.join('\n')).toContain('marks');
      expect(frame.join('\n')).toContain('SHARDS');
      expect(frame.slice(2).join('\n')).not.toContain('…');
      expect(frame.at(-1)).toBe('any key goes back  q quit');
    },
  );
});
