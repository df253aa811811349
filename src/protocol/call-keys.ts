/** Value of `callkeys` under an app's specs: the keys by which its daemons and containers know each other, the newest first. */
import {isFields} from '../model/fields.ts';
import {fieldsIn} from './foreign-json.ts';
import {HiddenText} from '../model/hidden-text.ts';
import type {CallKey} from './call-signature.ts';

const TEXT = /^[A-Za-z0-9_-]{1,128}$/;

export function encodeCallKeys(keys: readonly CallKey[]): string {
  const stored = keys.map(({id, secret, createdMs}) => ({id, secret: secret.reveal(), createdMs}));
  return JSON.stringify({v: 1, keys: stored});
}

/** What cannot be read counts as no key. */
export function decodeCallKeys(value: string | undefined): readonly CallKey[] {
  const {keys} = fieldsIn(value ?? '') ?? {};
  const list = Array.isArray(keys) ? keys.slice(0, 2).filter(isKey) : [];
  return list.map((one) => ({...one, secret: new HiddenText(one.secret)}));
}

type StoredKey = Omit<CallKey, 'secret'> & {readonly secret: string};

function isKey(one: unknown): one is StoredKey {
  if (!isFields(one)) return false;
  const isText = (value: unknown): boolean => typeof value === 'string' && TEXT.test(value);
  return isText(one['id']) && isText(one['secret']) && typeof one['createdMs'] === 'number';
}
