/** etcd connections shared by the containers of one process; heartbeats have one of their own. */
import {createHash} from 'node:crypto';
import {Keys} from '../etcd/keys.ts';
import {openEtcdStore} from '../store/etcd-store.ts';
import type {EtcdStore} from '../store/etcd-store.ts';
import {TransactionBatcher} from '../store/batcher.ts';
import type {StoreCall} from '../etcd/connection.ts';
import {processMetrics} from './metrics.ts';
import type {Joining} from './options.ts';

export interface Connections {
  readonly store: EtcdStore;
  readonly heartbeatStore: EtcdStore;
  readonly batcher: TransactionBatcher;
  /** Closes both when nobody uses them any more. */
  release(): Promise<void>;
}

type Connecting = Pick<Joining, 'endpoints' | 'etcd' | 'logger' | 'etcdPrefix' | 'app'>;

interface Shared {
  readonly store: EtcdStore;
  readonly heartbeatStore: EtcdStore;
  readonly batcher: TransactionBatcher;
  users: number;
}

const shared = new Map<string, Shared>();

/** Connections for these endpoints and credentials; opened once a process. */
export function connect(options: Connecting): Connections {
  const key = keyOf(options);
  const known = shared.get(key) ?? open(options);
  known.users += 1;
  shared.set(key, known);
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    known.users -= 1;
    if (known.users > 0) return;
    shared.delete(key);
    await Promise.all([known.store.close(), known.heartbeatStore.close()]);
  };
  return {
    store: known.store,
    heartbeatStore: known.heartbeatStore,
    batcher: known.batcher,
    release,
  };
}

/** Whoever is to be trusted and with which secret: a connection made with less must not serve one that asked for more. */
function keyOf({endpoints, etcd}: Connecting): string {
  const {username, password, tls} = etcd ?? {};
  const text = JSON.stringify([endpoints, username, password, tls]);
  return createHash('sha256').update(text).digest('hex');
}

function open(options: Connecting): Shared {
  const etcd = {
    endpoints: [...options.endpoints],
    ...options.etcd,
    statusKey: new Keys(options.etcdPrefix, '').governedBy(options.app),
    ...(options.logger === undefined ? {} : {logger: options.logger}),
    onCall: (call: StoreCall): void => processMetrics.storeCall(call),
  };
  const store = openEtcdStore(etcd);
  return {
    store,
    heartbeatStore: openEtcdStore(etcd),
    batcher: new TransactionBatcher(store),
    users: 0,
  };
}
