/** Why a shard has no container, or stays where it should not. */
export const RULES = {
  'no-container': 'the app has no container that takes shards',
  'pin-not-living': 'it is pinned to a container that is not alive',
  'pin-takes-nothing-new': 'it is pinned to a container that accepts no new shards',
  'pin-outside-worker-group': 'its pin is not a member of its worker group',
  'worker-group-empty': 'its worker group has no members',
  'worker-group-not-living': 'no member of its worker group is alive',
  'nothing-accepts': 'no container that it may use accepts new shards',
  capacity: 'every container that it may use holds as many shards as it may',
  'metric-limit': 'its load would break a limit of every container that has room for it',
  'spread-key': 'every container that has room for it has another shard with its spread key',
} as const;

export type PlacementReason = keyof typeof RULES;

/** A plan's reason as a sentence; what is not known here as it is. */
export function reasonText(reason: string): string {
  return Object.hasOwn(RULES, reason) ? RULES[reason as PlacementReason] : reason;
}
