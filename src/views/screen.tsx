import {Box, Text, useInput} from 'ink';
import type {ReactElement} from 'react';
import {frameOf} from './frame.ts';
import {keyOf} from './keys.ts';
import type {Key} from './keys.ts';
import type {Line, Span, Tone} from './line.ts';
import type {ViewState} from './view-state.ts';

/**
 * Of the sixteen colours every terminal has, those that can be read on a dark and on a light background: yellow, white and the bright ones
 * cannot. A word or a mark always says the same.
 */
export const STYLES: Readonly<Record<Tone, object>> = {
  plain: {},
  good: {color: 'green'},
  warn: {color: 'magenta'},
  bad: {color: 'red'},
  dim: {dimColor: true},
  head: {bold: true},
  selected: {inverse: true},
};

function Part({text, tone}: Span): ReactElement {
  return <Text {...STYLES[tone]}>{text}</Text>;
}

function Row({spans}: {readonly spans: Line}): ReactElement {
  // A text without anything in it would take no line at all.
  if (spans.length === 0) return <Text> </Text>;
  return (
    <Text wrap="truncate">
      {spans.map((part, index) => (
        <Part key={index} {...part} />
      ))}
    </Text>
  );
}

/** One frame of a view: the state in, lines out. */
export function Screen({state}: {readonly state: ViewState}): ReactElement {
  return (
    <Box flexDirection="column">
      {frameOf(state).map((spans, index) => (
        <Row key={index} spans={spans} />
      ))}
    </Box>
  );
}

export interface LiveScreenProps {
  readonly state: ViewState;
  readonly onKey: (key: Key) => void;
  /** False without a terminal to read keys from. */
  readonly listens: boolean;
}

/** A frame that hears keys. */
export function LiveScreen({state, onKey, listens}: LiveScreenProps): ReactElement {
  useInput(
    (input, pressed) => {
      // Keys that were pressed while nobody read come in one piece.
      const letters = input.length > 1 && !pressed.ctrl && !pressed.meta ? [...input] : [input];
      for (const letter of letters) {
        const key = keyOf(letter, pressed);
        if (key !== undefined) onKey(key);
      }
    },
    {isActive: listens},
  );
  return <Screen state={state} />;
}
