/** Keys that stand twice in a map of YAML. The parser's own check compares each key with all before it. */
import {isScalar, visit} from 'yaml';
import type {Document} from 'yaml';

/** Where each key stands that its map has already; offsets in the text. */
export function repeatedKeys(document: Document): number[] {
  const found: number[] = [];
  visit(document, {
    Map: (_at, map) => {
      const seen = new Set<unknown>();
      for (const {key} of map.items) {
        if (!isScalar(key)) continue;
        const offset = key.range?.[0] ?? 0;
        if (seen.has(key.value)) found.push(offset);
        seen.add(key.value);
      }
    },
  });
  return found;
}
