import type {StopReason} from '../ownership/shard-actions.ts';
import type {Shard} from './shard.ts';

/** What the application implements. Hooks of one shard never overlap; those of different shards do. */
export interface ShardHooks {
  /**
   * Start serving the shard. Resolves when it serves; until then it is not ready. Stop early when `shard.signal` aborts.
   * Throwing means the shard could not be started: it is dropped, freed, and tried elsewhere.
   */
  add(shard: Shard): Promise<void> | void;
  /**
   * Stop serving the shard. Once it resolves the application must have no more effects for it. A throw is retried with
   * back-off; the shard is not given away before.
   */
  drop(shard: Shard, reason: StopReason): Promise<void> | void;
}
