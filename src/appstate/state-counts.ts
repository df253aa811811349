/** How many shards are in each state, from the tally: containers are looked at, not shards. Pure. */
import {shardStateOf, stateIn} from '../model/shard-state.ts';
import type {ShardState} from '../model/shard-state.ts';
import {SHARD_STATES} from '../model/trouble.ts';
import type {AppView} from './app-view.ts';

/** What is known besides records. */
export interface CountContext {
  /** The container of the incarnation serves nothing any more. */
  readonly isLost: (incarnation: string) => boolean;
  /** As `ShardContext.unknown`. */
  readonly unknown: boolean;
  /** Shards that have no next home. */
  readonly homeless: {
    readonly size: number;
    has(shard: string): boolean;
    keys(): Iterable<string>;
  };
  /** How many have none, where `homeless` names only some of them. */
  readonly homelessCount?: number | undefined;
}

const READABLE = {unreadable: false, homeless: false} as const;

/** Of the shards that have a spec which could be read once; states without a shard are there, too. */
export function stateCounts(
  view: Pick<AppView, 'states' | 'own' | 'shards' | 'quarantined'>,
  {isLost, unknown, homeless, homelessCount = homeless.size}: CountContext,
): Record<ShardState, number> {
  const none = SHARD_STATES.map((state) => [state, 0] as const);
  const counts = Object.fromEntries(none) as Record<ShardState, number>;
  for (const [incarnation, states] of view.states.byIncarnation) {
    const context = {...READABLE, lost: incarnation !== '' && isLost(incarnation), unknown};
    for (const [state, count] of states) counts[stateIn(state, context)] += count;
  }
  const named = countBoth(view.states.free, homeless);
  // Those that are not free are counted already: they have no record, or a lost container.
  const counted = homelessCount > homeless.size ? homelessCount - counts.unplaced : 0;
  const lacking = Math.min(counts.free, Math.max(named, counted));
  counts.free -= lacking;
  counts.unplaced += lacking;
  for (const shard of unreadable(view)) {
    const record = view.own.get(shard)?.value;
    const lost = record !== undefined && record.state !== 'free' && isLost(record.incarnation);
    const context = {...READABLE, homeless: homeless.has(shard), lost, unknown};
    counts[shardStateOf(record, context)] -= 1;
    counts.quarantined += 1;
  }
  return counts;
}

/** How many are in both. */
function countBoth(a: CountContext['homeless'], b: CountContext['homeless']): number {
  const [fewer, more] = a.size <= b.size ? [a, b] : [b, a];
  let count = 0;
  for (const shard of fewer.keys()) if (more.has(shard)) count += 1;
  return count;
}

/** Shards that have a spec, and whose spec or record cannot be read. */
function unreadable({
  quarantined,
  shards,
}: Pick<AppView, 'quarantined' | 'shards'>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const {what, id} of quarantined.all())
    if ((what === 'shard' || what === 'own') && shards.has(id)) found.add(id);
  return found;
}
