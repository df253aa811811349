import {describe, expect, it} from 'vitest';
import {isHelpAsked, wordsBeforeFlags} from '../../src/cli/asked-words.ts';

const COMMAND = {isCommand: true, isTopic: false};
const TOPIC = {isCommand: false, isTopic: true};

describe('help as a document', () => {
  it.each([
    // The environment may ask for JSON: then no flag stands in the arguments.
    ['status', COMMAND, false],
    ['app ls', COMMAND, false],
    ['app ls --json', COMMAND, false],
    ['app ls --help', COMMAND, true],
    ['', TOPIC, true],
    ['app', TOPIC, true],
    ['app -o json', TOPIC, true],
    ['--json', TOPIC, true],
    ['-o json --help', TOPIC, true],
    ['--color never --output=json', TOPIC, true],
    ['--json status', TOPIC, false],
    ['--server http://127.0.0.1:1 --json status', TOPIC, false],
  ])('sm %s', (line, named, asked) => {
    const argv = line === '' ? [] : line.split(' ');
    expect(isHelpAsked(argv, named)).toBe(asked);
  });

  it('is of the words before the first flag, or of all of them', () => {
    expect(wordsBeforeFlags(['app', 'ls'])).toEqual(['app', 'ls']);
    expect(wordsBeforeFlags(['app', 'ls', '-a', 'x'])).toEqual(['app', 'ls']);
    expect(wordsBeforeFlags(['--json', 'app'])).toEqual([]);
  });
});
