/** How far the history of etcd has come by all that this process was answered: a later write must be answered with more. */
import type {EtcdStore} from './etcd-store.ts';

export interface SeenHistory {
  /** Cluster that answered the heartbeats last; '' while none has. */
  clusterId(): string;
  /** Newest revision that any answer or watch has told of. */
  newest(): number;
  /** Another history begins. */
  forget(): void;
}

export function seenHistory(heartbeatStore: EtcdStore, store: EtcdStore): SeenHistory {
  return {
    clusterId: () => heartbeatStore.clusterId,
    newest: () => Math.max(heartbeatStore.newestRevision, store.newestRevision),
    forget: () => {
      heartbeatStore.newestRevision = 0;
      store.newestRevision = 0;
    },
  };
}
