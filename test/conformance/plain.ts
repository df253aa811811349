/** Replies in a form that two servers share: no ids of cluster and member, no raft term, revisions counted from a base, defaults left out. */
import type {Message} from '../support/wire.ts';

export interface Frame {
  /** The revision that counts as 0. */
  readonly base: number;
  /** Taken off the keys. */
  readonly prefix: string;
}

const REVISIONS = new Set(['create_revision', 'mod_revision', 'compact_revision']);
const KEYS = new Set(['key', 'range_end', 'keys']);

/** A message without what belongs to one server alone; `header` becomes `revision`. */
export function plain(message: Message, frame: Frame): Message {
  const result: Message = {};
  for (const [name, value] of Object.entries(message)) {
    if (name === 'header') {
      const revision = revisionOf(message);
      if (revision > 0) result['revision'] = revision - frame.base;
      continue;
    }
    if (REVISIONS.has(name)) {
      if (value !== '0') result[name] = Number(value) - frame.base;
      continue;
    }
    const small = plainField(name, value, frame);
    if (!isDefault(small)) result[name] = small;
  }
  return result;
}

/** The revision in a reply's header; 0 when it has none. */
export function revisionOf(message: Message): number {
  const header = message['header'] as {revision: string} | null | undefined;
  return Number(header?.revision ?? 0);
}

function plainField(name: string, value: unknown, frame: Frame): unknown {
  if (Array.isArray(value)) return value.map((one) => plainField(name, one, frame));
  if (value instanceof Buffer) return plainBytes(name, value, frame);
  if (typeof value === 'string') return plainText(value);
  if (typeof value === 'object' && value !== null) return plain(value as Message, frame);
  return value;
}

function plainBytes(name: string, bytes: Buffer, frame: Frame): string {
  const text = bytes.toString('latin1');
  return KEYS.has(name) && text.startsWith(frame.prefix) ? text.slice(frame.prefix.length) : text;
}

/** 64-bit numbers come as text. */
function plainText(text: string): string | number {
  const number = Number(text);
  return /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? number : text;
}

function isDefault(value: unknown): boolean {
  return (
    value === 0 ||
    value === '' ||
    value === false ||
    value === null ||
    (Array.isArray(value) && value.length === 0)
  );
}
