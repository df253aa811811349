/** docs/limits.md, made from the files `limits.ts` of all rooms: name, value, reason. */
import {readFileSync, readdirSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {pathToFileURL} from 'node:url';

const SRC = join(import.meta.dirname, '..', 'src');

export interface Limit {
  readonly name: string;
  readonly value: number;
  /** Its comment, on one line. */
  readonly reason: string;
}

export interface RoomLimits {
  /** Path below src, as `server/http`. */
  readonly room: string;
  readonly limits: readonly Limit[];
}

/** Rooms that have a file of limits, by name. */
export async function roomsWithLimits(): Promise<RoomLimits[]> {
  const files = readdirSync(SRC, {recursive: true, encoding: 'utf8'})
    .filter((file) => /(^|\/)limits\.ts$/.test(file))
    .sort();
  return Promise.all(
    files.map(async (file) => ({
      room: dirname(file),
      limits: await limitsOf(join(SRC, file)),
    })),
  );
}

/** The constants of one file, as they stand in it. A constant without a comment of its own has the reason ''. */
async function limitsOf(path: string): Promise<Limit[]> {
  const values = (await import(pathToFileURL(path).href)) as Record<string, number>;
  const text = readFileSync(path, 'utf8');
  const named = /(?:^\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?^export const (\w+) =/gm;
  const limits = [...text.matchAll(named)].map(([, comment = '', name = '']) => ({
    name,
    value: values[name] ?? Number.NaN,
    reason: comment.replace(/\n \*/g, ' ').replace(/\s+/g, ' ').trim(),
  }));
  if (limits.length !== Object.keys(values).length)
    throw new Error(`${relative(SRC, path)} exports what is not a constant with a name`);
  return limits;
}

/** The document. */
export function limitsDocument(rooms: readonly RoomLimits[]): string {
  const parts = rooms.map(
    ({room, limits}) =>
      `## ${room}\n\n| name | value | unit | reason |\n| --- | --- | --- | --- |\n${limits.map(row).join('\n')}\n`,
  );
  return `${HEAD}\n${parts.join('\n')}`;
}

const HEAD = `# Limits

Made by \`npm run limits\` from the files \`limits.ts\` of the rooms of \`src\`; a test holds it current. The end of a name says the unit; a
name that says none counts what it names.
`;

function row({name, value, reason}: Limit): string {
  const shown =
    value > 1e15 ? String(value) : value.toLocaleString('en-US', {maximumFractionDigits: 6});
  return `| \`${name}\` | ${shown} | ${unitOf(name)} | ${reason.replaceAll('|', '\\|')} |`;
}

const UNITS: Readonly<Record<string, string>> = {
  MS: 'ms',
  S: 's',
  BYTES: 'bytes',
  CHARACTERS: 'characters',
  ROWS: 'rows',
  COLUMNS: 'columns',
  SECOND: 'a second',
  SHARE: 'share',
  FACTOR: 'factor',
  DRIFT: 'share',
  EXCESS: 'share',
};

/** '' for a count. */
export function unitOf(name: string): string {
  return UNITS[name.slice(name.lastIndexOf('_') + 1)] ?? '';
}
