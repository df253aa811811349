/** What is not as it should be once nothing has happened for long. */
import type {GovernorBed} from '../governor-bed.ts';

/**
 * '' for nothing. Every shard has a plan, and runs where the plan has it. One that the plan leaves out is on no way, and the summary counts it unless it is stranded on a container that is drained. No record
 * is left of a shard that is removed. The summary says that the app has settled.
 */
export function unrest(bed: GovernorBed): string {
  const {cache} = bed.governor.planning;
  const wrong: string[] = [];
  let homeless = 0;
  for (const shard of bed.governor.view.shards.keys()) {
    const destination = cache.destination(shard);
    const own = bed.own.get(shard)?.value;
    const runsAt = own?.state === 'owned' && own.ready ? own.container : '';
    if (destination === undefined) wrong.push(`${shard} has no plan`);
    else if (destination.target === '') {
      // Nobody takes it: where it runs on a container that is drained, it stays.
      if (!destination.stranded) homeless += 1;
      const isOnWay = own?.state === 'assigned' || own?.state === 'dropping';
      if (isOnWay && bed.governor.view.hasLivingOwner(shard)) wrong.push(`${shard} ${own.state}`);
    } else if (destination.target !== runsAt)
      wrong.push(
        `${shard} is ${own?.state ?? 'absent'} ${own?.container ?? ''}, wanted at ${destination.target}${cache.queue.has(shard) ? ', queued' : ''}`,
      );
  }
  for (const [shard, {value}] of bed.own)
    if (!bed.governor.view.shards.has(shard)) wrong.push(`${shard} is left ${value.state}`);
  if (bed.status?.unplacedCount !== homeless)
    wrong.push(`${bed.status?.unplacedCount} unplaced in the summary, ${homeless} in the plan`);
  if (bed.status?.settled !== true)
    wrong.push(`not settled, waits ${JSON.stringify(bed.status?.waits ?? [])}`);
  return wrong.join('; ');
}
