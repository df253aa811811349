/** JSON that somebody else may have written. */
import {isInteger, isSafeNumber, parse} from 'lossless-json';
import type {Fields} from '../model/fields.ts';
import {isFields} from '../model/fields.ts';
import {isTooDeep} from './json-depth.ts';

/** Bare integers this long may not fit a double: such texts are parsed without losing digits. Fencing tokens are quoted and do not count. */
const LONG_NUMBER = /[:[,]\s*-?\d{16,}/;

/** JSON as stored: integers beyond 2^53 come as bigint, so that no digit is lost. @throws SyntaxError, also when nested too deep. */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError('nested too deep');
  return LONG_NUMBER.test(text) ? parse(text, undefined, parseNumber) : JSON.parse(text);
}

function parseNumber(text: string): number | bigint {
  return isInteger(text) && !isSafeNumber(text) ? BigInt(text) : Number(text);
}

/** As `parseJson`; undefined where the text is not JSON. */
export function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The same of an object; undefined where the text is none. */
export function fieldsIn(text: string): Fields | undefined {
  const parsed = jsonIn(text);
  return isFields(parsed) ? parsed : undefined;
}
