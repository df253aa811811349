/**
 * Scenario files: a few lines of events, `----`, and what the machine does then, as one reads it. Blocks are apart by an empty line;
 * a block of `#` lines says what the scenario shows and where docs/protocol.md says it.
 */
import {readFileSync, writeFileSync} from 'node:fs';

/** One machine under a script. Each event answers with the lines it brings about. */
export interface Player {
  /** @throws Error when the event is unknown or does not fit. */
  play(event: string, words: readonly string[]): string[];
}

export interface Played {
  readonly expected: string;
  readonly actual: string;
}

const RULE = '----';

/** Plays the file; with UPDATE_SCENARIOS=1 what is played becomes what is expected. */
export function playFile(path: string, player: Player): Played {
  const expected = readFileSync(path, 'utf8');
  const blocks = expected.trim().split(/\n\n+/);
  const actual = `${blocks.map((block) => playBlock(block, player)).join('\n\n')}\n`;
  if (process.env['UPDATE_SCENARIOS'] === '1' && actual !== expected) writeFileSync(path, actual);
  return {expected: process.env['UPDATE_SCENARIOS'] === '1' ? actual : expected, actual};
}

function playBlock(block: string, player: Player): string {
  if (block.startsWith('#')) return block;
  const lines = block.split('\n');
  const end = lines.indexOf(RULE);
  const events = end === -1 ? lines : lines.slice(0, end);
  const output = events.flatMap((line) => {
    const [event = '', ...words] = line.trim().split(/\s+/);
    return player.play(event, words);
  });
  return [...events, RULE, ...output].join('\n');
}

/** `name=value` among the words; `otherwise` when it is not there. */
export function option(words: readonly string[], name: string, otherwise: string): string {
  const found = words.find((word) => word.startsWith(`${name}=`));
  return found === undefined ? otherwise : found.slice(name.length + 1);
}

export function numberOption(words: readonly string[], name: string, otherwise: number): number {
  return Number(option(words, name, String(otherwise)));
}
