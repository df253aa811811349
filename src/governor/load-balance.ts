/** How the load of an app lies on its containers: governor and readers say the same of it. */
import type {AppView} from '../appstate/app-view.ts';
import {balanceOf} from '../load/balance.ts';
import type {Balance} from '../load/balance.ts';
import type {LoadTable} from '../load/load-table.ts';
import {containerShare} from '../model/container-share.ts';
import type {Living} from './containers.ts';

/** Of the containers that take part in it: who drains, or is lost, gives all away anyhow. */
export function balanceIn(view: AppView, table: LoadTable, living: Living): Balance {
  const open = [...living.values()].filter(({mode}) => mode === 'open');
  const containers = open.map(({container, incarnation}) => {
    const loads = table.metrics.map(() => 0);
    for (const shard of view.shardsOf(incarnation)) {
      const planned = table.planned(shard, view.shards.get(shard)?.value.load);
      for (const [at, load] of planned.entries()) loads[at] = (loads[at] ?? 0) + load;
    }
    const registered = view.heartbeats.get(incarnation)?.value;
    const {weight} = containerShare(registered, view.overrides.get(container)?.value);
    return {container, weight, loads};
  });
  return balanceOf(containers, table.metrics.length);
}
