/** The state of a shard in one word: one rule for the governor's summary, the admin API and every view. Pure. */
import type {OwnershipRecord} from './ownership.ts';
import type {SHARD_STATES} from './trouble.ts';
import {FAILED_FROM} from './limits.ts';

export type ShardState = (typeof SHARD_STATES)[number];

/** The state by the record alone. `record` undefined: there is none. */
export function recordState(record: OwnershipRecord | undefined): ShardState {
  if (record === undefined) return 'unplaced';
  const {state, ready, failures} = record;
  if (state === 'owned' && ready) return 'ready';
  if (state === 'dropping') return 'dropping';
  return failures >= FAILED_FROM ? 'failed' : state;
}

/** States in which a record names a container. */
const ON_A_CONTAINER: ReadonlySet<ShardState> = new Set(['assigned', 'owned', 'ready', 'dropping']);

/** What else is known of a shard. */
export interface ShardContext {
  /** Its spec or its record cannot be read. */
  readonly unreadable: boolean;
  /** The container that its record names serves nothing any more: it has no heartbeat, one that cannot be read, or is silent. */
  readonly lost: boolean;
  /** No write commits: whether the container that its record names still serves it cannot be known. */
  readonly unknown: boolean;
  /** There is a reason why it has no next home. */
  readonly homeless: boolean;
}

/** The state with what cannot be read, with the loss of its container and with nobody being its next home. */
export function shardStateOf(
  record: OwnershipRecord | undefined,
  context: ShardContext,
): ShardState {
  return stateIn(recordState(record), context);
}

/** The same for whoever knows the state by the record already. */
export function stateIn(
  state: ShardState,
  {unreadable, lost, unknown, homeless}: ShardContext,
): ShardState {
  if (unreadable) return 'quarantined';
  if (lost) return 'unplaced';
  if (state === 'free') return homeless ? 'unplaced' : state;
  return unknown && ON_A_CONTAINER.has(state) ? 'unknown' : state;
}
