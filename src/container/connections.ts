/** etcd connections shared by the containers of one process; heartbeats have one of their own. */
import {openEtcdStore} from '../store/etcd-store.ts';
import type {EtcdStore} from '../store/etcd-store.ts';
import {TransactionBatcher} from '../store/batcher.ts';
import type {Joining} from './options.ts';

export interface Connections {
  readonly store: EtcdStore;
  readonly heartbeatStore: EtcdStore;
  readonly batcher: TransactionBatcher;
  /** Closes both when nobody uses them any more. */
  release(): Promise<void>;
}

interface Shared {
  readonly store: EtcdStore;
  readonly heartbeatStore: EtcdStore;
  readonly batcher: TransactionBatcher;
  users: number;
}

const shared = new Map<string, Shared>();

/** Connections for these endpoints and credentials; opened once a process. */
export function connect(options: Pick<Joining, 'endpoints' | 'etcd' | 'logger'>): Connections {
  const key = JSON.stringify([
    options.endpoints,
    options.etcd?.username,
    options.etcd?.tls?.cert?.toString('base64'),
  ]);
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

function open(options: Pick<Joining, 'endpoints' | 'etcd' | 'logger'>): Shared {
  const etcd = {
    endpoints: [...options.endpoints],
    ...options.etcd,
    ...(options.logger === undefined ? {} : {logger: options.logger}),
  };
  const store = openEtcdStore(etcd);
  return {
    store,
    heartbeatStore: openEtcdStore(etcd),
    batcher: new TransactionBatcher(store),
    users: 0,
  };
}
