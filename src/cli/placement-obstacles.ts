/** Whether shards would run anywhere after a change, in words. */
import {counted} from '../model/counted.ts';
import type {ContainerView, LeftUnplaced} from '../protocol/admin.ts';

type Seen = Pick<ContainerView, 'id' | 'incarnation' | 'state'>;

/** What a change would leave without a container, as a sentence; undefined where it is nothing, or an older daemon does not say it. */
export function leftUnplacedText(left: LeftUnplaced | undefined): string | undefined {
  const first = left?.shards[0];
  if (left === undefined || first === undefined) return undefined;
  if (left.count === 1) return `shard ${first.shard} would run nowhere: ${first.rule}`;
  return `${counted(left.count, 'shard')} would run nowhere, among them ${first.shard}: ${first.rule}`;
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

export function isAlive({incarnation, state}: Seen): boolean {
  return incarnation !== '' && state !== 'lost';
}

/** Where an id is named of which there is no container: it has gone, or was mistyped. */
export function unknownContainerText(
  app: string,
  id: string,
  containers: readonly Pick<Seen, 'id'>[],
): string | undefined {
  if (containers.some((one) => one.id === id)) return undefined;
  return `app ${app} has no container ${id}: it is gone, or its id is another one (sm container ls -a ${app})`;
}
