/** The most shards that can be placed with those of one spread key apart, by trying everything; nothing runs yet, all is open. */
import type {PlacementSnapshot} from '../../src/model/placement.ts';
import {limitsOf} from './oracle-shares.ts';
import {allows} from './twin.ts';

export function mostApart(snapshot: PlacementSnapshot): number {
  const {shards, containers} = snapshot;
  const limits = limitsOf(snapshot);
  const counts = containers.map(() => 0);
  const keys = containers.map(() => new Set<string>());
  let best = 0;
  const visit = (at: number, placed: number): void => {
    best = Math.max(best, placed);
    const shard = shards[at];
    if (shard === undefined || placed + shards.length - at <= best) return;
    const key = shard.spreadKey ?? '';
    for (const [index, container] of containers.entries()) {
      const taken = key !== '' && keys[index]?.has(key) === true;
      if (taken || (counts[index] ?? 0) >= (limits[index] ?? 0)) continue;
      if (!allows(snapshot, shard, container)) continue;
      counts[index] = (counts[index] ?? 0) + 1;
      if (key !== '') keys[index]?.add(key);
      visit(at + 1, placed + 1);
      counts[index] = (counts[index] ?? 0) - 1;
      keys[index]?.delete(key);
    }
    visit(at + 1, placed);
  };
  visit(0, 0);
  return best;
}
