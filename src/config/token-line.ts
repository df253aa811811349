/**
 * The lines of a token file. `NAME ROLE [APPS] HASH` is made by `sm token create`; `TOKEN` and `NAME TOKEN` are the form of before, and may do
 * everything. A token of the first form names its line, so that one hash is computed for a call, however many lines there are.
 */
import {createHash, randomBytes, scrypt, timingSafeEqual} from 'node:crypto';
import {appPatternProblem, isRole} from '../model/access.ts';
import type {AppScope, Grant, Role} from '../model/access.ts';
import {SmError} from '../model/errors.ts';
import {HiddenText} from '../model/hidden-text.ts';
import {
  SCRYPT_BLOCK_SIZE,
  SCRYPT_COST_LOG2,
  SCRYPT_COST_LOG2_LIMIT,
  SCRYPT_HASH_BYTES,
  SCRYPT_MEMORY_FACTOR,
  TOKEN_BYTES,
  TOKEN_MIN_CHARACTERS,
  TOKEN_SALT_BYTES,
} from './limits.ts';

/** One line: what its token may do, and how that token is recognised. */
export interface TokenLine extends Grant {
  /** Digest of the line: a changed line is another one. */
  readonly text: string;
  readonly secret: PlainToken | HashedToken;
}

interface PlainToken {
  readonly kind: 'plain';
  readonly token: HiddenText;
}

interface HashedToken {
  readonly kind: 'hashed';
  readonly costLog2: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;
const TOKEN = /^smt~([A-Za-z0-9._-]{1,64})~[A-Za-z0-9_-]{43}$/;
const HASH = /^\$scrypt\$ln=(\d{1,2}),r=8,p=1\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** A new token and the line that makes it valid. @throws SmError INVALID_INPUT for a bad name or pattern. */
export async function createToken(
  name: string,
  role: Role,
  apps: AppScope,
): Promise<{token: string; line: string}> {
  if (!NAME.test(name))
    throw new SmError('INVALID_INPUT', `token name ${JSON.stringify(name)} is not allowed`, {
      hint: 'letters, digits, . _ and -, at most 64: sm token create ci --role operate',
    });
  const patterns = apps === 'all' ? [] : apps;
  for (const pattern of patterns) {
    const problem = appPatternProblem(pattern);
    if (problem !== undefined)
      throw new SmError('INVALID_INPUT', `app ${JSON.stringify(pattern)} ${problem}`, {
        hint: "as --app 'orders-*'",
      });
  }
  const token = `smt~${name}~${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const salt = randomBytes(TOKEN_SALT_BYTES);
  const hash = await hashOf(token, salt, SCRYPT_COST_LOG2);
  const printed = `$scrypt$ln=${SCRYPT_COST_LOG2},r=8,p=1$${salt.toString('base64url')}$${hash.toString('base64url')}`;
  const scope = patterns.length === 0 ? [] : [patterns.join(',')];
  return {token, line: [name, role, ...scope, printed].join(' ')};
}

/** The name that a token of `sm token create` bears, or undefined. */
export function nameInToken(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

/** `at`: place of the line, from 0; a nameless token is called by it. @throws SmError INVALID_CONFIG; the message holds nothing of a token. */
export function parseTokenLine(text: string, at: number): TokenLine {
  const words = text.trim().split(/\s+/);
  const last = words.at(-1) ?? '';
  if (last.startsWith('$')) return hashedLine(text, words, last, at);
  const name = words.slice(0, -1).join(' ');
  if (words.some((word, place) => place > 0 && isRole(word)))
    throw invalid(at, 'has a role, and no hash at its end');
  if (last.length < TOKEN_MIN_CHARACTERS)
    throw invalid(at, `has a token shorter than ${TOKEN_MIN_CHARACTERS} characters`);
  const secret = {kind: 'plain', token: new HiddenText(last)} as const;
  return {
    text: digestOf(text),
    name: name === '' ? `token-${at + 1}` : name,
    role: 'admin',
    apps: 'all',
    secret,
  };
}

function hashedLine(text: string, words: readonly string[], last: string, at: number): TokenLine {
  const [name = '', role = '', scope] = words.length === 4 ? words : words.slice(0, 2);
  if (words.length < 3 || words.length > 4 || !NAME.test(name) || !isRole(role))
    throw invalid(at, 'is not of the form NAME ROLE [APPS] HASH, with role view, operate or admin');
  const apps = scope?.split(',') ?? 'all';
  for (const pattern of apps === 'all' ? [] : apps) {
    const problem = appPatternProblem(pattern);
    if (problem !== undefined) throw invalid(at, `names an app that ${problem}`);
  }
  const [, cost = '', salt = '', hash = ''] = HASH.exec(last) ?? [];
  const costLog2 = Number(cost);
  if (hash === '' || costLog2 < 1 || costLog2 > SCRYPT_COST_LOG2_LIMIT)
    throw invalid(at, 'has a hash that sm token create did not make');
  const bytes = (part: string): Buffer => Buffer.from(part, 'base64url');
  const secret = {kind: 'hashed', costLog2, salt: bytes(salt), hash: bytes(hash)} as const;
  return {text: digestOf(text), name, role, apps, secret};
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function invalid(at: number, problem: string): SmError {
  return new SmError('INVALID_CONFIG', `line ${at + 1} of the token file ${problem}`, {
    hint: 'make a line with: sm token create NAME --role view',
  });
}

/** Takes some 50 ms of another thread. */
export async function isTokenOf(token: string, secret: HashedToken): Promise<boolean> {
  const hash = await hashOf(token, secret.salt, secret.costLog2);
  return timingSafeEqual(hash, secret.hash);
}

function hashOf(token: string, salt: Buffer, costLog2: number): Promise<Buffer> {
  const N = 2 ** costLog2;
  const options = {
    N,
    r: SCRYPT_BLOCK_SIZE,
    p: 1,
    maxmem: SCRYPT_MEMORY_FACTOR * N * SCRYPT_BLOCK_SIZE,
  };
  return new Promise((resolve, reject) => {
    scrypt(token, salt, SCRYPT_HASH_BYTES, options, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}
