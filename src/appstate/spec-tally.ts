/** How much the specs of an app's shards take, counted as they come and go. */
import {utf8Length} from '../model/ids.ts';
import type {ShardSpec} from '../model/specs.ts';

/** What quotas look at in a spec. */
export type CountedSpec = Pick<ShardSpec, 'id' | 'task' | 'group' | 'workerGroup'>;

/** Bytes of a spec as quotas count them: its id and its task. */
export function specBytes({id, task}: Pick<ShardSpec, 'id' | 'task'>): number {
  return utf8Length(id) + utf8Length(task);
}

/** Shards of one such name are balanced among themselves: a group within a worker group. */
export function groupOf({group, workerGroup}: Pick<ShardSpec, 'group' | 'workerGroup'>): string {
  return `${workerGroup}/${group}`;
}

export class SpecTally {
  private bytesNow = 0;
  private readonly shardsByGroup = new Map<string, number>();

  get bytes(): number {
    return this.bytesNow;
  }

  /** Groups that have a shard. */
  get groups(): number {
    return this.shardsByGroup.size;
  }

  hasGroup(group: string): boolean {
    return this.shardsByGroup.has(group);
  }

  /** Shards of the group. */
  shardsOf(group: string): number {
    return this.shardsByGroup.get(group) ?? 0;
  }

  /** `before` is counted no more, `after` from now on; undefined: there is none. */
  replace(before: CountedSpec | undefined, after: CountedSpec | undefined): void {
    if (before !== undefined) this.count(before, -1);
    if (after !== undefined) this.count(after, 1);
  }

  private count(spec: CountedSpec, by: 1 | -1): void {
    this.bytesNow += by * specBytes(spec);
    const group = groupOf(spec);
    const shards = (this.shardsByGroup.get(group) ?? 0) + by;
    if (shards === 0) this.shardsByGroup.delete(group);
    else this.shardsByGroup.set(group, shards);
  }
}
