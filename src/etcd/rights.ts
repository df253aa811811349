/** What a call asks of the roles of an etcd user, in words: etcd says of a denied call only that it is denied. */
import {firstOf} from '../model/and-more.ts';
import {KEYS_NAMED, KEY_SHOWN_CHARACTERS} from './limits.ts';

export function rightToRead(keys: readonly string[]): string {
  return `to read ${named(keys)}`;
}

/** Of a transaction etcd does not say which of its keys is denied. */
export function rightToWrite(keys: readonly string[]): string {
  return `to read and write ${named([...new Set(keys)])}`;
}

export function rightToReadFrom(key: string): string {
  return `to read keys from ${shown(key)} on`;
}

function named(keys: readonly string[]): string {
  return firstOf(keys.map(shown), KEYS_NAMED);
}

function shown(key: string): string {
  return key.length > KEY_SHOWN_CHARACTERS ? `${key.slice(0, KEY_SHOWN_CHARACTERS)}…` : key;
}
