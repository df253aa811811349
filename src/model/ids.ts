import {SmError} from './errors.ts';
import {isHarmful} from './visible.ts';
import {NAME_MAX_BYTES, SHARD_ID_MAX_BYTES} from './limits.ts';

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._:-]{0,126}[A-Za-z0-9])?$/;
/** Container ids may also hold IPv6 brackets: `[::1]:8080`. */
const CONTAINER = /^[A-Za-z0-9[]([A-Za-z0-9._:[\]-]{0,126}[A-Za-z0-9\]])?$/;
const INCARNATION = /^[A-Za-z0-9_-]{1,80}$/;
/** Not given to any character yet: what it will look like is not known. */
const UNASSIGNED = /\p{Unassigned}/u;
/** Nothing of what is refused below is in it. Most ids are like that, and each key of a shard that is read is checked. */
const PLAIN_ID = new RegExp(`^[!-~]{1,${SHARD_ID_MAX_BYTES}}$`);
const BLANK = /^\p{White_Space}*$/u;

export type NameKind =
  | 'app'
  | 'container'
  | 'group'
  | 'worker group'
  | 'service'
  | 'metric'
  | 'zone'
  | 'spread key';

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

/** Why `id` may not be a shard id, or undefined when it may: 1-200 bytes of printable UTF-8 in the form NFC, not blank. */
export function shardIdProblem(id: unknown): string | undefined {
  if (typeof id !== 'string') return 'shard id must be a string';
  if (PLAIN_ID.test(id)) return undefined;
  if (id === '') return 'shard id is empty';
  if (id.length > SHARD_ID_MAX_BYTES || utf8Length(id) > SHARD_ID_MAX_BYTES) {
    return `shard id is longer than ${SHARD_ID_MAX_BYTES} bytes`;
  }
  if (isHarmful(id) || UNASSIGNED.test(id)) return 'shard id holds control or invisible characters';
  if (BLANK.test(id)) return 'shard id is blank';
  // Two that differ only in their form look the same.
  if (id.normalize('NFC') !== id) return 'shard id is not in the Unicode form NFC';
  return undefined;
}

/** @throws SmError INVALID_NAME when the id is refused. */
export function checkShardId(id: unknown): string {
  const problem = shardIdProblem(id);
  if (problem !== undefined) {
    throw new SmError('INVALID_NAME', problem, {
      hint: `use 1-${SHARD_ID_MAX_BYTES} bytes of printable UTF-8 in the form NFC, without control characters`,
    });
  }
  return id as string;
}

/**
 * Why no container of the Go project may get the shard, or undefined when it may: that project makes a path of the id, so that such an id leads
 * to other keys, which it overwrites and deletes.
 */
export function pushShardProblem(id: string): string | undefined {
  const parts = id.split('/');
  if (!parts.some((part) => part === '' || part === '.' || part === '..')) return undefined;
  return 'the id has a part that is empty, "." or ".." between slashes: containers of the Go project make a path of it, which leads to other keys in etcd';
}

/** Whether `text` has the shape of an incarnation: one registration of a container. */
export function isIncarnation(text: string): boolean {
  return INCARNATION.test(text);
}

const PROXY_INCARNATION = /^[0-9a-f]{1,16}-\d+$/;

/** Of a push container: one session, by its lease (hex) and create revision. A lease may come back to the same key, never at the same revision. */
export function proxyIncarnation(lease: string, create: number): string {
  return `${lease}-${create}`;
}

export function isProxyIncarnation(incarnation: string): boolean {
  return PROXY_INCARNATION.test(incarnation);
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
