/** Reads of the past: as much older as some changes of what is asked for. */
import type {MemoryKv} from '../support/memory-store.ts';

/** The newest revision at which so many changes of what `look` sees had not been made yet. */
export function changesBack(kv: MemoryKv, steps: number, look: (at: number) => unknown): number {
  const oldest = Math.max(1, kv.oldest);
  let at = kv.revision;
  let seen = JSON.stringify(look(at));
  for (let left = steps; left > 0 && at > oldest; left -= 1) {
    const after = seen;
    while (at > oldest && seen === after) {
      at -= 1;
      seen = JSON.stringify(look(at));
    }
  }
  return at;
}
