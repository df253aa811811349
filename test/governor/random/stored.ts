/** What the store of a bed has: its governor's view is that store. */
import type {AppChange} from '../../../src/model/change.ts';
import type {GovernorBed} from '../governor-bed.ts';

/** Records that name the incarnation. */
export function recordsOf({governor}: GovernorBed, incarnation: string): number {
  return governor.view.shardsOf(incarnation).size;
}

/** All keys, as a governor that takes over lists them. */
export function* storedKeys({governor: {view}}: GovernorBed): Generator<AppChange> {
  if (view.spec !== undefined) yield {kind: 'spec', mod: view.spec.mod, entry: view.spec};
  if (view.stops !== undefined) yield {kind: 'stops', mod: view.stops.mod, entry: view.stops};
  for (const [shard, entry] of view.shards) yield {kind: 'shard', mod: entry.mod, shard, entry};
  for (const [container, entry] of view.orders)
    yield {kind: 'order', mod: entry.mod, container, entry};
  for (const [container, entry] of view.overrides)
    yield {kind: 'override', mod: entry.mod, container, entry};
  for (const [workerGroup, members] of view.pools)
    for (const container of members)
      yield {kind: 'worker', mod: 1, workerGroup, container, present: true};
  for (const [incarnation, entry] of view.heartbeats)
    yield {kind: 'heartbeat', mod: entry.mod, incarnation, entry};
  for (const [container, {incarnation, mod}] of view.ids)
    yield {kind: 'id', mod, container, incarnation};
  for (const [shard, entry] of view.own) yield {kind: 'own', mod: entry.mod, shard, entry};
}
