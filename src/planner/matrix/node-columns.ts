/** What a repair knows of each node. Its steps share columns, for there may be a node for each shard. */
import type {Network} from './network.ts';
import {pricesFor} from './prices.ts';
import type {Prices} from './prices.ts';

export class NodeColumns {
  readonly potential: Prices;
  /** From the sources, in a search. */
  readonly distance: Prices;
  /** In arcs that cost nothing, from the sources; -1 where no path to a sink goes. */
  readonly level: Int32Array;
  /** The three below begin anew in each step. */
  readonly marks: Uint8Array;
  readonly stage: Uint16Array;
  readonly numbers: Int32Array;

  constructor(network: Network) {
    this.potential = pricesFor(network, network.nodes);
    this.distance = pricesFor(network, network.nodes);
    this.level = new Int32Array(network.nodes);
    this.marks = new Uint8Array(network.nodes);
    this.stage = new Uint16Array(network.nodes);
    this.numbers = new Int32Array(network.nodes);
  }
}
