import {SmError} from '../../model/errors.ts';
import {isTooDeep} from '../../protocol/json-depth.ts';
import {JSON_DEPTH_LIMIT} from '../../protocol/limits.ts';
import {runToEnd} from '../../model/steps.ts';

const REFUSED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const JSON_HINT =
  'send one JSON object in UTF-8, with the fields that /swagger of the daemon shows';
const strictUtf8 = new TextDecoder('utf-8', {fatal: true});

/**
 * The value a request body stands for; undefined for an empty one.
 * @throws SmError INVALID_INPUT for what is not UTF-8, no JSON, nested too deep, or holds a key that could reach a
 * prototype.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  return runToEnd(jsonBodySteps(bytes));
}

/** The same in steps: each goes through the whole body once. */
export function* jsonBodySteps(bytes: Buffer): Generator<undefined, unknown> {
  const text = decode(bytes);
  if (text.trim() === '') return undefined;
  yield;
  // Before the parse: its own recursion must not meet a hostile depth.
  if (isTooDeep(text)) {
    throw new SmError('INVALID_INPUT', `body is nested deeper than ${JSON_DEPTH_LIMIT} levels`, {
      hint: JSON_HINT,
    });
  }
  yield;
  const value = parse(text);
  yield;
  refuseKeys(value);
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new SmError('INVALID_INPUT', 'body is not UTF-8', {hint: JSON_HINT, cause});
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SmError('INVALID_INPUT', 'body is not valid JSON', {hint: JSON_HINT, cause});
  }
}

function refuseKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) refuseKeys(item);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (REFUSED_KEYS.has(key)) {
      throw new SmError('INVALID_INPUT', `body contains the forbidden key ${JSON.stringify(key)}`, {
        hint: 'leave it out: no field has this name',
      });
    }
    refuseKeys(inner);
  }
}
