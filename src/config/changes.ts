/** What differs between two configurations. */
import {isFields} from '../model/fields.ts';
import type {ServerConfig} from './server-config.ts';

/** Settings whose values differ, by their path in the file as `log.level`, sorted. A default counts as if it were written out. */
export function changedSettings(before: ServerConfig, after: ServerConfig): string[] {
  const old = leaves(before, '');
  const now = leaves(after, '');
  const paths = new Set([...old.keys(), ...now.keys()]);
  return [...paths].filter((path) => old.get(path) !== now.get(path)).sort();
}

function leaves(value: object, prefix: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    const path = prefix + name;
    if (!isFields(inner)) found.set(path, JSON.stringify(inner));
    else for (const [below, text] of leaves(inner, `${path}.`)) found.set(below, text);
  }
  return found;
}
