/** LPT (Graham, 1969) from scratch: the largest shard first, each to the container that has least. Where shards are now does not count. */
import type {Instance} from './instance.ts';

export function longestFirst({shards, containers, load}: Instance): Int32Array {
  const order = Int32Array.from({length: shards}, (_, shard) => shard);
  order.sort((a, b) => (load[b] ?? 0) - (load[a] ?? 0) || a - b);
  const target = new Int32Array(shards);
  // A heap of containers by load, the least first. All are empty, so any order is one.
  const heap = Int32Array.from({length: containers}, (_, container) => container);
  const has = new Float64Array(containers);
  for (const shard of order) {
    const container = heap[0] ?? 0;
    target[shard] = container;
    has[container] = (has[container] ?? 0) + (load[shard] ?? 0);
    sinkFirst(heap, has);
  }
  return target;
}

function sinkFirst(heap: Int32Array, has: Float64Array): void {
  const item = heap[0] ?? 0;
  const keyAt = (at: number): number => has[heap[at] ?? 0] ?? 0;
  const key = has[item] ?? 0;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && keyAt(child + 1) < keyAt(child)) child += 1;
    if (keyAt(child) >= key) break;
    heap[at] = heap[child] ?? 0;
    at = child;
  }
  heap[at] = item;
}
