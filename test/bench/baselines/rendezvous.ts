/** Highest random weight (Thaler and Ravishankar, 1998): each shard goes to the container whose hash with it is the highest. */
import type {Instance} from './instance.ts';

export function rendezvous({shards, containers, shardHash, containerHash}: Instance): Int32Array {
  const target = new Int32Array(shards);
  for (let shard = 0; shard < shards; shard += 1) {
    const own = shardHash[shard] ?? 0;
    let highest = -1;
    for (let container = 0; container < containers; container += 1) {
      const weight = mixed(own ^ (containerHash[container] ?? 0));
      if (weight <= highest) continue;
      highest = weight;
      target[shard] = container;
    }
  }
  return target;
}

/** Spreads a hash over 32 bits. */
export function mixed(hash: number): number {
  let own = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  own = Math.imul(own ^ (own >>> 15), 0x735a2d97);
  return (own ^ (own >>> 15)) >>> 0;
}
