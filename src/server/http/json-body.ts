import {SmError} from '../../model/errors.ts';

/** Deepest nesting of arrays and objects in a body; ours need four. */
export const BODY_DEPTH_LIMIT = 32;

const REFUSED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const strictUtf8 = new TextDecoder('utf-8', {fatal: true});

/**
 * The value a request body stands for; undefined for an empty one.
 * @throws SmError INVALID_INPUT for what is no UTF-8, no JSON, nested too deep, or holds a key that could reach a
 * prototype.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  const text = decode(bytes);
  if (text.trim() === '') return undefined;
  // Before the parse: its own recursion must not meet a hostile depth.
  if (deeperThan(text, BODY_DEPTH_LIMIT)) {
    throw new SmError('INVALID_INPUT', `body is nested deeper than ${BODY_DEPTH_LIMIT} levels`);
  }
  const value = parse(text);
  refuseKeys(value);
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new SmError('INVALID_INPUT', 'body is not UTF-8', {cause});
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const hint = 'send one JSON object';
    throw new SmError('INVALID_INPUT', 'body is not valid JSON', {hint, cause});
  }
}

function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > limit) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

function refuseKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) refuseKeys(item);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (REFUSED_KEYS.has(key)) {
      throw new SmError('INVALID_INPUT', `body holds the key ${JSON.stringify(key)}`);
    }
    refuseKeys(inner);
  }
}
