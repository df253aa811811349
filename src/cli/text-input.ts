/** What people give as text: files, stdin, arguments. What is not UTF-8 is refused with its place, never changed. */
import {readFileSync} from 'node:fs';
import {buffer} from 'node:stream/consumers';
import {SmError} from '../model/errors.ts';
import {decodeUtf8} from '../model/utf8.ts';
import {fileContent} from '../runtime/stats.ts';

/** The text of a file, or of stdin for `-`. @throws SmError INVALID_INPUT, with file:line:column for what is not UTF-8. */
export async function readNamedInput(path: string): Promise<string> {
  return textOf(await bytesOf(path), path === '-' ? 'stdin' : path);
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return path === '-' ? await buffer(process.stdin) : fileContent(path);
  } catch (error) {
    throw new SmError('INVALID_INPUT', `${path} cannot be read`, {
      hint: 'check the path',
      cause: error,
    });
  }
}

/** @throws SmError INVALID_INPUT. */
function textOf(bytes: Uint8Array, name: string): string {
  const decoded = decodeUtf8(bytes);
  if ('text' in decoded) return decoded.text;
  const {line, column} = decoded.bad;
  throw new SmError('INVALID_INPUT', `${name}:${line}:${column}: this is not UTF-8`, {
    hint: 'save it as UTF-8',
  });
}

/** What Node puts where an argument was not UTF-8. */
const REPLACED = '\ufffd';

/** Node has changed such an argument already: Linux still has its bytes. @throws SmError INVALID_INPUT. */
export function refuseChangedArguments(argv: readonly string[]): void {
  if (!argv.some((word) => word.includes(REPLACED))) return;
  for (const bytes of givenArguments().slice(-argv.length)) {
    const decoded = decodeUtf8(bytes);
    if ('text' in decoded) continue;
    const shown = bytes.toString('utf8');
    throw new SmError(
      'INVALID_INPUT',
      `argument ${JSON.stringify(shown)} is not UTF-8 at character ${decoded.bad.column}`,
      {hint: 'set the terminal and the shell to UTF-8'},
    );
  }
}

function givenArguments(): Buffer[] {
  try {
    const bytes = readFileSync('/proc/self/cmdline');
    const words: Buffer[] = [];
    for (let from = 0; from < bytes.length;) {
      const end = bytes.indexOf(0, from);
      words.push(bytes.subarray(from, end < 0 ? bytes.length : end));
      from = end < 0 ? bytes.length : end + 1;
    }
    return words;
  } catch {
    return [];
  }
}
