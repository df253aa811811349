/** What a repair knows of each node. Its steps share columns, for there may be a node for each shard. */
import {narrow} from './narrow.ts';
import type {Narrow} from './narrow.ts';
import type {Network} from './network.ts';
import {pricesFor} from './prices.ts';
import type {Prices} from './prices.ts';

/** Stages of a hub: cells of the row, those stored since the first search, the others, and then each class of containers. */
export const [ROW, ADDED, REST] = [0, 1, 2];
export const CLASSES = REST + 1;

export class NodeColumns {
  readonly potential: Prices;
  /** From the sources, in a search. */
  readonly distance: Prices;
  /** In arcs that cost nothing, from the sources; -1 where no path to a sink goes. */
  readonly level: Int32Array;
  /** The three below begin anew in each step. */
  readonly marks: Uint8Array;
  /** Of arcs that are tried. */
  readonly stage: Narrow;
  readonly numbers: Int32Array;

  constructor(network: Pick<Network, 'nodes' | 'containers' | 'isSoft'>) {
    this.potential = pricesFor(network, network.nodes);
    this.distance = pricesFor(network, network.nodes);
    this.level = new Int32Array(network.nodes);
    this.marks = new Uint8Array(network.nodes);
    // There is at most a class for each container.
    this.stage = narrow(network.nodes, network.containers + CLASSES);
    this.numbers = new Int32Array(network.nodes);
  }
}
