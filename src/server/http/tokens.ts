import {createHash, timingSafeEqual} from 'node:crypto';
import {readFileSync, statSync} from 'node:fs';
import {SmError} from '../../model/errors.ts';
import {refuseOpenFile} from './private-file.ts';
import type {FilePermissions, FileRights} from './private-file.ts';
import {TOKENS_LIMIT, TOKEN_MIN_CHARACTERS} from './limits.ts';

/** Oldest TLS that is spoken. */
export const TLS_FLOOR = {minVersion: 'TLSv1.2'} as const;

/** Compares in a time that tells nothing about the tokens: digests of equal length, all of them, always. */
export function tokenMatches(given: string, valid: readonly string[]): boolean {
  const wanted = digest(given);
  let found = false;
  for (const token of valid) {
    if (timingSafeEqual(digest(token), wanted)) found = true;
  }
  return found;
}

/**
 * Name of the valid token that was given, or undefined. Lines are `TOKEN` or `NAME TOKEN`; a nameless one is called by its
 * place. Takes the same time whichever matches.
 */
export function nameOfToken(given: string, lines: readonly string[]): string | undefined {
  let found: string | undefined;
  for (const [at, line] of lines.entries()) {
    const {name, token} = tokenOfLine(line);
    if (tokenMatches(given, [token])) found = name === '' ? `token-${at + 1}` : name;
  }
  return found;
}

/** `TOKEN` or `NAME TOKEN`. */
export function tokenOfLine(line: string): {name: string; token: string} {
  const words = line.trim().split(/\s+/);
  const token = words.at(-1) ?? '';
  return {name: words.slice(0, -1).join(' '), token};
}

/** The token of `Authorization: Bearer <token>`, or undefined when the header is absent or of another scheme. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^bearer +([\x21-\x7e]{1,4096})$/i.exec(header ?? '')?.[1];
}

/**
 * The tokens of a file: one a line, empty lines and lines that begin with `#` left out.
 * @throws SmError INVALID_CONFIG when the file cannot be read, others may read it, or it holds no, too many or too short
 * tokens. The message never holds a token.
 */
export function readTokenFile(
  path: string,
  permissions: FilePermissions = 'strict',
): readonly string[] {
  const [text, rights] = readPrivate(path);
  refuseOpenFile('token file', path, rights, permissions);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length === 0 || tokens.length > TOKENS_LIMIT) {
    throw new SmError('INVALID_CONFIG', `token file ${path} must hold 1 or ${TOKENS_LIMIT} tokens`);
  }
  if (tokens.some((line) => tokenOfLine(line).token.length < TOKEN_MIN_CHARACTERS)) {
    throw new SmError(
      'INVALID_CONFIG',
      `a token in ${path} is shorter than ${TOKEN_MIN_CHARACTERS} characters`,
      {hint: `openssl rand -base64 32 > ${path}`},
    );
  }
  return tokens;
}

function readPrivate(path: string): [string, FileRights] {
  try {
    return [readFileSync(path, 'utf8'), statSync(path)];
  } catch (cause) {
    throw new SmError('INVALID_CONFIG', `token file ${path} cannot be read`, {cause});
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
