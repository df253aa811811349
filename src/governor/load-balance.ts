/** How the load of an app lies on its containers: governor, readers and the simulation say the same of it. */
import type {AppView} from '../appstate/app-view.ts';
import {balanceOf} from '../load/balance.ts';
import type {Balance} from '../load/balance.ts';
import type {DeclaredLoads, LoadTable} from '../load/load-table.ts';
import {containerShare} from '../model/container-share.ts';
import type {ShardSpec} from '../model/specs.ts';
import type {Living} from './containers.ts';

/** What the specs of its shards declare, by shard. */
export function* declaredLoads({
  shards,
}: AppView): Generator<readonly [shard: string, loads: DeclaredLoads]> {
  for (const [shard, {value}] of shards) yield [shard, value.load];
}

/** Of the containers that take part in it: who drains, or is lost, gives all away anyhow. */
export function balanceIn(view: AppView, table: LoadTable, living: Living): Balance {
  const open = [...living.values()].filter(({mode}) => mode === 'open');
  return balanceAmong(view, open, table.metrics.length, (shard, spec) =>
    table.planned(shard, spec?.load),
  );
}

/** `loadsOf`: of a shard, by metric. A container's share is of what the shards weigh that it may have: of those of its worker groups, and of those without one. */
export function balanceAmong(
  view: AppView,
  among: readonly {readonly container: string; readonly incarnation: string}[],
  metrics: number,
  loadsOf: (shard: string, spec: ShardSpec | undefined) => readonly number[],
): Balance {
  const none = (): number[] => Array.from({length: metrics}, () => 0);
  const ofGroups = new Map<string, number[]>();
  const containers = among.map(({container, incarnation}) => {
    const loads = none();
    for (const shard of view.shardsOf(incarnation)) {
      const spec = view.shards.get(shard)?.value;
      const group = spec?.workerGroup ?? '';
      const ofGroup = ofGroups.get(group) ?? none();
      ofGroups.set(group, ofGroup);
      for (const [at, load] of loadsOf(shard, spec).entries()) {
        loads[at] = (loads[at] ?? 0) + load;
        ofGroup[at] = (ofGroup[at] ?? 0) + load;
      }
    }
    const registered = view.heartbeats.get(incarnation)?.value;
    const {weight} = containerShare(registered, view.overrides.get(container)?.value);
    return {container, weight, loads};
  });
  const pools = [...ofGroups].map(([group, loads]) => ({
    members: group === '' ? undefined : (view.pools.get(group) ?? []),
    loads,
  }));
  return balanceOf(containers, pools, metrics);
}
