import {SmError} from './errors.ts';

/** Most bytes of an app, container, group or worker group name. */
export const NAME_MAX_BYTES = 128;
/** Most bytes (UTF-8) of a shard id. */
export const SHARD_ID_MAX_BYTES = 200;

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._:-]{0,126}[A-Za-z0-9])?$/;
/** Container ids may also hold IPv6 brackets: `[::1]:8080`. */
const CONTAINER = /^[A-Za-z0-9[]([A-Za-z0-9._:[\]-]{0,126}[A-Za-z0-9\]])?$/;
const INCARNATION = /^[A-Za-z0-9_-]{1,80}$/;
// C0, DEL, C1, line separators, bidi controls, zero-width characters, BOM, lone surrogates.
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}|\p{Unassigned}/u;

export type NameKind = 'app' | 'container' | 'group' | 'worker group' | 'service';

/** Why `name` may not be used, or undefined when it may. Names are refused, never cut or changed. */
export function nameProblem(kind: NameKind, name: unknown): string | undefined {
  if (typeof name !== 'string') return `${kind} name must be a string`;
  if (name === '') return `${kind} name is empty`;
  if (name.length > NAME_MAX_BYTES)
    return `${kind} name is longer than ${NAME_MAX_BYTES} characters`;
  if (name.includes('..')) return `${kind} name holds ".."`;
  const pattern = kind === 'container' ? CONTAINER : NAME;
  if (pattern.test(name)) return undefined;
  return `${kind} name holds characters outside A-Z a-z 0-9 . _ : -, or does not begin and end with a letter or digit`;
}

/** @throws SmError INVALID_NAME when the name is refused. */
export function checkName(kind: NameKind, name: unknown): string {
  const problem = nameProblem(kind, name);
  if (problem !== undefined) {
    throw new SmError('INVALID_NAME', problem, {
      hint: `use 1-${NAME_MAX_BYTES} of A-Z a-z 0-9 . _ : - and begin and end with a letter or digit`,
    });
  }
  return name as string;
}

/** Why `id` may not be a shard id, or undefined when it may: 1-200 bytes of printable UTF-8. */
export function shardIdProblem(id: unknown): string | undefined {
  if (typeof id !== 'string') return 'shard id must be a string';
  if (id === '') return 'shard id is empty';
  if (id.length > SHARD_ID_MAX_BYTES || utf8Length(id) > SHARD_ID_MAX_BYTES) {
    return `shard id is longer than ${SHARD_ID_MAX_BYTES} bytes`;
  }
  if (UNPRINTABLE.test(id)) return 'shard id holds control or invisible characters';
  return undefined;
}

/** @throws SmError INVALID_NAME when the id is refused. */
export function checkShardId(id: unknown): string {
  const problem = shardIdProblem(id);
  if (problem !== undefined) {
    throw new SmError('INVALID_NAME', problem, {
      hint: `use 1-${SHARD_ID_MAX_BYTES} bytes of printable UTF-8 without control characters`,
    });
  }
  return id as string;
}

/** Whether `text` has the shape of an incarnation: one registration of a container. */
export function isIncarnation(text: string): boolean {
  return INCARNATION.test(text);
}

/** Bytes that `text` takes as UTF-8, without encoding it. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
