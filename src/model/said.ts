/** Objects without what says nothing. Pure. */

/** The same without fields that are undefined: where a field may be left out, it may not be undefined. */
export function given<T extends object>(
  fields: T,
): {[Name in keyof T]?: Exclude<T[Name], undefined>} {
  return kept(fields, (value) => value !== undefined);
}

/** The same without fields that are undefined, '', 0 or without entries: what counts by default. */
export function said<T extends object>(
  fields: T,
): {[Name in keyof T]?: Exclude<T[Name], undefined>} {
  return kept(fields, (value) =>
    typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value),
  );
}

function kept(fields: object, isKept: (value: unknown) => boolean): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isKept(value)));
}
