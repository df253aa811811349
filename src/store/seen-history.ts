/** How far the history of etcd has come by all that this process was answered: a later write must be answered with more. */
import type {EtcdStore} from './etcd-store.ts';

export interface SeenHistory {
  /** Cluster that answered the heartbeats last; '' while none has. */
  clusterId(): string;
  /** Newest revision that any answer or watch has named. */
  newest(): number;
  /** Another history begins. */
  forget(): void;
}

type Connection = Pick<EtcdStore, 'clusterId' | 'newestRevision'>;

/** Newest epoch that somebody who shares the connection began with, by the prefix of its keys. */
const epochs = new WeakMap<Connection, Map<string, number>>();

/**
 * `begun`: the epoch with which a session begins. Containers of one process share their connections: where one joins after a restore was accepted,
 * and before those that were there have heard of it, all that the connection has seen is of the history of before.
 */
export function seenHistory(
  heartbeatStore: Connection,
  store: Connection,
  begun?: {readonly prefix: string; readonly epoch: number},
): SeenHistory {
  const history = historyOf(heartbeatStore, store);
  if (begun === undefined) return history;
  const known = epochs.get(store) ?? new Map<string, number>();
  epochs.set(store, known);
  const before = known.get(begun.prefix) ?? begun.epoch;
  if (begun.epoch > before) history.forget();
  known.set(begun.prefix, Math.max(before, begun.epoch));
  return history;
}

function historyOf(heartbeatStore: Connection, store: Connection): SeenHistory {
  return {
    clusterId: () => heartbeatStore.clusterId,
    newest: () => Math.max(heartbeatStore.newestRevision, store.newestRevision),
    forget: () => {
      heartbeatStore.newestRevision = 0;
      store.newestRevision = 0;
    },
  };
}
