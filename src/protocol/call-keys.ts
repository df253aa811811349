/** Value of `callkeys` under an app's specs: the keys by which its daemons and containers know each other, the newest first. */
import {HiddenText} from '../model/hidden-text.ts';
import type {CallKey} from './call-signature.ts';

const TEXT = /^[A-Za-z0-9_-]{1,128}$/;

export function encodeCallKeys(keys: readonly CallKey[]): string {
  const stored = keys.map(({id, secret, createdMs}) => ({id, secret: secret.reveal(), createdMs}));
  return JSON.stringify({v: 1, keys: stored});
}

/** What cannot be read counts as no key. */
export function decodeCallKeys(value: string | undefined): readonly CallKey[] {
  if (value === undefined) return [];
  try {
    const parsed = JSON.parse(value) as {keys?: unknown} | null;
    const list = Array.isArray(parsed?.keys) ? (parsed.keys as unknown[]) : [];
    return list
      .slice(0, 2)
      .flatMap((one): CallKey[] =>
        isKey(one) ? [{...one, secret: new HiddenText(one.secret)}] : [],
      );
  } catch {
    return [];
  }
}

type StoredKey = Omit<CallKey, 'secret'> & {readonly secret: string};

function isKey(one: unknown): one is StoredKey {
  const {id, secret, createdMs} = (one ?? {}) as Partial<Record<keyof CallKey, unknown>>;
  return (
    typeof id === 'string' &&
    TEXT.test(id) &&
    typeof secret === 'string' &&
    TEXT.test(secret) &&
    typeof createdMs === 'number'
  );
}
