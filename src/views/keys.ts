/** Keys and what they are called. Pure. */
import type {Key as PressedKey} from 'ink';
import type {Step} from './table-state.ts';

export type KeyName =
  | Step
  | 'quit'
  | 'interrupt'
  | 'suspend'
  | 'filter'
  | 'sort'
  | 'pause'
  | 'details'
  | 'escape'
  | 'nextPanel'
  | 'previousPanel'
  | 'help'
  | 'wide'
  | 'backspace'
  | 'text';

export interface Key {
  readonly name: KeyName;
  /** What it would write into a field. */
  readonly text: string;
}

/** What the terminal library says of a key press. */
type Pressed = Partial<PressedKey>;

const LETTERS: Readonly<Record<string, KeyName>> = {
  k: 'up',
  j: 'down',
  g: 'first',
  G: 'last',
  q: 'quit',
  '/': 'filter',
  s: 'sort',
  ' ': 'pause',
  '?': 'help',
  w: 'wide',
  // Keys that were pressed while nobody read come in one piece, these among them.
  '\r': 'details',
  '\t': 'nextPanel',
  '\u007f': 'backspace',
  '\u0003': 'interrupt',
  '\u001a': 'suspend',
};

const CONTROLS: Readonly<Record<string, KeyName>> = {c: 'interrupt', z: 'suspend'};

/** undefined: means nothing here. */
export function keyOf(input: string, pressed: Pressed): Key | undefined {
  const control = pressed.ctrl === true ? CONTROLS[input] : undefined;
  if (pressed.ctrl === true) return control === undefined ? undefined : {name: control, text: ''};
  const special = specialOf(pressed);
  if (special !== undefined) return {name: special, text: ''};
  if (pressed.meta === true || input === '') return undefined;
  return {name: LETTERS[input] ?? 'text', text: input};
}

function specialOf(pressed: Pressed): KeyName | undefined {
  if (pressed.upArrow) return 'up';
  if (pressed.downArrow) return 'down';
  if (pressed.pageUp) return 'pageUp';
  if (pressed.pageDown) return 'pageDown';
  if (pressed.home) return 'first';
  if (pressed.end) return 'last';
  if (pressed.return) return 'details';
  if (pressed.escape) return 'escape';
  if (pressed.tab) return pressed.shift === true ? 'previousPanel' : 'nextPanel';
  return pressed.backspace === true || pressed.delete === true ? 'backspace' : undefined;
}

export const KEY_HELP: readonly (readonly [string, string])[] = [
  ['up down j k', 'move the selection'],
  ['PgUp PgDn g G', 'a page, first row, last'],
  ['Tab', 'the next panel'],
  ['Enter', 'details, and back'],
  ['/', 'filter, Esc clears it'],
  ['s', 'sort by the next column'],
  ['Space', 'pause, and go on'],
  ['w', 'more or fewer columns'],
  ['q', 'quit (Ctrl-C too)'],
  ['Ctrl-Z', 'stop, fg brings it back'],
];
