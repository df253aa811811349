/**
 * Golden frames: every view in every state, as text. `UPDATE_FRAMES=1 npx vitest run test/views` writes them anew; read the
 * difference before you commit it.
 */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {renderToString} from 'ink';
import stringWidth from 'string-width';
import {describe, expect, it} from 'vitest';
import type {LiveView} from '../../src/protocol/admin.ts';
import {STYLES, Screen} from '../../src/views/screen.tsx';
import {reduce} from '../../src/views/view-reducer.ts';
import type {Size, ViewState} from '../../src/views/view-state.ts';
import {ago, heard, rows, summary, viewOf} from './fixture.ts';
import {SCENES, sceneOf} from './scenes.ts';
import type {Scene} from './scenes.ts';

const FOLDER = join(import.meta.dirname, 'frames');
const VIEWS: readonly LiveView[] = ['containers', 'shards', 'apps', 'moves', 'top'];
const SIZES: readonly Size[] = [
  {columns: 80, rows: 24},
  {columns: 120, rows: 40},
];
const SMALL: readonly Size[] = [
  {columns: 59, rows: 24},
  {columns: 80, rows: 11},
  {columns: 20, rows: 3},
];

/** The frame as it stands on the screen. Whatever it shows, it keeps to the screen. */
function frame(state: ViewState): string {
  const text = renderToString(<Screen state={state} />, {columns: state.size.columns});
  const plain = text.replaceAll(/\u001b\[[0-9;]*m/g, '');
  const lines = plain.split('\n').map((line) => line.trimEnd());
  expect(lines.length).toBeLessThanOrEqual(Math.max(1, state.size.rows - 1));
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(state.size.columns);
  expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  return lines.join('\n');
}

function golden(name: string, text: string): void {
  const file = join(FOLDER, `${name}.txt`);
  if (process.env['UPDATE_FRAMES'] === '1') {
    mkdirSync(FOLDER, {recursive: true});
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}

const sized = ({columns, rows: lines}: Size, text: string): string =>
  `== ${columns}x${lines}\n${text}\n`;

describe.each(VIEWS)('the view of %s', (view) => {
  it.each(SCENES)('looks as it did: %s', (scene: Scene) => {
    const sizes = scene === 'too-small' ? SMALL : SIZES;
    const frames = sizes.map((size) =>
      sized(size, frame(viewOf(view, size, ...sceneOf(view, scene)))),
    );
    golden(`${view}-${scene}`, frames.join('\n'));
  });

  it('keeps to any screen', () => {
    for (const scene of SCENES)
      for (let columns = 1; columns < 140; columns += 23)
        for (const lines of [1, 2, 5, 12, 13, 17, 30])
          frame(viewOf(view, {columns, rows: lines}, ...sceneOf(view, scene)));
  });
});

describe('colours', () => {
  it('are those that can be read on a light background, too', () => {
    const colours = Object.values(STYLES).flatMap((style) => Object.values(style));
    for (const unreadable of [
      'yellow',
      'white',
      'whiteBright',
      'yellowBright',
      'cyanBright',
      'greenBright',
    ])
      expect(colours).not.toContain(unreadable);
  });
});

describe('on demand', () => {
  const size = {columns: 80, rows: 24};
  const press = (state: ViewState, ...names: readonly string[]): ViewState =>
    names.reduce(
      (before, name) =>
        reduce(before, {type: 'key', key: {name: name as never, text: name}, nowMs: 0}),
      state,
    );
  it('details, keys, a filter, a pause, more columns', () => {
    const state = viewOf('containers', size, ...sceneOf('containers', 'draining'));
    const wide = viewOf(
      'containers',
      {columns: 160, rows: 24},
      ...sceneOf('containers', 'draining'),
    );
    golden(
      'on-demand',
      [
        sized(size, frame(press(state, 'down', 'details'))),
        sized(size, frame(press(state, 'help'))),
        sized(size, frame(press(state, 'filter', 'text'))),
        sized(size, frame(press(state, 'pause'))),
        sized(wide.size, frame(press(wide, 'wide'))),
      ].join('\n'),
    );
  });

  it('the app has gone, the store has gone', () => {
    const known = heard(rows({}, {summary: {...baseSummary(), exists: false}}));
    const beat = {
      type: 'beat',
      at: '2026-03-04T14:02:17.000Z',
      lagMs: 0,
      store: {ok: false, since: '2026-03-04T14:02:07.000Z', reason: 'etcd does not answer'},
    } as const;
    golden(
      'gone',
      [
        sized(size, frame(viewOf('moves', size, known))),
        sized(
          size,
          frame(viewOf('containers', size, ...sceneOf('containers', 'lost'), heard(beat, 10_000))),
        ),
      ].join('\n'),
    );
  });
});

describe('what there is no room for', () => {
  const alarm = (index: number) => ({
    service: 'orders',
    code: 'UNSERVED',
    text: `s-${index} is not served, and why that is so takes more words than a line of a small terminal has`,
    since: ago(48),
    ...{object: `s-${index}`, fix: ''},
  });
  const alarms = Array.from({length: 20}, (_, index) => alarm(index));
  const troubled = heard(rows({}, {summary: summary({alarms, alarmCount: 31})}));

  it.each([
    [{columns: 80, rows: 24}, 2, 29],
    [{columns: 40, rows: 10}, 8, 23],
    [{columns: 80, rows: 3}, 1, 30],
  ])('troubles that are not shown are counted, at %j', (size, shown, left) => {
    const lines = frame(viewOf('top', size, troubled)).split('\n');
    const named = lines.filter((line) => line.startsWith('! UNSERVED'));
    expect(named).toHaveLength(shown);
    expect(named.at(-1)).toMatch(new RegExp(` \\(and ${left} more\\)$`));
  });
});

function baseSummary() {
  const known = rows({});
  if (known.type !== 'rows' || known.summary === null) throw new Error('no summary');
  return known.summary;
}
