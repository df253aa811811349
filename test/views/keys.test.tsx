/** Keys as a terminal sends them, through ink: what they do to what is shown. */
import {cleanup, render} from 'ink-testing-library';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {LiveMessage} from '../../src/protocol/admin.ts';
import {LiveScreen} from '../../src/views/screen.tsx';
import {reduce} from '../../src/views/view-reducer.ts';
import type {ViewState} from '../../src/views/view-state.ts';
import {LONG_MS, until} from '../support/until.ts';
import {app, container, heard, move, rows, viewOf} from './fixture.ts';

const DOWN = '\u001b[B';
const UP = '\u001b[A';
const ESCAPE = '\u001b';
const CTRL_C = '\u0003';

let state: ViewState;
let shown: ReturnType<typeof render>;

const element = () => (
  <LiveScreen
    state={state}
    onKey={(key) => act(reduce(state, {type: 'key', key, nowMs: 0}))}
    listens={true}
  />
);

function act(next: ViewState): void {
  state = next;
  shown.rerender(element());
}

const tell = (message: LiveMessage): void => act(reduce(state, heard(message)));

const plain = (): string => (shown.lastFrame() ?? '').replaceAll(/\u001b\[[0-9;]*m/g, '');

/** Presses keys and waits until the frame is as wanted. */
async function press(keys: string, wanted: (frame: string) => boolean): Promise<string> {
  shown.stdin.write(keys);
  await until(
    () => wanted(plain()),
    LONG_MS,
    () => `after ${JSON.stringify(keys)}:\n${plain()}`,
  );
  return plain();
}

const has =
  (...words: readonly string[]) =>
  (frame: string): boolean =>
    words.every((word) => frame.includes(word));
const lacks =
  (word: string) =>
  (frame: string): boolean =>
    !frame.includes(word);
/** Names of the rows, in their order. */
const order = (frame: string): string[] => frame.match(/orders-\d/g) ?? [];
const selected = (frame: string): string => /^.\*(orders-\d)/m.exec(frame)?.[1] ?? '';

function open(view: 'containers' | 'top', message: LiveMessage): void {
  state = viewOf(view, {columns: 100, rows: 30}, heard(message));
  shown = render(element());
}

const three = () => [
  container('orders-1', {shards: {total: 3, ready: 3, dropping: 0}}),
  container('orders-2', {state: 'lost'}),
  container('orders-3', {shards: {total: 9, ready: 9, dropping: 0}}),
];

afterEach(cleanup);

describe('keys in a list', () => {
  beforeEach(() => open('containers', rows({containers: three()})));
  const table = (frame: string): string[] =>
    order(
      frame
        .split('\n')
        .filter((line) => /^[x+]/.test(line))
        .map((line) => line.slice(0, 12))
        .join('\n'),
    ).slice(0, 3);

  it('/ filters while one types, Backspace takes back, Enter keeps, Esc clears', async () => {
    await press('/', has('Enter keep'));
    await press('s-3x', has('/s-3x_', 'nothing matches the filter'));
    const found = await press('\u007f', has('/s-3_', 'orders-3'));
    expect(found).not.toContain('orders-1');
    const kept = await press('\r', has('q quit'));
    expect(kept).not.toContain('orders-1');
    await press(ESCAPE, has('orders-1', 'orders-3'));
  });

  it('letters that mean something are only letters in the filter', async () => {
    await press('/', has('Enter keep'));
    await press('qs?', has('/qs?_'));
    expect(state.ended).toBeUndefined();
  });

  it('s sorts by trouble, by name, by shards, and by trouble again', async () => {
    expect(table(plain())).toEqual(['orders-2', 'orders-1', 'orders-3']);
    const by = (...names: string[]) => {
      return (frame: string): boolean => table(frame).join() === names.join();
    };
    await press('s', by('orders-1', 'orders-2', 'orders-3'));
    await press('s', by('orders-2', 'orders-3', 'orders-1'));
    await press('s', by('orders-2', 'orders-1', 'orders-3'));
  });

  it('Space holds what is shown while changes wait, and lets them in', async () => {
    await press(' ', has('PAUSED'));
    tell(rows({containers: [container('orders-4')]}, {reset: false}));
    await until(
      () => has('1 change not shown')(plain()),
      LONG_MS,
      () => plain(),
    );
    expect(plain()).not.toContain('orders-4');
    await press(' ', has('orders-4'));
    expect(plain()).not.toContain('PAUSED');
  });

  it('Enter shows details of the selected row with a command to copy, and hides them', async () => {
    await press(DOWN, (frame) => selected(frame) === 'orders-2');
    await press('\r', has('incarnation', 'sm container get -a orders orders-2'));
    await press('\r', lacks('incarnation'));
  });

  it('? shows the keys, any key goes back, q from there quits', async () => {
    await press('?', has('any key goes back', 'PgUp'));
    await press('x', lacks('any key goes back'));
    await press('?', has('any key goes back'));
    await press('q', () => state.ended === 'quit');
  });

  it('q quits, and Ctrl-C interrupts even while one types', async () => {
    await press('/', has('Enter keep'));
    await press(CTRL_C, () => state.ended === 'interrupt');
    open('containers', rows({containers: three()}));
    await press('q', () => state.ended === 'quit');
  });

  it('the selection follows its object, and its neighbour takes over when it goes', async () => {
    await press('jj', (frame) => selected(frame) === 'orders-1');
    await press(UP, (frame) => selected(frame) === 'orders-2');
    await press(DOWN, (frame) => selected(frame) === 'orders-1');
    // Trouble comes first: what was the second row is the last but the same.
    const worse = {state: 'lost'} as const;
    tell(rows({containers: [container('orders-3', worse)]}, {reset: false}));
    await until(
      () => table(plain())[2] === 'orders-1',
      LONG_MS,
      () => plain(),
    );
    expect(selected(plain())).toBe('orders-1');
    tell(rows({}, {reset: false, containers: {set: [], gone: ['orders/orders-1/orders-1-1']}}));
    await until(
      () => selected(plain()) === 'orders-3',
      LONG_MS,
      () => plain(),
    );
  });
});

it('Tab goes from panel to panel of the dashboard, and keys act in the one in focus', async () => {
  const all = {apps: [app('orders')], containers: three(), moves: [move('m-1', 's1')]};
  open('top', rows(all));
  expect(plain()).toMatch(/^\* APPS/m);
  await press('\t', (frame) => /^\* CONTAINERS/m.test(frame));
  await press(DOWN, (frame) => selected(frame) === 'orders-2');
  await press('\u001b[Z', (frame) => /^\* APPS/m.test(frame));
});
