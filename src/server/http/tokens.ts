/** The token file of a daemon: read as a whole, and refused as a whole. */
import {SmError} from '../../model/errors.ts';
import {HiddenText} from '../../model/hidden-text.ts';
import {parseTokenLine} from '../../config/token-line.ts';
import type {FilePermissions} from '../../runtime/file-rights.ts';
import {readSecretFile} from '../../runtime/secret-file.ts';
import {TOKENS_LIMIT, TOKENS_PER_NAME_LIMIT, TOKEN_FILE_LIMIT_BYTES} from './limits.ts';

/** The token of `Authorization: Bearer <token>`, or undefined when the header is absent or of another scheme. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^bearer +([\x21-\x7e]{1,4096})$/i.exec(header ?? '')?.[1];
}

/**
 * The lines of a token file, which are secrets, without empty ones and those that begin with `#`.
 * @throws SmError INVALID_CONFIG when the file cannot be read, is not a plain file, it is another user's, others may read it, or one of its lines cannot be used.
 * The message never holds a token.
 */
export function readTokenFile(
  path: string,
  permissions: FilePermissions = 'strict',
): readonly HiddenText[] {
  const text = readSecretFile(path, {
    ...{what: 'token file', mostBytes: TOKEN_FILE_LIMIT_BYTES, links: 'followed'},
    readers: permissions === 'any' ? 'any' : 'group',
  });
  const lines = text
    .toString('utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0 || lines.length > TOKENS_LIMIT) {
    throw new SmError(
      'INVALID_CONFIG',
      `token file ${path} must contain 1 to ${TOKENS_LIMIT} tokens`,
      {
        hint: `run sm token create NAME --role admin, and add the line that it prints to ${path}`,
      },
    );
  }
  refuseTwins(path, lines);
  return lines.map((line) => new HiddenText(line));
}

function refuseTwins(path: string, lines: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    const {name} = parseTokenLine(line, at);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count > TOKENS_PER_NAME_LIMIT)
      throw new SmError(
        'INVALID_CONFIG',
        `token file ${path} has more than ${TOKENS_PER_NAME_LIMIT} lines with the same name (line ${at + 1})`,
        {hint: 'remove the oldest line of that name'},
      );
  }
  if (new Set(lines).size < lines.length)
    throw new SmError('INVALID_CONFIG', `token file ${path} has the same line twice`, {
      hint: 'remove one of the two',
    });
}
