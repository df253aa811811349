/** Value of `id/<container>`: which incarnation holds the id, and which one an operator has evicted from it. */
import {fieldsIn} from './foreign-json.ts';

export interface IdValue {
  /** '': nobody holds the id. */
  readonly incarnation: string;
  /** Its heartbeat was deleted after an operator had evicted it, and it may not have heard of that; '': there is none. */
  readonly evicted: string;
}

export function encodeIdHolder(incarnation: string, evicted = ''): string {
  return JSON.stringify({v: 1, incarnation, ...(evicted !== '' && {evicted})});
}

/** A value that cannot be read is nobody's, so the id may be taken. */
export function decodeIdValue(value: string): IdValue {
  const {incarnation, evicted} = fieldsIn(value) ?? {};
  return {incarnation: textOf(incarnation), evicted: textOf(evicted)};
}

/** The incarnation, or '' when nobody holds the id. */
export function decodeIdHolder(value: string): string {
  return decodeIdValue(value).incarnation;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
