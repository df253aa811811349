/** Whether what is written has colour. The libraries that colour decide at their import, so this comes before all of them. */

export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What to set in the environment: --color, else NO_COLOR, else FORCE_COLOR, else it depends on the terminal. Undefined takes
 * a variable away. Never more than 16 colours.
 */
export function colorEnvironment(argv: readonly string[], environment: Environment): Environment {
  const choice = chosen(argv);
  const {NO_COLOR: unwanted = '', FORCE_COLOR: wanted = ''} = environment;
  if (choice === 'always') return {FORCE_COLOR: '1', NO_COLOR: undefined};
  if (choice === 'never' || unwanted !== '') return {FORCE_COLOR: '0', NO_COLOR: '1'};
  return /^[23]$/.test(wanted) ? {FORCE_COLOR: '1'} : {};
}

function chosen(argv: readonly string[]): string {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  const at = flags.findLastIndex((word) => word === '--color' || word.startsWith('--color='));
  const [, value] = (flags[at] ?? '').split('=', 2);
  return value ?? flags[at + 1] ?? '';
}

/** Sets it for this process. */
export function chooseColor(argv: readonly string[]): void {
  for (const [name, value] of Object.entries(colorEnvironment(argv, process.env))) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
