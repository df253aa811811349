/** What those who act for one governed app have of its daemon; each takes what it needs. */
import type {Keys} from '../etcd/keys.ts';
import type {Leases} from '../etcd/leases.ts';
import type {Clock} from '../runtime/clock.ts';
import type {Logger} from '../runtime/log-port.ts';
import type {OnAudited} from './audited-write.ts';
import type {BatchLane} from './batcher.ts';
import type {FencingKey} from './ownership-transactions.ts';
import type {Store} from './port.ts';

export interface GovernedApp {
  readonly app: string;
  /** Daemon id. */
  readonly governor: string;
  readonly keys: Keys;
  readonly store: Store;
  readonly batcher: BatchLane;
  readonly fencingKey: FencingKey;
  /** Of fencing tokens. */
  readonly epoch: number;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with each audit entry of this daemon. */
  readonly onAudited: OnAudited;
}
