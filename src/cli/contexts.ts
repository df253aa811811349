/** Named sets of settings in $XDG_CONFIG_HOME/sm/config.yml. Nothing in the current folder may choose the server. */
import {chmodSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {dirname, join} from 'node:path';
import {SmError} from '../model/errors.ts';
import {isFields} from '../model/fields.ts';
import {nearestWords} from '../model/nearest.ts';
import {makeFolder} from '../runtime/make-folder.ts';

/** What a context may set. No secrets: the token stays in its file. */
const CONTEXT_SETTINGS = [
  'server',
  'app',
  'output',
  'timeout',
  'tokenFile',
  'caFile',
  'certFile',
  'keyFile',
  'proxy',
] as const;
export type ContextSetting = (typeof CONTEXT_SETTINGS)[number];
export type Context = Partial<Record<ContextSetting, string>>;

export interface ContextFile {
  /** '' when none is chosen. */
  readonly current: string;
  readonly contexts: Readonly<Record<string, Context>>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const EMPTY: ContextFile = {current: '', contexts: {}};

export function contextPath(): string {
  const {XDG_CONFIG_HOME: home = ''} = process.env;
  return join(home === '' ? join(homedir(), '.config') : home, 'sm', 'config.yml');
}

/** Of a file that is not there, or that this user may not see. */
const UNSEEN = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM']);

/** As `readContexts`; a file that nobody asked for and that cannot be read is as none. */
export async function readContextsIfAny(path = contextPath()): Promise<ContextFile> {
  try {
    return await readContexts(path);
  } catch (error) {
    const {code = ''} = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (UNSEEN.has(code)) return EMPTY;
    throw error;
  }
}

/** The file's contexts; none when there is no file. @throws SmError INVALID_CONFIG. */
export async function readContexts(path = contextPath()): Promise<ContextFile> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
    throw invalid(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`, error);
  }
  const {parse} = await import('./yaml.ts');
  let parsed: unknown;
  try {
    parsed = parse(text, {schema: 'core', maxAliasCount: 0}) ?? {};
  } catch (error) {
    throw invalid(path, error instanceof Error ? (error.message.split('\n')[0] ?? '') : '');
  }
  return checked(path, parsed);
}

export async function writeContexts(file: ContextFile, path = contextPath()): Promise<void> {
  const {stringify} = await import('./yaml.ts');
  makeFolder(dirname(path));
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, stringify(file), {mode: 0o600});
  chmodSync(fresh, 0o600);
  renameSync(fresh, path);
}

/** The context of this name, or the current one; undefined when none is chosen. @throws SmError INVALID_INPUT. */
export function chosenContext(
  file: ContextFile,
  wanted: string | undefined,
): {name: string; context: Context} | undefined {
  const name = wanted ?? file.current;
  if (name === '') return undefined;
  const context = Object.hasOwn(file.contexts, name) ? file.contexts[name] : undefined;
  if (context !== undefined) return {name, context};
  throw unknownContext(name, file);
}

export function unknownContext(name: string, {contexts}: ContextFile): SmError {
  const near = nearestWords(name, Object.keys(contexts));
  return new SmError('NOT_FOUND', `there is no context ${name}`, {
    hint: near.length === 0 ? 'sm context ls' : `did you mean ${near.join(', ')}?`,
  });
}

/** @throws SmError INVALID_INPUT. */
export function checkContextName(name: string): void {
  if (NAME.test(name)) return;
  throw new SmError('INVALID_INPUT', `${JSON.stringify(name)} is not a name of a context`, {
    hint: 'use up to 64 of A-Z a-z 0-9 . _ -',
  });
}

function checked(path: string, parsed: unknown): ContextFile {
  if (!isFields(parsed)) throw invalid(path, 'is not a map');
  const {current = '', contexts = {}, ...rest} = parsed;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(path, `unknown key ${JSON.stringify(unknown)}`);
  if (typeof current !== 'string' || !isFields(contexts))
    throw invalid(path, 'current or contexts');
  for (const [name, context] of Object.entries(contexts)) {
    if (!isFields(context)) throw invalid(path, `context ${name} is not a map`);
    for (const [setting, value] of Object.entries(context)) {
      if (!(CONTEXT_SETTINGS as readonly string[]).includes(setting)) {
        const [near] = nearestWords(setting, CONTEXT_SETTINGS, 1);
        const guess = near === undefined ? '' : `, did you mean ${near}?`;
        throw invalid(path, `context ${name}: unknown setting ${JSON.stringify(setting)}${guess}`);
      }
      if (typeof value !== 'string') throw invalid(path, `context ${name}: ${setting} is not text`);
    }
  }
  return {current, contexts: contexts as ContextFile['contexts']};
}

function invalid(path: string, problem: string, cause?: unknown): SmError {
  return new SmError('INVALID_CONFIG', `${path}: ${problem}`, {
    hint: 'correct the file, or remove it and use sm context add',
    cause,
  });
}
