/** What the arguments ask for, found before a command parses them. Pure. */

/** Flags of every command that take no value: a word behind another one may be its value. */
const SWITCHES: ReadonlySet<string> = new Set(['--json', '--help', '-h']);

/** The words in which a command is named. */
export function wordsBeforeFlags(argv: readonly string[]): readonly string[] {
  const flag = argv.findIndex((word) => word.startsWith('-'));
  return flag < 0 ? argv : argv.slice(0, flag);
}

/** The longest beginning of the words that names a command; [] for none. */
export function commandOf(
  words: readonly string[],
  config: {findCommand(id: string): object | undefined},
): readonly string[] {
  for (let count = words.length; count > 0; count -= 1) {
    const named = words.slice(0, count);
    if (config.findCommand(named.join(':')) !== undefined) return named;
  }
  return [];
}

/** `sm`, `sm app`, `sm app ls --help`; not a command that is to run, nor one that is named behind flags. */
export function isHelpAsked(
  argv: readonly string[],
  named: {readonly isCommand: boolean; readonly isTopic: boolean},
): boolean {
  if (named.isCommand) return argv.includes('--help') || argv.includes('-h');
  return named.isTopic && !namesMore(argv.slice(wordsBeforeFlags(argv).length));
}

function namesMore(flags: readonly string[]): boolean {
  return flags.some((word, at) => {
    if (word.startsWith('-')) return false;
    const before = flags[at - 1] ?? '';
    const isValue = before.startsWith('-') && !before.includes('=') && !SWITCHES.has(before);
    return !isValue;
  });
}
