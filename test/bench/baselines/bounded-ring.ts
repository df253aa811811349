/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, 2018): shards go round a ring of hashes to the first container that has room. Nobody
 * takes more than (1 + epsilon) times the mean; with loads: nobody who has reached it takes more.
 */
import type {Baseline} from './instance.ts';
import {mixed} from './rendezvous.ts';

/** Points of a container on the ring. */
const POINTS = 100;

export function boundedRing(epsilon: number): Baseline {
  return ({shards, containers, load, shardHash, containerHash}) => {
    const ring = new Float64Array(containers * POINTS);
    for (let at = 0; at < ring.length; at += 1) {
      const container = at % containers;
      const point = Math.imul(Math.floor(at / containers) + 1, 0x9e3779b1);
      ring[at] = mixed((containerHash[container] ?? 0) ^ point) * containers + container;
    }
    ring.sort();
    const most = ((1 + epsilon) * load.reduce((sum, one) => sum + one, 0)) / containers;
    const has = new Float64Array(containers);
    const target = new Int32Array(shards);
    for (let shard = 0; shard < shards; shard += 1) {
      let at = firstFrom(ring, (shardHash[shard] ?? 0) * containers);
      const own = load[shard] ?? 0;
      while ((has[(ring[at] ?? 0) % containers] ?? 0) >= most) at = (at + 1) % ring.length;
      const container = (ring[at] ?? 0) % containers;
      has[container] = (has[container] ?? 0) + own;
      target[shard] = container;
    }
    return target;
  };
}

function firstFrom(ring: Float64Array, point: number): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ring[middle] ?? 0) < point) low = middle + 1;
    else high = middle;
  }
  return low % ring.length;
}
