/** What has happened in a simulated fleet, counted. */
import {moveOutcome} from '../governor/move-history.ts';
import {moveReasonOf} from '../model/move-reason.ts';
import type {MoveReason} from '../model/move-reason.ts';
import type {RecordChange} from '../model/ownership.ts';
import type {Plan} from '../model/placement.ts';

export class FleetFigures {
  /** Adds that have ended, by shard. */
  readonly adds = new Map<string, number>();
  /** Moves from one container to another that have ended, by cause. */
  readonly moves = new Map<MoveReason['kind'], number>();
  /** The same by shard. */
  readonly movesOf = new Map<string, number>();
  /** Plans that were made, and those of them that wanted moves. */
  plans = 0;
  rounds = 0;
  /** Shards without service, added up over time, shard-ms. */
  unservedShardMs = 0;
  /** Most shards without service at once, since somebody set it back. */
  unservedMost = 0;

  planned({moves}: Plan): void {
    this.plans += 1;
    if (moves.length > 0) this.rounds += 1;
  }

  added(shard: string): void {
    raise(this.adds, shard);
  }

  changed(change: RecordChange): void {
    const {shard, before} = change;
    if (before === undefined || moveOutcome(change) !== 'done') return;
    raise(this.moves, moveReasonOf(before.move?.why ?? '').kind);
    raise(this.movesOf, shard);
  }

  /** So many shards were without service for so long. */
  unserved(count: number, ms: number): void {
    this.unservedShardMs += count * ms;
    this.unservedMost = Math.max(this.unservedMost, count);
  }
}

function raise<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
