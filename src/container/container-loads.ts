/** Loads of one container's shards, as its governor asks for them. */
import type {LoadFault, LoadFaultCounts} from '../load/load-faults.ts';
import {ShardMeter} from '../load/shard-meter.ts';
import type {Loads} from '../load/shard-meter.ts';
import type {Clock} from '../runtime/clock.ts';
import type {SessionMeter} from './metrics.ts';
import type {Shard, ShardHandle} from './shard.ts';

/** Gives the loads of a shard as they are now; nothing when there are none. Synchronous, and quick: it is called for each shard. */
export type LoadCallback = (shard: Shard) => Loads | undefined;

export interface ContainerLoadsOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Asked for the loads of a shard, besides what its handle was given. Default: nobody is. */
  readonly load?: LoadCallback | undefined;
  /** Counts faults. Default: nobody does. */
  readonly meter?: Pick<SessionMeter, 'loadFault'>;
}

export class ContainerLoads {
  private readonly options: ContainerLoadsOptions;
  private readonly counts: Partial<Record<LoadFault, number>> = {};

  constructor(options: ContainerLoadsOptions) {
    this.options = options;
  }

  /** Faults since the container joined. */
  get faults(): LoadFaultCounts {
    return this.counts;
  }

  newMeter(): ShardMeter {
    const {clock} = this.options;
    return new ShardMeter({nowMs: () => clock.nowMs(), onFault: (fault) => this.note(fault)});
  }

  /** Loads of the shard now; undefined when nobody has reported any, or its right to act is over. */
  sample(shard: ShardHandle | undefined): Loads | undefined {
    if (shard === undefined || shard.isRevoked) return undefined;
    const {load} = this.options;
    if (load !== undefined) this.ask(load, shard);
    return shard.meter?.sample();
  }

  private ask(callback: LoadCallback, shard: ShardHandle): void {
    let said: unknown;
    try {
      said = callback(shard);
    } catch {
      return this.note('callback');
    }
    if (said === undefined || said === null) return;
    if (typeof said !== 'object' || said instanceof Promise) {
      // What it will be is of no use; that it may fail must not end the process.
      if (said instanceof Promise) said.catch(() => undefined);
      return this.note('callback');
    }
    shard.metered().report(said as Loads);
  }

  private note(fault: LoadFault): void {
    this.counts[fault] = (this.counts[fault] ?? 0) + 1;
    this.options.meter?.loadFault(fault);
  }
}
