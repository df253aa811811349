/** What transactions compare and do, in words. Pure. */
import type {Compare, KeyValue, Operation} from './port.ts';

/** There is no such key. */
export function absent(key: string): Compare {
  return {key, target: 'create', op: '=', value: 0};
}

export function present(key: string): Compare {
  return {key, target: 'create', op: '!=', value: 0};
}

/** No key begins with the prefix. */
export function nothingBelow(prefix: string): Compare {
  return {key: prefix, target: 'below', op: '=', value: 0};
}

/** The key is as it was read: at the same revision, or absent. */
export function unchanged(key: string, read: Pick<KeyValue, 'mod'> | undefined): Compare {
  return {key, target: 'mod', op: '=', value: read?.mod ?? 0};
}

export function deletion({key}: Pick<KeyValue, 'key'>): Operation {
  return {op: 'delete', key};
}
