/**
 * Maps and sets of texts for millions of entries. One that grows copies itself: with a million entries the event loop stands still for a quarter of a
 * second. Here many small ones grow instead, each at its own time.
 */
import {PARTITION_FROM, PARTITIONS} from './limits.ts';

/** In the order of insertion while it is small; in an order of its own, which follows from what was done, once it is not. */
export class PartitionedMap<V> {
  private parts: Map<string, V>[] = [new Map<string, V>()];
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(key: string): V | undefined {
    return this.partOf(key).get(key);
  }

  has(key: string): boolean {
    return this.partOf(key).has(key);
  }

  set(key: string, value: V): this {
    const part = this.partOf(key);
    const before = part.size;
    part.set(key, value);
    this.count += part.size - before;
    if (this.parts.length === 1 && this.count > PARTITION_FROM) this.split();
    return this;
  }

  delete(key: string): boolean {
    const isGone = this.partOf(key).delete(key);
    if (isGone) this.count -= 1;
    return isGone;
  }

  *keys(): Generator<string, undefined> {
    for (const part of this.parts) yield* part.keys();
  }

  *[Symbol.iterator](): Generator<[string, V], undefined> {
    for (const part of this.parts) yield* part;
  }

  private partOf(key: string): Map<string, V> {
    const {parts} = this;
    return (parts.length === 1 ? parts[0] : parts[partitionOf(key)]) as Map<string, V>;
  }

  private split(): void {
    const [all = new Map<string, V>()] = this.parts;
    this.parts = Array.from({length: PARTITIONS}, () => new Map<string, V>());
    for (const [key, value] of all) this.parts[partitionOf(key)]?.set(key, value);
  }
}

/** As `PartitionedMap`, of texts alone. */
export class PartitionedSet {
  private readonly entries = new PartitionedMap<true>();

  get size(): number {
    return this.entries.size;
  }

  has(text: string): boolean {
    return this.entries.has(text);
  }

  add(text: string): this {
    this.entries.set(text, true);
    return this;
  }

  keys(): Generator<string, undefined> {
    return this.entries.keys();
  }

  delete(text: string): boolean {
    return this.entries.delete(text);
  }

  [Symbol.iterator](): Generator<string, undefined> {
    return this.entries.keys();
  }
}

function partitionOf(text: string): number {
  return textHash(text) & (PARTITIONS - 1);
}

/** FNV-1a with a final mix, 32 bits: ids differ in their last digits, or in their first. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
