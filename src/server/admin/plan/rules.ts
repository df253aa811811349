/** The planner's rules in sentences. */
import {counted} from '../../../model/counted.ts';
import {containerShare} from '../../../model/container-share.ts';
import {groupOf} from '../../../appstate/spec-tally.ts';
import type {AppView} from '../../../appstate/app-view.ts';
import type {LivingContainer} from '../../../governor/containers.ts';
import {poolOf, poolTerms} from '../../../governor/placement-terms.ts';
import type {ShardSpec} from '../../../model/specs.ts';
import {haveWeight} from '../../../model/weights.ts';

/**
 * How many shards of its bucket each container that takes new ones gets. The numbers are those of the plan: shares alone know neither pins nor limits, nor what
 * closed containers keep. `planned`: shards of the bucket by container; undefined where there is no plan.
 */
export function shareRule(
  view: AppView,
  living: ReadonlyMap<string, LivingContainer>,
  {id, group, workerGroup}: ShardSpec,
  planned: ((container: string) => number) | undefined,
): string {
  const {specs, heartbeats, overrides} = view;
  const pool = poolTerms(view, living.values()).get(poolOf(id, workerGroup));
  const takers = [...living.values()].filter(
    ({container, mode}) => mode === 'open' && (pool?.has(container) ?? workerGroup === ''),
  );
  const weights = takers.map(({container, incarnation}) => {
    const registered = heartbeats.get(incarnation)?.value;
    return containerShare(registered, overrides.get(container)?.value).weight;
  });
  const peers = specs.shardsOf(groupOf({group, workerGroup}));
  const bucket = `group ${group === '' ? '-' : group}, worker group ${workerGroup === '' ? '-' : workerGroup}`;
  const whole = `${bucket}: ${counted(peers, 'shard')} on ${counted(takers.length, 'container')}`;
  if (planned === undefined || takers.length === 0) return whole;
  const counts = takers.map(({container}) => planned(container));
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const decide = least < most && haveWeight(weights) && new Set(weights).size > 1;
  return `${whole}, ${least} to ${most} each${decide ? ' by weight' : ''}`;
}
