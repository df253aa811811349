/** Whether shards of a worker group, or a pinned shard, would run anywhere: asked before an operator sends them there. */
import {modeOf} from '../model/container-state.ts';
import type {ContainerView} from '../protocol/admin.ts';

export const NOT_ALIVE = 'is not alive';

type Seen = Pick<ContainerView, 'id' | 'incarnation' | 'state'>;

/** What the pin meets there. */
export interface PinTarget {
  readonly container: string;
  /** The shard runs there: it stays, whatever the container takes. */
  readonly isThere: boolean;
  /** Worker group of the shard; '' for none. */
  readonly workerGroup: string;
}

/** Why the container would not get the shard, as the end of a sentence that begins with its name; undefined when it would. */
export function pinObstacle(
  {container, isThere, workerGroup}: PinTarget,
  containers: readonly Seen[],
  pools: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  // Others may have the same id: one that waits for it, or one that is gone.
  const living = containers.filter((one) => one.id === container && isAlive(one));
  const found = living.find(({state}) => state !== 'waiting') ?? living[0];
  if (found === undefined) return NOT_ALIVE;
  if (workerGroup !== '' && pools[workerGroup]?.includes(container) !== true)
    return `is not in the shard's worker group ${workerGroup}`;
  if (isThere || modeOf(found.state) === 'open') return undefined;
  return `is ${found.state} and accepts no new shards`;
}

/** What to tell an operator where no member of the group is alive; undefined where one is. */
export function emptyGroupText(
  workerGroup: string,
  containers: readonly Seen[],
  pools: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  const members = new Set(pools[workerGroup]);
  if (containers.some((one) => members.has(one.id) && isAlive(one))) return undefined;
  return `no member of worker group ${workerGroup} is alive: shards of this group run nowhere until one is`;
}

function isAlive({incarnation, state}: Seen): boolean {
  return incarnation !== '' && state !== 'lost';
}
