/**
 * Where processes of one user find the password of an embedded store on their machine: the daemon leaves a note for its port in the user's state
 * folder. The note names the file of the password, and is believed only where nobody else could have written it.
 */
import {renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {HiddenText} from '../model/hidden-text.ts';
import {isLoopbackHost} from '../model/loopback.ts';
import type {Readers} from '../runtime/file-rights.ts';
import {makeFolder} from '../runtime/make-folder.ts';
import {readSecretFile} from '../runtime/secret-file.ts';
import {PASSWORD_FILE_LIMIT_BYTES} from '../runtime/limits.ts';

export interface LocalLogin {
  readonly username: string;
  readonly password: HiddenText;
}

interface Note {
  readonly username: string;
  readonly passwordFile: string;
}

const ENDPOINT = /^(?:https?:\/\/)?(.+):(\d+)$/;

/** @throws NodeJS.ErrnoException where the state folder cannot be written */
export function noteLocalStore(port: number, note: Note): void {
  makeFolder(folder());
  const path = notePath(String(port));
  const draft = `${path}.${process.pid}.new`;
  rmSync(draft, {force: true});
  writeFileSync(draft, `${JSON.stringify(note)}\n`, {mode: 0o600, flag: 'wx'});
  renameSync(draft, path);
}

/** Removes the note, unless it is another store's by now. A note that cannot be removed stays: it costs a client one refused login. */
export function forgetLocalStore(port: number, passwordFile?: string): void {
  try {
    if (passwordFile !== undefined && readNote(String(port))?.passwordFile !== passwordFile) return;
    rmSync(notePath(String(port)), {force: true});
  } catch {
    // The home is missing or unreadable: there is no note of ours in it.
  }
}

/** Who we are to the store at this endpoint; undefined where it is not on this machine, or nobody left a note that may be believed. */
export function localLogin(endpoint: string): LocalLogin | undefined {
  const [, host = '', port = ''] = ENDPOINT.exec(endpoint) ?? [];
  if (!isLoopbackHost(host)) return undefined;
  if (!hasNote(port)) return undefined;
  const note = readNote(port);
  const password =
    note === undefined
      ? ''
      : readOwn('the password of the store,', note.passwordFile, 'volume')?.trim();
  if (note === undefined || password === undefined || password === '') return undefined;
  return {username: note.username, password: new HiddenText(password)};
}

/** Cheap, as every call to a store without a password asks. A home that is missing or unreadable has no note. */
function hasNote(port: string): boolean {
  try {
    return statSync(notePath(port), {throwIfNoEntry: false}) !== undefined;
  } catch {
    return false;
  }
}

function folder(): string {
  const {XDG_STATE_HOME: home = ''} = process.env;
  return join(home === '' ? join(homedir(), '.local', 'state') : home, 'sm', 'stores');
}

function notePath(port: string): string {
  return join(folder(), `${port}.json`);
}

function readNote(port: string): Note | undefined {
  try {
    const text = readOwn('the note of a local store,', notePath(port), 'owner');
    const {username, passwordFile} = JSON.parse(text ?? '') as Partial<Note>;
    if (typeof username !== 'string' || typeof passwordFile !== 'string') return undefined;
    return {username, passwordFile};
  } catch {
    return undefined;
  }
}

/** Undefined where there is none, or others could have written or read it. */
function readOwn(what: string, path: string, readers: Readers): string | undefined {
  const mostBytes = PASSWORD_FILE_LIMIT_BYTES;
  const rules = {what, mostBytes, readers, links: 'refused'} as const;
  try {
    return readSecretFile(path, rules).toString('utf8');
  } catch {
    return undefined;
  }
}
