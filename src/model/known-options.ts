/** Options of programs without types: one that is misspelt would be ignored, and its default would count without a word. Pure. */
import {SmError} from './errors.ts';
import {isFields} from './fields.ts';
import {nearestWords} from './nearest.ts';

/** Every name of T: none may be missing, and there may be no other. */
export type NamesOf<T> = {readonly [Name in keyof T]-?: true};

/**
 * `taker`: who takes the options, in messages; `prefix`: where in its options these stand, as `etcd.`. What is undefined counts as left out.
 * @throws SmError INVALID_INPUT.
 */
export function refuseUnknownOptions(
  taker: string,
  prefix: string,
  options: unknown,
  names: Readonly<Record<string, unknown>>,
): void {
  if (!isFields(options)) return;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, name)) continue;
    const known = Object.keys(names);
    const near = nearestWords(name, known);
    const hint =
      near.length === 0 ? `known options: ${known.join(', ')}` : `did you mean ${near.join(', ')}?`;
    const option = JSON.stringify(prefix + name);
    throw new SmError('INVALID_INPUT', `${taker} has no option ${option}`, {hint});
  }
}
