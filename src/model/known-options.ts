/**
 * Options of programs without types: one that is misspelt would be ignored, and its default would count without a word. Of a
 * variable of the environment comes text, and 'false' would count as true. Pure.
 */
import {SmError} from './errors.ts';
import {isFields} from './fields.ts';
import {nearestWords} from './nearest.ts';

/** `other`: whoever reads the option checks it. */
export type Kind = 'text' | 'a number' | 'true or false' | 'a function' | 'an object' | 'other';

/** Every name of T: none may be missing, and there may be no other. */
export type KindsOf<T> = {readonly [Name in keyof T]-?: Kind};

const IS_OF: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  'a number': (value) => typeof value === 'number' && !Number.isNaN(value),
  'true or false': (value) => typeof value === 'boolean',
  'a function': (value) => typeof value === 'function',
  'an object': isFields,
  other: () => true,
};

/** How programs come to pass another kind. */
const CONVERSIONS: Partial<Record<Kind, string>> = {
  text: ' (of a value: String(value))',
  'true or false': " (of a text: text === 'true')",
};

/**
 * `taker`: who takes the options, in messages; `prefix`: where in its options these stand, as `etcd.`. What is undefined counts as left out.
 * @throws SmError INVALID_INPUT.
 */
export function refuseUnknownOptions(
  taker: string,
  prefix: string,
  options: unknown,
  kinds: Readonly<Record<string, Kind>>,
): void {
  if (!isFields(options)) return;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(kinds, name)) continue;
    const known = Object.keys(kinds);
    const near = nearestWords(name, known);
    const hint =
      near.length === 0 ? `known options: ${known.join(', ')}` : `did you mean ${near.join(', ')}?`;
    const option = JSON.stringify(prefix + name);
    throw new SmError('INVALID_INPUT', `${taker} has no option ${option}`, {hint});
  }
}

/** What is undefined counts as left out. @throws SmError INVALID_INPUT. */
export function refuseOtherKinds(
  prefix: string,
  options: unknown,
  kinds: Readonly<Record<string, Kind>>,
): void {
  if (!isFields(options)) return;
  for (const [name, kind] of Object.entries(kinds)) {
    const value = options[name];
    if (value === undefined || IS_OF[kind](value)) continue;
    const option = prefix + name;
    throw new SmError('INVALID_INPUT', `${option} is not ${kind}`, {
      hint: `pass ${option} as ${kind}${CONVERSIONS[kind] ?? ''}, or leave it out`,
    });
  }
}
