/** What an update changes, before and after, from the values that were read before it. Pure. */
import type {AuditedChange} from '../../../model/audit.ts';
import {jsonIn} from '../../../protocol/foreign-json.ts';
import {CHANGES_SHOWN, VALUE_SHOWN_CHARACTERS} from '../limits.ts';

/** They change with every write, or say what the entry says itself. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['updateTime', 'taskVersion', 'at', 'by', 'v'],
  ...['pause', 'pinned'],
]);

/** One write of an object that was read before: texts as stored. */
export interface Rewrite {
  readonly object: string;
  readonly before: string;
  readonly after: string;
}

export function auditedChanges(rewrites: readonly Rewrite[]): AuditedChange[] {
  const found: AuditedChange[] = [];
  for (const {object, before, after} of rewrites) {
    const [old, fresh] = [fieldsOf(before), fieldsOf(after)];
    for (const field of new Set([...Object.keys(old), ...Object.keys(fresh)])) {
      const [was, is] = [shown(old[field]), shown(fresh[field])];
      if (was === is || LEFT_OUT.has(field)) continue;
      if (found.length === CHANGES_SHOWN) return found;
      found.push({object, field, before: cut(was), after: cut(is)});
    }
  }
  return found;
}

function fieldsOf(text: string): Record<string, unknown> {
  const parsed = jsonIn(text);
  return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
}

/** '' for a field that is not there. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'object'
    ? JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one))
    : String(value as number | boolean | bigint);
}

function cut(text: string): string {
  if (text.length <= VALUE_SHOWN_CHARACTERS) return text;
  return `${text.slice(0, VALUE_SHOWN_CHARACTERS - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
