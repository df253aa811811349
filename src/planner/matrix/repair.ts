/**
 * Brings all totals inside their bounds with the fewest moves: a min-cost flow by the primal-dual method. It starts from
 * extras that are cheapest bucket by bucket, so that only what the bounds demand has to flow.
 */
import {BlockingFlow} from './blocking-flow.ts';
import {Levelling} from './levelling.ts';
import type {Network} from './network.ts';
import {NodeColumns} from './node-columns.ts';
import type {Prices} from './prices.ts';
import {Search} from './search.ts';
import {SkipList} from './skip-list.ts';
import type {ZoneShares} from './zone-shares.ts';

/**
 * `contested`: per bucket 1 when more containers than it has extras would save a move.
 * @throws Error a way was found and nothing passed over it: prices contradict each other, and the next round would be the same.
 */
export function repair(network: Network, contested: Uint8Array): void {
  const columns = new NodeColumns(network);
  const {potential} = columns;
  if (network.zones !== undefined) setZonePotentials(network, network.zones, potential);
  else potential.set(contested, network.containers);
  while (hasSource(network)) {
    if (!new Search(network, columns).run()) return;
    if (passAll(network, columns) === 0)
      throw new Error('the flow found a way over which nothing passes');
  }
}

/** A zone where one more extra would save a move costs one; so does the bucket if it may give the zone one, and all on the way to it. */
function setZonePotentials(network: Network, zones: ZoneShares, potential: Prices): void {
  const {cells, containers, slack, buckets} = network;
  const lacks = new Uint8Array(zones.counts.length);
  const gives = new Uint8Array(zones.counts.length);
  for (let cell = 0; cell < cells.count; cell += 1) {
    const at = zones.at(cells.bucket[cell] ?? 0, cells.container[cell] ?? 0);
    const [now = 0, want = 0, least = 0] = [cells.now[cell], cells.want[cell], cells.least[cell]];
    if (want < Math.min(now, least + (cells.spare[cell] ?? 0))) lacks[at] = 1;
    if (want > Math.max(now, least)) gives[at] = 1;
  }
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const first = bucket * zones.zones;
    let flag = 0;
    for (let at = first; at < first + zones.zones; at += 1)
      if (lacks[at] === 1 && (zones.counts[at] ?? 0) < (zones.most[at] ?? 0)) flag = 1;
    potential[containers + bucket] = flag;
    for (let at = first; at < first + zones.zones; at += 1)
      potential[slack + 1 + at] = lacks[at] === 1 ? 1 : gives[at] === 1 ? 0 : flag;
  }
}

function hasSource(network: Network): boolean {
  if (network.isSource(network.slack)) return true;
  for (const container of network.open) if (network.isSource(container)) return true;
  return false;
}

/** Returns how many units were passed. */
function passAll(network: Network, columns: NodeColumns): number {
  const levelling = new Levelling(network, columns);
  let units = 0;
  for (;;) {
    const sources = levelling.run();
    if (sources.length === 0) return units;
    const passed = new BlockingFlow(network, columns, levelling.end).run(sources);
    if (passed === 0) return units;
    units += passed;
  }
}

/** What a repair is made of, after one. */
export function repairedShapes(network: Network): readonly unknown[] {
  const columns = new NodeColumns(network);
  const search = new Search(network, columns);
  search.run();
  const levelling = new Levelling(network, columns);
  const sources = levelling.run();
  const flow = new BlockingFlow(network, columns, levelling.end);
  flow.run(sources);
  return [network, columns, search, levelling, flow, new SkipList(new Int32Array(1))];
}
