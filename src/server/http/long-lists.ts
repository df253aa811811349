/** Checks an input by its schema: a long list in it is checked in several pieces of work. */
import * as z from 'zod';
import {isFields} from '../../model/fields.ts';
import {ITEMS_PER_PIECE} from './limits.ts';

type Parsed = z.ZodSafeParseResult<unknown>;

interface LongList {
  /** Keys from the input to the list. */
  readonly path: readonly string[];
  readonly items: readonly unknown[];
  readonly item: z.core.$ZodType;
}

/** Each fault has what was found there: a field that is missing is another fault than one of a wrong type. */
const REPORTED = {reportInput: true} as const;

/** As `schema.safeParse`, in steps. Of a long list whose items are not all right the first of these is named, and nothing besides. */
export function* parseSteps(schema: z.ZodType, input: unknown): Generator<undefined, Parsed> {
  const list = longListIn(schema, input, []);
  if (list === undefined) return schema.safeParse(input, REPORTED);
  const {path, items, item} = list;
  const checked: unknown[] = [];
  for (const [at, one] of items.entries()) {
    const result = z.safeParse(item, one, REPORTED);
    if (!result.success) return failed(result.error, [...path, at]);
    checked.push(result.data);
    if (checked.length % ITEMS_PER_PIECE === 0) yield;
  }
  const rest = schema.safeParse(withListAt(input, path, []), REPORTED);
  return rest.success ? {success: true, data: withListAt(rest.data, path, checked)} : rest;
}

/** What looks at a list as a whole, or at what it is in, has to see all of it: such a list is checked in one piece. */
function longListIn(
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly string[],
): LongList | undefined {
  if (schema instanceof z.ZodOptional) return longListIn(schema.unwrap(), value, path);
  if ((schema._zod.def.checks ?? []).length > 0) return undefined;
  if (schema instanceof z.ZodArray) {
    const isLong = Array.isArray(value) && value.length > ITEMS_PER_PIECE;
    return isLong ? {path, items: value, item: schema.element} : undefined;
  }
  if (!(schema instanceof z.ZodObject) || !isFields(value)) return undefined;
  for (const [key, inner] of Object.entries(schema.shape)) {
    const found = longListIn(inner, value[key], [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function withListAt(
  value: unknown,
  [key, ...rest]: readonly string[],
  list: readonly unknown[],
): unknown {
  if (key === undefined || !isFields(value)) return list;
  return {...value, [key]: withListAt(value[key], rest, list)};
}

function failed({issues}: z.core.$ZodError, path: readonly PropertyKey[]): Parsed {
  const within = issues.map((issue) => ({...issue, path: [...path, ...issue.path]}));
  return {success: false, error: new z.ZodError(within)};
}
