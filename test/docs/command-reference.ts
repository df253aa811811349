/** The commands of sm and their flags, as docs/cli.md has them, which is made from their definitions. */
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

const sections = new Map(
  readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((part) => [part.split('\n')[0] ?? '', part]),
);
const GLOBAL = sections.get('Flags of every command') ?? '';

/** What is wrong with a command line without its leading `sm`; undefined: the command is there, and so are its flags. */
export function commandFault(line: string): string | undefined {
  // What follows is another command, or where the output goes.
  const words = (line.split(/ [|&>#]/)[0] ?? '').split(/\s+/);
  const [topic = ''] = words;
  const section = sections.get(words.slice(0, 2).join(' ')) ?? sections.get(topic);
  // The command with the words of all of a topic: `sm moves`.
  if (words.length === 1 && [...sections.keys()].some((name) => name.startsWith(`${topic} `)))
    return undefined;
  if (section === undefined) return `there is no command ${line}`;
  const flags = words.flatMap((word) => /^--?[a-z][\w-]*/.exec(word) ?? []);
  const unknown = flags.filter((flag) => !hasFlag(section, flag) && !hasFlag(GLOBAL, flag));
  return unknown.length === 0 ? undefined : `${line}: no flag ${unknown.join(', ')}`;
}

/** In the first column of a table of flags, or explained beside another: `--no-wait: return at once`. */
function hasFlag(section: string, flag: string): boolean {
  return new RegExp(
    `^\\| \`(?:-\\w, )?${flag}\\b(?!-)|^\\| \`${flag}, |^\\| .*${flag}: `,
    'm',
  ).test(section);
}
