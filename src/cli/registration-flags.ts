/** What a container registers with, from flags. */
import {SmError} from '../model/errors.ts';

interface RegistrationFlags {
  readonly weight: string;
  readonly capacity: number;
  readonly zone: string;
  readonly limit: readonly string[] | undefined;
  readonly label: readonly string[] | undefined;
  readonly 'app-version': string;
}

/** As `joinApp` takes it. @throws SmError INVALID_INPUT where a flag cannot be read; ranges are checked by `joinApp`. */
export function registrationOf(flags: RegistrationFlags) {
  const {weight, capacity, zone, limit = [], label = []} = flags;
  const limits = pairsOf('--limit', 'METRIC=NUMBER', limit);
  return {
    weight: numberOf('--weight', weight),
    ...{capacity, zone, version: flags['app-version']},
    limits: Object.fromEntries(limits.map(([name, text]) => [name, numberOf('--limit', text)])),
    labels: Object.fromEntries(pairsOf('--label', 'KEY=VALUE', label)),
  };
}

/** A number of a flag, fractions allowed. */
export function numberOf(flag: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new SmError('INVALID_INPUT', `${flag} ${JSON.stringify(text)} is not a number`, {
    hint: `for example ${flag} 2 or ${flag} 0.5`,
  });
}

/** `NAME=TEXT` each; the text may hold further `=`. */
function pairsOf(
  flag: string,
  form: string,
  texts: readonly string[],
): (readonly [string, string])[] {
  return texts.map((text) => {
    const at = text.indexOf('=');
    if (at > 0) return [text.slice(0, at), text.slice(at + 1)] as const;
    throw new SmError(
      'INVALID_INPUT',
      `${flag} ${JSON.stringify(text)} is not of the form ${form}`,
      {
        hint: `give ${flag} ${form}`,
      },
    );
  });
}

/** Loads of a shard, from `METRIC=NUMBER` each. */
export function loadsOf(texts: readonly string[]): Record<string, number> {
  const pairs = pairsOf('--load', 'METRIC=NUMBER', texts);
  return Object.fromEntries(pairs.map(([name, text]) => [name, numberOf('--load', text)]));
}
