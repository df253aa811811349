/**
 * The stored cells in rows, by container and by hub. A hub is the node of a bucket, or of a bucket and zone, to which containers are linked. Linked lists of cells jump
 * about in memory, and each search reads all of them. Cells that are stored later are in the linked lists only.
 */
import type {Cells} from './cells.ts';
import {narrowAs} from './narrow.ts';
import type {Narrow} from './narrow.ts';
import type {Prices} from './prices.ts';

export class Adjacency {
  /** Cells from this one on were stored later. */
  readonly count: number;
  /** Per container: where its cells begin; one entry more than containers. */
  readonly ofContainer: Int32Array;
  /** By container, the latest first, as in its linked list; beside each cell its hub, and the price of one shard less. */
  readonly cells: Int32Array;
  readonly hubs: Int32Array;
  readonly removeCosts: Prices;
  /** Per hub: where its cells begin; one entry more than hubs. */
  readonly ofHub: Int32Array;
  /** By hub: cells of its bucket's row, then the others, the latest first; beside each cell its container. */
  readonly cellsOfHub: Int32Array;
  readonly containers: Narrow;
  /** Per cell: the price of one shard more. Those of a row lie beside each other. */
  readonly addCosts: Prices;
  /** Per hub: where the cells outside its row begin. */
  readonly linked: Int32Array;
  /** Per cell: its index in `cells`. */
  private readonly atContainer: Int32Array;

  /** `hubOf`: per cell. `prices`: columns for them. */
  constructor(
    {count, container, row}: Cells,
    containers: number,
    hubOf: Int32Array,
    hubs: number,
    [addCosts, removeCosts]: readonly [Prices, Prices],
  ) {
    this.count = count;
    this.ofContainer = startsOf(container, count, containers);
    this.cells = new Int32Array(count);
    appendByKey(count - 1, -1, -1, container, this.ofContainer.slice(), this.cells);
    this.atContainer = new Int32Array(count);
    this.hubs = new Int32Array(count);
    for (let at = 0; at < count; at += 1) {
      const cell = this.cells[at] ?? 0;
      this.atContainer[cell] = at;
      this.hubs[at] = hubOf[cell] ?? 0;
    }
    this.addCosts = addCosts;
    this.removeCosts = removeCosts;
    this.ofHub = startsOf(hubOf, count, hubs);
    this.cellsOfHub = new Int32Array(count);
    const inRows = row.at(-1) ?? 0;
    const next = this.ofHub.slice();
    appendByKey(0, inRows, 1, hubOf, next, this.cellsOfHub);
    // Where all are in rows, the others begin where the hub ends.
    this.linked = inRows === count ? next : next.slice();
    appendByKey(count - 1, inRows - 1, -1, hubOf, next, this.cellsOfHub);
    this.containers = narrowAs(container, count);
    for (let at = 0; at < count; at += 1)
      this.containers[at] = container[this.cellsOfHub[at] ?? 0] ?? 0;
  }

  /** The prices of the cell are these from now on. */
  setCosts(cell: number, add: number, remove: number): void {
    if (cell >= this.count) return;
    this.addCosts[cell] = add;
    this.removeCosts[this.atContainer[cell] ?? 0] = remove;
  }
}

function startsOf(keys: Narrow, count: number, size: number): Int32Array {
  const starts = new Int32Array(size + 1);
  for (let cell = 0; cell < count; cell += 1) {
    const after = (keys[cell] ?? 0) + 1;
    starts[after] = (starts[after] ?? 0) + 1;
  }
  for (let at = 0; at < size; at += 1) starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0);
  return starts;
}

/** Appends each cell from `first` up to and without `end` to those of its key. `next`: per key, the index for its next cell. */
function appendByKey(
  first: number,
  end: number,
  step: 1 | -1,
  keys: Narrow,
  next: Int32Array,
  cells: Int32Array,
): void {
  for (let cell = first; cell !== end; cell += step) {
    const key = keys[cell] ?? 0;
    const at = next[key] ?? 0;
    cells[at] = cell;
    next[key] = at + 1;
  }
}
