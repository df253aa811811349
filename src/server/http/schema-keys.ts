/** Which fields a schema has, and which of them are lists. */
import * as z from 'zod';

/** Names of the fields at `path` of what the schema describes; none where anything may stand there. */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const found = path.reduce<z.core.$ZodType | undefined>(
    (at, step) => at && within(at, step),
    schema,
  );
  const described = found && unwrapped(found);
  return described instanceof z.ZodObject ? Object.keys(described.shape) : [];
}

/** Whether a list stands at the field. */
export function isListAt(schema: z.core.$ZodType, key: string): boolean {
  const field = within(schema, key);
  return field !== undefined && unwrapped(field) instanceof z.ZodArray;
}

function within(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType | undefined {
  const described = unwrapped(schema);
  if (described instanceof z.ZodArray) return described.element;
  if (described instanceof z.ZodRecord) return described.valueType;
  if (!(described instanceof z.ZodObject)) return undefined;
  return (described.shape as Record<PropertyKey, z.core.$ZodType | undefined>)[step];
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault;
  return isWrapper ? unwrapped(schema.unwrap()) : schema;
}
