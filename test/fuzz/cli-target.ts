/** Arguments and environment of every command, up to the call: each is understood or refused with exit code 2 to 5. */
import {mkdtempSync, readdirSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Config} from '@oclif/core';
import type {Command} from '@oclif/core';
import {chooseColor} from '../../src/cli/color.ts';
import {wordsBeforeFlags} from '../../src/cli/asked-words.ts';
import {failureOf, wantsJson} from '../../src/cli/failure-report.ts';
import {OUTPUT_FORMATS} from '../../src/cli/output.ts';
import type {Random} from '../simulation/random.ts';
import {inProcess} from './in-process.ts';
import type {Outcome} from './in-process.ts';
import {PIECES, mutatedText} from './mutation.ts';

export type CliInput = {
  readonly command: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

const ROOT = join(import.meta.dirname, '..', '..');
const COMMANDS = join(ROOT, 'src', 'commands');
const VARIABLES = ['SM_SERVER', 'SM_APP', 'SM_OUTPUT', 'SM_TIMEOUT', 'SM_CONTEXT', 'SM_TOKEN_FILE'];
const WORDS = [
  'a',
  'orders',
  's1',
  '1',
  '-1',
  '0',
  '30s',
  '500h',
  '1e9s',
  '--',
  '-',
  '@file',
  'key=value',
  'true',
];
const EXITS_OF_USAGE: ReadonlySet<number> = new Set([2, 3, 4, 5]);

type Runnable = new (argv: string[], config: Config) => Command & {init(): Promise<void>};
interface Known extends Runnable {
  readonly flags?: Readonly<
    Record<
      string,
      {readonly char?: string; readonly type: string; readonly options?: readonly string[]}
    >
  >;
}

const known = new Map<string, Known>();
for (const file of readdirSync(COMMANDS, {recursive: true}) as string[]) {
  if (!file.endsWith('.ts')) continue;
  const module = (await import(join(COMMANDS, file))) as {default: Known};
  known.set(file.slice(0, -'.ts'.length).replaceAll('/', ' '), module.default);
}
const names = [...known.keys()].sort();
const config = await Config.load({root: ROOT});

/** Of a command, with its own flags, all flags and what is none. */
export function cliCase(random: Random): CliInput {
  const command = random.pick(names);
  const argv = Array.from({length: random.whole(0, 6)}, () => argument(command, random)).flat();
  const env: Record<string, string> = {};
  for (const name of VARIABLES)
    if (random.chance(0.1)) env[name] = word(random).replaceAll('\0', '');
  return {command, argv: argv.map((text) => text.replaceAll('\0', '')), env};
}

function argument(command: string, random: Random): string[] {
  if (random.chance(0.35)) return [word(random)];
  const flags = Object.entries(
    known.get(random.chance(0.8) ? command : random.pick(names))?.flags ?? {},
  );
  const base = [
    ['output', {char: 'o', type: 'option', options: OUTPUT_FORMATS}],
    ['timeout', {type: 'option'}],
    ['json', {type: 'boolean'}],
  ] as const;
  const [name, {char, type, options}] = random.pick([...flags, ...base] as [
    string,
    {char?: string; type: string; options?: readonly string[]},
  ][]);
  const spelt = char !== undefined && random.chance(0.3) ? `-${char}` : `--${name}`;
  const flag = random.chance(0.1) ? mutatedText(spelt, random, 1) : spelt;
  if (type === 'boolean' && random.chance(0.9)) return [flag];
  const value = options !== undefined && random.chance(0.6) ? random.pick(options) : word(random);
  return random.chance(0.3) ? [`${flag}=${value}`] : [flag, value];
}

function word(random: Random): string {
  if (random.chance(0.5)) return random.pick(WORDS);
  return random.chance(0.5) ? random.pick(PIECES) : mutatedText(random.pick(WORDS), random);
}

export const cliTarget = inProcess<CliInput>({
  name: 'cli',
  group: 'cli',
  weight: 1,
  make: cliCase,
  run: async (input): Promise<Outcome> => {
    process.env['XDG_CONFIG_HOME'] ??= mkdtempSync(join(tmpdir(), 'sm-fuzz-'));
    for (const name of VARIABLES) delete process.env[name];
    Object.assign(process.env, input.env);
    const Made = known.get(input.command);
    if (Made === undefined) throw new Error(`no command ${input.command}`);
    const argv = [...input.argv];
    wantsJson(argv);
    wordsBeforeFlags(argv);
    try {
      chooseColor(argv);
      const command = new Made(argv, config);
      await command.init();
      // What --timeout says is read at the first call.
      Reflect.get(command, 'timeoutMs', command);
      return {kind: 'understood'};
    } catch (error) {
      const {code, exit, message, why} = failureOf(error);
      if (exit === 0) return {kind: 'help'};
      const isGood = code !== 'INTERNAL' && EXITS_OF_USAGE.has(exit) && message !== '';
      return {kind: code, fault: isGood ? undefined : `${code} (${exit}): ${message} ${why}`};
    } finally {
      for (const name of VARIABLES) delete process.env[name];
    }
  },
});
