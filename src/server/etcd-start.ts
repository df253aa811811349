/** Opening etcd at start: waits while it is away with one log line a try, gives up on what waiting cannot mend. */
import {pause} from '../runtime/pause.ts';
import type {Keys} from '../etcd/keys.ts';
import {openEtcdLeases} from '../etcd/leases.ts';
import type {Leases} from '../etcd/leases.ts';
import {SmError} from '../model/errors.ts';
import {openEtcdStore} from '../store/etcd-store.ts';
import type {EtcdStore} from '../store/etcd-store.ts';
import {Credentials} from './credentials.ts';
import type {DaemonOptions} from './daemon.ts';
import {openCluster} from './governing/cluster-record.ts';
import type {KnownCluster} from './governing/cluster-record.ts';

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 15_000;

export interface OpenedStores {
  readonly store: EtcdStore;
  readonly heartbeatStore: EtcdStore;
  readonly leases: Leases;
  readonly cluster: KnownCluster;
}

/** @throws SmError STORE_AUTH, STORE_CORRUPT, INVALID_CONFIG; STORE_UNAVAILABLE only when the signal aborts. */
export async function openWhenReachable(options: DaemonOptions, keys: Keys): Promise<OpenedStores> {
  const {config, logger, signal} = options;
  const etcd = {...new Credentials(config).forEtcd(), logger};
  const store = openEtcdStore(etcd);
  for (let attempt = 0; ; attempt += 1) {
    try {
      const cluster = await openCluster(store, keys);
      return {store, heartbeatStore: openEtcdStore(etcd), leases: openEtcdLeases(etcd), cluster};
    } catch (error) {
      if (!(error instanceof SmError) || !error.retryable || signal?.aborted === true) {
        await store.close();
        throw error;
      }
      const waitMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** attempt);
      logger.warn(
        {endpoints: config.endpoints, error: error.message, retryInMs: waitMs},
        'etcd is not reachable: waiting',
      );
      await pause(waitMs, signal);
    }
  }
}
