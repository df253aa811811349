/**
 * The rule of the Go project that this one comes from: in each group nobody keeps more than the mean, rounded up; what is above it and what runs nowhere fills one
 * container after the other up to that count. Load is not looked at.
 */
import type {Instance} from './instance.ts';

export function originRule({
  shards,
  containers,
  current,
  group,
  groups,
  containerHash,
}: Instance): Int32Array {
  // Its containers stand in a map of Go, whose order is any.
  const order = Int32Array.from({length: containers}, (_, container) => container);
  order.sort((a, b) => (containerHash[a] ?? 0) - (containerHash[b] ?? 0));
  const target = new Int32Array(shards).fill(-1);
  const held = new Int32Array(containers);
  for (const members of membersOf(group, groups)) {
    const most = Math.ceil(members.length / containers);
    held.fill(0);
    const adding: number[] = [];
    for (const shard of members) {
      const container = current[shard] ?? -1;
      if (container < 0 || (held[container] ?? 0) >= most) adding.push(shard);
      else {
        held[container] = (held[container] ?? 0) + 1;
        target[shard] = container;
      }
    }
    let at = 0;
    for (const container of order)
      for (let room = most - (held[container] ?? 0); room > 0 && at < adding.length; room -= 1) {
        target[adding[at] ?? 0] = container;
        at += 1;
      }
  }
  return target;
}

function membersOf(group: Int32Array, groups: number): number[][] {
  const members = Array.from({length: groups}, (): number[] => []);
  for (const [shard, own] of group.entries()) members[own]?.push(shard);
  return members;
}
