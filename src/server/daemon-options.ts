import type {ServerConfig} from '../config/index.ts';
import type {EtcdOptions} from '../etcd/connection.ts';
import type {DaemonMetrics} from './metrics/daemon-metrics.ts';
import type {PlannersOptions} from './planners.ts';
import type {Logger} from '../runtime/logger.ts';
import type {OnAudited} from '../store/audited-write.ts';

export interface DaemonOptions extends Omit<PlannersOptions, 'logger'> {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly version: string;
  /** Called with each audit entry of this daemon. Default: a line in the log. */
  readonly onAudited?: OnAudited;
  /** Gives up waiting for etcd when aborted. */
  readonly signal?: AbortSignal;
  /** Longest T of any container of the cluster, ms: so long an accepted restore waits. Default: the longest that a container may have. */
  readonly longestTtlMs?: number;
  /** What the line `ready` says besides the address. */
  readonly readyFields?: object;
  /** Where it counts. Default: one of its own. */
  readonly metrics?: DaemonMetrics;
  /** Size at which the store takes no more writes, bytes. Default: as etcd says. */
  readonly storeQuotaBytes?: number;
  /** Opens the clients of one etcd endpoint in another way than over gRPC. */
  readonly openEndpoint?: EtcdOptions['open'];
}
