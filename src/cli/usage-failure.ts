/** What the parser of the command line refuses, in our words: what is wrong, flags that may have been meant, and the help to read. Pure. */
import type {Failure} from '../admin/remote-error.ts';
import {nearestWords} from '../model/nearest.ts';

/** An error of oclif, as far as it is looked at. */
export interface UsageError {
  readonly message: string;
  /** Of an unknown flag: what was given, and what the command knows. */
  readonly flags?: readonly string[];
  readonly parse?: {readonly input?: {readonly flags?: Readonly<Record<string, unknown>>}};
}

/** Each line of the parser that we say in another way; `name` is that of the command. */
const SENTENCES: readonly [RegExp, (name: string, ...found: string[]) => string][] = [
  [
    /^Nonexistent flag(s?): (.+)$/,
    (name, plural = '', flags = '') => unknownFlags(name, plural, flags),
  ],
  [/^Unexpected arguments?: (.+)$/, (name, words) => `${name} does not take "${words}"`],
  [/^Flag (--\S+) expects (.+)$/, (_name, flag, what) => `${flag} needs ${what}`],
  [/^Missing required flag (\S+)$/, (name, flag) => `${name} needs --${flag}`],
  [
    /^Expected (--[^=]+)=(.*) to be one of: (.+)$/,
    (_name, flag, given, all) => `${flag} is one of ${all}, not ${given}`,
  ],
  [/^Parsing (--\S+) Expected (.+)$/, (_name, flag, rest) => `${flag}: expected ${rest}`],
  [/^Missing \d+ required args?: (.+)$/, (name, args = '') => `${name} needs ${neededArgs(args)}`],
];

/** `command`: its id, '' where it is not known. */
export function usageFailure(error: UsageError, exit: number, command: string): Failure {
  const name = command === '' ? 'the command' : command.replaceAll(':', ' ');
  return {
    code: 'INVALID_INPUT',
    // oclif's parser exits 2; its own ExitError for help is 0.
    exit: exit === 1 ? 2 : exit,
    message: sentencesOf(error.message, name),
    why: '',
    fix: [...nearestFlags(error), helpOf(command)],
    retryable: false,
    requestId: '',
  };
}

/** Where to read what a command takes. */
export function helpOf(command: string): string {
  if (command === '') return 'add --help to see what the command takes';
  return `sm ${command.replaceAll(':', ' ')} --help shows what it takes`;
}

function sentencesOf(message: string, name: string): string {
  // Several faults come under a heading that says nothing.
  const [head = '', ...rest] = message
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !/^(The following errors? occurred:|See more help .*)$/.test(line),
    );
  const isOne = /:$|^Parsing /.test(head);
  const sentences = isOne ? [[head, rest.join(', ')].join(' ')] : [head, ...rest];
  return sentences.map((sentence) => said(sentence, name)).join('; ');
}

function said(sentence: string, name: string): string {
  for (const [pattern, say] of SENTENCES) {
    const found = pattern.exec(sentence);
    if (found !== null) return say(name, ...found.slice(1));
  }
  return sentence;
}

function unknownFlags(name: string, plural: string, flags: string): string {
  return `${name} has no flag${plural} ${flags.split(', ').map(nameOf).join(', ')}`;
}

/** Of lines of name and description, several blanks apart; a description may have commas of its own. */
function neededArgs(args: string): string {
  return args
    .split(/, (?=\S+ {2,})/)
    .map((line) => {
      const [name = '', description = ''] = line.split(/ {2,}/);
      return `${name.toUpperCase()}${description === '' ? '' : ` (${description})`}`;
    })
    .join(', ');
}

/** `--limt` of `--limt=3`. */
function nameOf(flag: string): string {
  return flag.replace(/=.*$/s, '');
}

/** Of each unknown flag those that it is the beginning of, else the one that looks most like it. */
function nearestFlags({flags, parse}: UsageError): string[] {
  const known = Object.keys(parse?.input?.flags ?? {});
  const near = (flags ?? []).map(nameOf).flatMap((flag) => {
    // One letter looks like everything.
    if (!flag.startsWith('--')) return [];
    const word = flag.slice(2);
    const longer = known.filter((one) => one.startsWith(word));
    return longer.length > 0 ? longer : nearestWords(word, known, 1);
  });
  return near.length === 0 ? [] : [`did you mean ${near.map((flag) => `--${flag}`).join(', ')}?`];
}
