/** A hash table from (bucket, container) to a number: open addressing, no object per entry. */
import {FIRST_PAIRS, PAIRS_GROWTH} from './limits.ts';

const FREE = -1;

export class PairIndex {
  private readonly containers: number;
  private keys = new Float64Array(FIRST_PAIRS).fill(FREE);
  private values = new Int32Array(FIRST_PAIRS);
  private count = 0;

  constructor(containers: number) {
    this.containers = containers;
  }

  /** The number set for the pair; -1 for none. */
  get(bucket: number, container: number): number {
    const at = this.find(bucket * this.containers + container);
    return this.keys[at] === FREE ? -1 : (this.values[at] ?? -1);
  }

  set(bucket: number, container: number, value: number): void {
    if (2 * (this.count + 1) > this.keys.length) this.grow();
    const key = bucket * this.containers + container;
    const at = this.find(key);
    if (this.keys[at] === FREE) this.count += 1;
    this.keys[at] = key;
    this.values[at] = value;
  }

  /** Where the key is, or the free entry where it belongs. */
  private find(key: number): number {
    const mask = this.keys.length - 1;
    let at = mix(key) & mask;
    while (this.keys[at] !== FREE && this.keys[at] !== key) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const {keys, values} = this;
    this.keys = new Float64Array(keys.length * PAIRS_GROWTH).fill(FREE);
    this.values = new Int32Array(keys.length * PAIRS_GROWTH);
    for (const [at, key] of keys.entries()) {
      if (key === FREE) continue;
      const to = this.find(key);
      this.keys[to] = key;
      this.values[to] = values[at] ?? 0;
    }
  }
}

function mix(key: number): number {
  const hash = Math.imul(key | 0, 0x9e3779b1) ^ Math.imul(Math.floor(key / 2 ** 32), 0x85ebca6b);
  return (hash ^ (hash >>> 15)) >>> 0;
}
