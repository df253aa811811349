/**
 * Brings all totals inside their bounds with the fewest moves: a min-cost flow by the primal-dual method. It starts from
 * extras that are cheapest bucket by bucket, so that only what the bounds demand has to flow.
 */
import {BlockingFlow, Levelling} from './blocking-flow.ts';
import type {Network} from './network.ts';
import {Search} from './search.ts';

/** `contested`: per bucket 1 when more containers than it has extras would save a move. */
export function repair(network: Network, contested: Uint8Array): void {
  const potential = new Float64Array(network.slack + 1);
  for (const [bucket, flag] of contested.entries()) potential[network.containers + bucket] = flag;
  while (hasSource(network)) {
    if (!new Search(network, potential).run()) return;
    passAll(network, potential);
  }
}

function hasSource(network: Network): boolean {
  if (network.isSource(network.slack)) return true;
  for (const container of network.open) if (network.isSource(container)) return true;
  return false;
}

function passAll(network: Network, potential: Float64Array): void {
  for (;;) {
    const levelling = new Levelling(network, potential);
    const sources = levelling.run();
    if (sources.length === 0) return;
    if (new BlockingFlow(network, potential, levelling).run(sources) === 0) return;
  }
}
