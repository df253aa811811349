import type {Registry} from 'prom-client';
import type {HintHandler} from './receiver.ts';
import type {Shard} from './shard.ts';

/** `left`: by `leave()`. `deleted`: an operator removed the app; its shards were dropped with that reason. */
export type ContainerEnd = 'left' | 'deleted';

/** A container that has joined an app. */
export interface Container {
  readonly app: string;
  readonly id: string;
  /** host:port at which daemons reach this process. */
  readonly endpoint: string;
  /** The present registration; changes when the container is evicted and registers anew. */
  readonly incarnation: string;
  /** Shards that are here now, by id. */
  readonly shards: ReadonlyMap<string, Shard>;
  /** Resolves when the id is taken and shards may come. */
  readonly ready: Promise<void>;
  /**
   * Resolves when the container has ended in order: by `leave()` or because the app was removed. Rejects with SmError when it must not go on:
   * CLONED, EVICTED, ID_TAKEN.
   *
   * After an eviction it waits for the hooks that run, for `dropTimeoutMs` (30 s by default) or until the right to act is over, whichever is
   * later. Then it rejects whatever still runs, and the message names those hooks. A removed app waits for its drops as long as they take;
   * evicting the container ends that.
   */
  readonly ended: Promise<ContainerEnd>;
  /** For `attach: true`: mount it on your server; false means the path is not ours. */
  readonly handler: HintHandler;
  /**
   * What the containers of this process measure, in one registry of prom-client: series by `app` and `container`. For a registry of your own:
   * `Registry.merge([register, container.metrics()])`; as text: `await container.metrics().metrics()`, with its `contentType`.
   */
  metrics(): Registry;
  /** Has every shard moved away, then deletes the registration. Resolves at the latest after `leaveTimeoutMs`; `clean`: nothing is left in etcd. */
  leave(): Promise<{clean: boolean}>;
  /** Ends at once without telling the store, as a crash would; tests use it. */
  abandon(): Promise<void>;
}
