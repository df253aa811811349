/** Files that declare apps: one file, every .yml and .yaml of a folder, or stdin. */
import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {Flags} from '@oclif/core';
import {SmError} from '../model/errors.ts';
import type {FileApp} from '../config/apps-file.ts';
import {FILES_LIMIT} from './limits.ts';
import {readNamedInput} from './text-input.ts';

export const appsFileFlag = Flags.string({
  char: 'f',
  description: 'file, folder of .yml files, or - for stdin; may be given several times',
  multiple: true,
  required: true,
});

/** @throws SmError INVALID_INPUT for what cannot be read, INVALID_CONFIG with file:line:column for what is wrong in it. */
export async function readApps(paths: readonly string[]): Promise<FileApp[]> {
  const {parseApps} = await import('../config/apps-file.ts');
  const sources: {file: string; text: string}[] = [];
  for (const path of paths) {
    for (const file of await filesOf(path))
      sources.push({file: nameOf(file), text: await readNamedInput(file)});
  }
  return parseApps(sources);
}

async function filesOf(path: string): Promise<string[]> {
  if (path === '-') return [path];
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
    if (names.length === 0) throw unreadable(path, 'holds no .yml file');
    if (names.length > FILES_LIMIT) throw unreadable(path, `holds more than ${FILES_LIMIT} files`);
    return names.map((name) => join(path, name));
  } catch (error) {
    throw error instanceof SmError ? error : unreadable(path, 'cannot be read', error);
  }
}

function nameOf(file: string): string {
  return file === '-' ? 'stdin' : file;
}

function unreadable(path: string, problem: string, cause?: unknown): SmError {
  return new SmError('INVALID_INPUT', `${path} ${problem}`, {hint: 'check the path', cause});
}
