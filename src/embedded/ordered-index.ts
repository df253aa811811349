/** A sorted set in blocks: memory close to that of an array, and insertion that moves one block at most. */
import type {KeyRange} from './key-range.ts';
import {INDEX_BLOCK_LIMIT} from './limits.ts';

export class OrderedIndex<T extends {readonly key: string}> {
  /** No block is empty. */
  private readonly blocks: T[][] = [];

  find(key: string): T | undefined {
    const block = this.blocks[this.blockOf(key)];
    const item = block?.[place(block, key)];
    return item?.key === key ? item : undefined;
  }

  /** Inserts, or takes the place of the item with that key. */
  set(item: T): void {
    const at = this.blockOf(item.key);
    const block = this.blocks[at];
    if (block === undefined) {
      this.blocks.push([item]);
      return;
    }
    const position = place(block, item.key);
    if (block[position]?.key === item.key) {
      block[position] = item;
      return;
    }
    block.splice(position, 0, item);
    if (block.length > INDEX_BLOCK_LIMIT) this.split(at, block, position);
  }

  delete(key: string): void {
    const at = this.blockOf(key);
    const block = this.blocks[at];
    if (block === undefined) return;
    const position = place(block, key);
    if (block[position]?.key !== key) return;
    block.splice(position, 1);
    if (block.length === 0) this.blocks.splice(at, 1);
  }

  /** Calls back with the range's items in order until it says false. Not to be changed meanwhile. */
  visit(range: KeyRange, visitor: (item: T) => boolean): void {
    let at = this.blockOf(range.from);
    let position = place(this.blocks[at] ?? [], range.from);
    for (let block = this.blocks[at]; block !== undefined; block = this.blocks[(at += 1)]) {
      for (; position < block.length; position += 1) {
        const item = block[position] as T;
        if (range.to !== undefined && item.key >= range.to) return;
        if (!visitor(item)) return;
      }
      position = 0;
    }
  }

  /** The last block that starts at or before the key; the first one when none does. */
  private blockOf(key: string): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.blocks[middle] as T[])[0]!.key <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** In the middle; at the end when keys come in order, so that blocks are full after a bulk load. */
  private split(at: number, block: T[], position: number): void {
    const cut = position === block.length - 1 ? block.length - 1 : block.length >>> 1;
    this.blocks.splice(at + 1, 0, block.splice(cut));
  }
}

/** Index of the first item that is not before the key. */
function place<T extends {readonly key: string}>(block: readonly T[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((block[middle] as T).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
