/** etcd connections shared by the containers of one process; heartbeats have one of their own. */
import type {EtcdSecrets} from '../etcd/endpoint-clients.ts';
import {Keys} from '../etcd/keys.ts';
import {openEtcdStore} from '../store/etcd-store.ts';
import {proveSecrets} from '../store/prove-secrets.ts';
import type {EtcdStore} from '../store/etcd-store.ts';
import {TransactionBatcher} from '../store/batcher.ts';
import type {StoreCall} from '../etcd/connection.ts';
import {processMetrics} from './metrics.ts';
import type {Joining} from './options.ts';
import {SecretsWatch, loginKey, readSecrets} from './secrets.ts';
import {silentLogger} from '../runtime/log-port.ts';

export interface Connections {
  readonly store: EtcdStore;
  readonly heartbeatStore: EtcdStore;
  readonly batcher: TransactionBatcher;
  /** Closes both when nobody uses them any more. */
  release(): Promise<void>;
}

type Connecting = Pick<Joining, 'endpoints' | 'etcd' | 'etcdPrefix' | 'app'> &
  Partial<Pick<Joining, 'logger'>>;

interface Shared extends Omit<Connections, 'release'> {
  readonly secrets: SecretsWatch;
  users: number;
}

const shared = new Map<string, Shared>();

/** Connections for these endpoints and credentials; opened once a process. @throws SmError INVALID_INPUT when a secret cannot be had. */
export async function connect(options: Connecting): Promise<Connections> {
  const key = keyOf(options);
  const secrets = shared.has(key) ? {} : await readSecrets(options.etcd ?? {});
  const known = shared.get(key) ?? open(options, secrets);
  known.users += 1;
  shared.set(key, known);
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    known.users -= 1;
    if (known.users > 0) return;
    shared.delete(key);
    known.secrets.close();
    await Promise.all([known.store.close(), known.heartbeatStore.close()]);
  };
  const {store, heartbeatStore, batcher} = known;
  return {store, heartbeatStore, batcher, release};
}

/** Whoever is to be trusted and with which secret: a connection made with less must not serve one that asked for more. */
function keyOf({endpoints, etcd}: Connecting): string {
  return `${loginKey(etcd ?? {})} ${JSON.stringify(endpoints)}`;
}

function open(options: Connecting, secrets: EtcdSecrets): Shared {
  const etcd = {
    endpoints: [...options.endpoints],
    ...secrets,
    statusKey: new Keys(options.etcdPrefix, '').governedBy(options.app),
    ...(options.logger === undefined ? {} : {logger: options.logger}),
    onCall: (call: StoreCall): void => processMetrics.storeCall(call),
  };
  const store = openEtcdStore(etcd);
  const heartbeatStore = openEtcdStore(etcd);
  const renew = async (changed: EtcdSecrets): Promise<void> => {
    await proveSecrets(etcd, changed);
    for (const one of [heartbeatStore, store]) one.renew(changed);
  };
  return {
    ...{store, heartbeatStore, batcher: new TransactionBatcher(store), users: 0},
    secrets: new SecretsWatch({
      ...{login: options.etcd ?? {}, first: secrets, onChange: renew},
      logger: options.logger ?? silentLogger,
    }),
  };
}
