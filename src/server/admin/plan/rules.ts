/** The planner's rules in sentences. */
import {counted} from '../../../model/counted.ts';
import {containerShare} from '../../../model/container-share.ts';
import {groupOf} from '../../../appstate/spec-tally.ts';
import type {AppView} from '../../../appstate/app-view.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import type {ShardSpec} from '../../../model/specs.ts';
import {haveWeight} from '../../../model/weights.ts';

/** How many shards of its bucket each container holds, where nothing else decides. */
export function shareRule(
  {specs, pools, heartbeats, overrides}: AppView,
  living: ReadonlyMap<string, LivingContainer>,
  {group, workerGroup}: ShardSpec,
): string {
  const pool = workerGroup === '' ? undefined : pools.get(workerGroup);
  const weights = [...living.values()]
    .filter(({container, mode}) => mode === 'open' && (workerGroup === '' || pool?.has(container)))
    .map(({container, incarnation}) => {
      const registered = heartbeats.get(incarnation)?.value;
      return containerShare(registered, overrides.get(container)?.value).weight;
    });
  const peers = specs.shardsOf(groupOf({group, workerGroup}));
  const used = haveWeight(weights) ? weights : weights.map(() => 1);
  const weight = used.reduce((sum, one) => sum + one, 0);
  const shares = used.map((one) => (peers * one) / weight);
  const [least, most] = [Math.min(...shares, peers), Math.max(0, ...shares)];
  const range = `${weights.length === 0 ? 0 : Math.floor(least)} to ${Math.ceil(most)} each`;
  const byWeight = least < most && new Set(weights).size > 1 ? ' by weight' : '';
  const bucket = `group ${group === '' ? '-' : group}, worker group ${workerGroup === '' ? '-' : workerGroup}`;
  return `${bucket}: ${counted(peers, 'shard')} on ${counted(weights.length, 'container')}, ${range}${byWeight}`;
}
