/**
 * Nothing of an app may be created once its removal has begun, however late the write arrives: else it would stay when the app is gone, or turn
 * up in the next app of that name. So whatever creates a key of an app compares the app's spec with the version it has seen last, which did
 * not say `deleting`; every later removal, re-creation or change makes that compare fail. Pure.
 */
import type {Keys} from '../etcd/keys.ts';
import {decodeAppSpec} from '../protocol/records.ts';
import type {Compare, KeyValue} from './port.ts';

/** The app's spec is still this version. `mod`: as read, of a spec that is not being removed. */
export function specUnchanged(keys: Keys, app: string, mod: number): Compare {
  return {key: keys.appSpec(app), target: 'mod', op: '=', value: mod};
}

/** Mod revision of the spec; undefined when there is none, or when the app is being removed. A spec that cannot be read counts as live. */
export function liveSpecMod(entry: KeyValue | undefined): number | undefined {
  return entry === undefined || isDeleting(entry.value) ? undefined : entry.mod;
}

/** The spec says that the app is being removed. */
export function isDeleting(value: string): boolean {
  const decoded = decodeAppSpec(value);
  return decoded.ok && decoded.value.deleting === true;
}
