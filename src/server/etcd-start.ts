/** Opening etcd at start: waits while it is away, says so ever more rarely, gives up on what waiting cannot fix. */
import {backOff} from '../model/back-off.ts';
import {pause} from '../runtime/pause.ts';
import type {Keys} from '../etcd/keys.ts';
import {openEtcdLeases} from '../etcd/leases.ts';
import type {Leases} from '../etcd/leases.ts';
import type {EtcdOptions} from '../etcd/connection.ts';
import type {EtcdSecrets} from '../etcd/endpoint-clients.ts';
import {SmError} from '../model/errors.ts';
import {given} from '../model/said.ts';
import {openEtcdStore} from '../store/etcd-store.ts';
import {proveSecrets} from '../store/prove-secrets.ts';
import type {EtcdStore} from '../store/etcd-store.ts';
import {Credentials} from './credentials.ts';
import type {DaemonOptions} from './daemon-options.ts';
import {openCluster} from './governing/cluster-record.ts';
import type {KnownCluster} from './governing/cluster-record.ts';
import {warnOfPlainEtcd} from './plain-host.ts';
import {START_RETRIES_PER_LINE, START_RETRY_MAX_MS, START_RETRY_MIN_MS} from './limits.ts';

export type OpeningOptions = Pick<
  DaemonOptions,
  'config' | 'logger' | 'signal' | 'openEndpoint' | 'storeQuotaBytes'
> &
  Pick<EtcdOptions, 'onCall'>;

export interface OpenedStores {
  readonly store: EtcdStore;
  readonly heartbeatStore: EtcdStore;
  readonly leases: Leases;
  readonly cluster: KnownCluster;
  /** Other certificates or another password for all of them. @throws SmError when etcd does not take them: then all stays as it was. */
  readonly renew: (secrets: EtcdSecrets) => Promise<void>;
}

/** @throws SmError STORE_AUTH, STORE_CORRUPT, INVALID_CONFIG; STORE_UNAVAILABLE only when the signal aborts. */
export async function openWhenReachable(
  options: OpeningOptions,
  keys: Keys,
): Promise<OpenedStores> {
  const {config, logger} = options;
  const {openEndpoint: open, onCall, storeQuotaBytes: quotaBytes} = options;
  const etcd = {
    ...new Credentials(config).forEtcd(),
    statusKey: keys.everyAppPrefix(),
    logger,
    ...given({open, onCall, quotaBytes}),
  };
  warnOfPlainEtcd(etcd, logger);
  const store = openEtcdStore(etcd);
  try {
    const cluster = await whenReachable(options, () => openCluster(store, keys));
    const others = {heartbeatStore: openEtcdStore(etcd), leases: openEtcdLeases(etcd)};
    const opened = {...others, store};
    return {...opened, cluster, renew: (secrets) => renewed(etcd, opened, secrets)};
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Does a step of the start, again and again while etcd does not answer. @throws what does not pass; STORE_UNAVAILABLE only when the signal aborts. */
export async function whenReachable<Result>(
  {config, logger, signal}: Pick<OpeningOptions, 'config' | 'logger' | 'signal'>,
  step: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof SmError) || !error.retryable || signal?.aborted === true) throw error;
      const waitMs = backOff(attempt + 1, START_RETRY_MIN_MS, START_RETRY_MAX_MS);
      if (isLogged(attempt))
        logger.warn(
          {endpoints: config.endpoints, error: error.message, attempt, retryInMs: waitMs},
          'etcd is not reachable: waiting',
        );
      await pause(waitMs, signal);
    }
  }
}

/** Replaces what works only once it is proved. */
async function renewed(
  etcd: EtcdOptions,
  {heartbeatStore, store, leases}: Record<'heartbeatStore' | 'store' | 'leases', Renewable>,
  secrets: EtcdSecrets,
): Promise<void> {
  await proveSecrets(etcd, secrets);
  for (const one of [heartbeatStore, store, leases]) one.renew(secrets);
}

interface Renewable {
  renew(secrets: EtcdSecrets): void;
}

/** 0, 1, 2, 4, 8, 16, 32, 48, ...: a line a try would bury what else is said. */
function isLogged(attempt: number): boolean {
  return attempt % START_RETRIES_PER_LINE === 0 || START_RETRIES_PER_LINE % attempt === 0;
}
