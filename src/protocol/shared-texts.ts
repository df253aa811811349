/** Texts that many records have in common, each kept once: parsing makes a new one for each record. */
import type {Fields} from '../model/fields.ts';
import {SHARED_TEXTS, SHARED_TEXT_CHARACTERS} from './limits.ts';

/** Of a record, of its move, and of the spec of a shard: texts that those of many shards have in common. */
export const RECORD_TEXTS = ['container', 'incarnation', 'lastError'];
export const MOVE_TEXTS = ['from', 'to', 'why'];
export const SPEC_TEXTS = ['service', 'task', 'manualContainerId', 'group', 'workerGroup'];

const texts = new Map<string, string>();

/** Puts the one text in the place of equal ones. Fields that are not text, or are long, stay as they are. */
export function shareTexts(fields: Fields, names: readonly string[]): void {
  for (const name of names) {
    const text = fields[name];
    if (typeof text === 'string' && text.length <= SHARED_TEXT_CHARACTERS)
      fields[name] = shared(text);
  }
}

function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  // Records that share nothing must not fill the memory; what is still in use is soon here again.
  if (texts.size >= SHARED_TEXTS) texts.clear();
  texts.set(text, text);
  return text;
}
