import type {ServerConfig} from '../config/index.ts';
import type {EtcdOptions} from '../etcd/connection.ts';
import type {Logger} from '../runtime/logger.ts';

export interface DaemonOptions {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly version: string;
  /** Gives up waiting for etcd when aborted. */
  readonly signal?: AbortSignal;
  /** What the line `ready` says besides the address. */
  readonly readyFields?: object;
  /** Opens the clients of one etcd endpoint in another way than over gRPC. */
  readonly openEndpoint?: EtcdOptions['open'];
}
