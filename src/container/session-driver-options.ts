/** What a session driver works with, and whom it tells. */
import type {Keys} from '../etcd/keys.ts';
import type {StoreDoubt} from '../model/store-doubt.ts';
import type {StoreWrites} from '../model/store-writes.ts';
import type {RunningHook, SessionEnd, SessionOptions} from '../ownership/session-actions.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Logger} from '../runtime/log-port.ts';
import type {TransactionBatcher} from '../store/batcher.ts';
import type {Store} from '../store/port.ts';
import type {SeenHistory} from '../store/seen-history.ts';
import type {ContainerLoadsOptions} from './container-loads.ts';
import type {SessionMeter} from './metrics.ts';
import type {ShardHooks} from './shard.ts';

/** How a driver ends: as its session does, or by a bug in it. */
export type DriverEnd = SessionEnd | 'broken';

export interface SessionDriverOptions
  extends Omit<SessionOptions, 'nextId' | 'random'>, Pick<ContainerLoadsOptions, 'load'> {
  readonly app: string;
  readonly keys: Keys;
  readonly store: Store;
  readonly batcher: TransactionBatcher;
  /** A connection of its own for heartbeats, so that nothing delays them. */
  readonly heartbeatStore: Store;
  /** For noticing that etcd was restored or replaced. */
  readonly history?: SeenHistory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Mod revision of the app's spec as it was found; undefined for sm's own service, which is never removed. */
  readonly specMod?: number;
  readonly hooks: ShardHooks;
  readonly onReady: (incarnation: string) => void;
  /** `running`: hooks of the application that have not returned, in spite of all waiting. */
  readonly onEnded: (how: DriverEnd, running?: readonly RunningHook[]) => void;
  /** The store was restored or replaced: nothing is claimed and nothing renewed until that is accepted. */
  readonly onRestored?: (doubt: StoreDoubt) => void;
  /** Another history has been accepted, whether it was doubted here or not: everything begins anew. Tokens are of this epoch from now on. */
  readonly onAccepted?: (epoch: number) => void;
  /** Tokens are of this epoch from now on. */
  readonly onEpoch?: (epoch: number) => void;
  /** Counts what happens. Default: nobody does. */
  readonly meter?: SessionMeter;
  /** A heartbeat commits again after T without one; how things were. */
  readonly onOutageOver?: (outage: StoreWrites) => void;
  /** The shards that have records, each time that all records of the app are listed (`readyAtClaim`), and at which revision. */
  readonly onRecords?: (shards: readonly string[], revision: number) => void;
  /** Each committed heartbeat: the store takes writes. */
  readonly onHeartbeat?: () => void;
}
