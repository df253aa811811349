/**
 * The stored cells in rows, by container and by hub. A hub is the node of a bucket, or of a bucket and zone, to which containers are linked. Linked lists of cells jump
 * about in memory, and each search reads all of them. Cells that are stored later are in the linked lists only.
 */
import type {Cells} from './cells.ts';

export class Adjacency {
  /** Cells from this one on were stored later. */
  readonly count: number;
  /** Per container: where its cells begin; one entry more than containers. */
  readonly ofContainer: Int32Array;
  /** By container, the latest first, as in its linked list; beside each cell its hub, and the price of one shard less. */
  readonly cells: Int32Array;
  readonly hubs: Int32Array;
  readonly removeCosts: Float64Array;
  /** Per hub: where its cells begin; one entry more than hubs. */
  readonly ofHub: Int32Array;
  /** By hub: cells of its bucket's row, then the others, the latest first; beside each cell its container, and the price of one shard more. */
  readonly cellsOfHub: Int32Array;
  readonly containers: Int32Array;
  readonly addCosts: Float64Array;
  /** Per hub: where the cells outside its row begin. */
  readonly linked: Int32Array;
  /** Per cell: its index in `cells`, and in `cellsOfHub`. */
  private readonly atContainer: Int32Array;
  private readonly atHub: Int32Array;

  /** `hubOf`: per cell. */
  constructor({count, container, row}: Cells, containers: number, hubOf: Int32Array, hubs: number) {
    this.count = count;
    this.ofContainer = startsOf(container, count, containers);
    this.cells = new Int32Array(count);
    this.atContainer = new Int32Array(count);
    const next = this.ofContainer.slice();
    appendByKey(count - 1, -1, -1, container, next, this.cells, this.atContainer);
    this.hubs = beside(this.cells, hubOf);
    this.removeCosts = new Float64Array(count);
    this.ofHub = startsOf(hubOf, count, hubs);
    this.cellsOfHub = new Int32Array(count);
    this.atHub = new Int32Array(count);
    const inRows = row.at(-1) ?? 0;
    this.linked = this.ofHub.slice();
    appendByKey(0, inRows, 1, hubOf, this.linked, this.cellsOfHub, this.atHub);
    appendByKey(count - 1, inRows - 1, -1, hubOf, this.linked.slice(), this.cellsOfHub, this.atHub);
    this.containers = beside(this.cellsOfHub, container);
    this.addCosts = new Float64Array(count);
  }

  /** The prices of the cell are these from now on. */
  setCosts(cell: number, add: number, remove: number): void {
    if (cell >= this.count) return;
    this.addCosts[this.atHub[cell] ?? 0] = add;
    this.removeCosts[this.atContainer[cell] ?? 0] = remove;
  }
}

function startsOf(keys: Int32Array, count: number, size: number): Int32Array {
  const starts = new Int32Array(size + 1);
  for (let cell = 0; cell < count; cell += 1) {
    const after = (keys[cell] ?? 0) + 1;
    starts[after] = (starts[after] ?? 0) + 1;
  }
  for (let at = 0; at < size; at += 1) starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0);
  return starts;
}

function beside(cells: Int32Array, column: Int32Array): Int32Array {
  const values = new Int32Array(cells.length);
  for (let at = 0; at < cells.length; at += 1) values[at] = column[cells[at] ?? 0] ?? 0;
  return values;
}

/** Appends each cell from `first` up to and without `end` to those of its key. `next`: per key, the index for its next cell. */
function appendByKey(
  first: number,
  end: number,
  step: 1 | -1,
  keys: Int32Array,
  next: Int32Array,
  cells: Int32Array,
  indexes: Int32Array,
): void {
  for (let cell = first; cell !== end; cell += step) {
    const key = keys[cell] ?? 0;
    const at = next[key] ?? 0;
    cells[at] = cell;
    indexes[cell] = at;
    next[key] = at + 1;
  }
}
