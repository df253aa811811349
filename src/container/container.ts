import type {Registry} from 'prom-client';
import type {HintHandler} from './receiver.ts';
import type {Shard} from './shard.ts';

/** `left`: by `leave()`. `deleted`: an operator removed the app; its shards were dropped with that reason. */
export type ContainerEnd = 'left' | 'deleted';

/** A container that has joined an app. */
export interface Container {
  /** Name of the app that it joined. */
  readonly app: string;
  /** The id given in the options, or the `host:port` of `endpoint`. */
  readonly id: string;
  /** `host:port` at which daemons reach this process, with `tls` `https://host:port`. */
  readonly endpoint: string;
  /** The present registration; changes when the container is evicted and registers anew. */
  readonly incarnation: string;
  /** Shards that are here now, by id: from the call of `add` until `drop` has resolved. The map changes as they come and go. */
  readonly shards: ReadonlyMap<string, Shard>;
  /**
   * Resolves when the id is this process's own and shards may come. Rejects with SmError when the container ends before: as `ended` does, with
   * APP_DELETED when the app was removed, with EVICTED when it left.
   */
  readonly ready: Promise<void>;
  /**
   * Resolves when the container has ended in order: by `leave()` or because the app was removed. Rejects with SmError when it must not go on:
   * CLONED, EVICTED, ID_TAKEN, or TIMEOUT where it has left and a hook still runs.
   *
   * After an eviction it waits for the hooks that run, for `dropTimeoutMs` (30 s by default) or until the right to act is over, whichever is
   * later. Then it rejects whatever still runs, and the message names those hooks. A removed app waits for its drops as long as they take;
   * evicting the container ends that.
   */
  readonly ended: Promise<ContainerEnd>;
  /**
   * For `attach: true`: mount it on your server, before whatever reads bodies; false means the path is not ours. It answers for all containers of
   * this process that are attached at the same address.
   */
  readonly handler: HintHandler;
  /**
   * What the containers of this process measure, in one registry of prom-client: series by `app` and `container`. For a registry of your own:
   * `Registry.merge([register, container.metrics()])`; as text: `await container.metrics().metrics()`, with its `contentType`.
   */
  metrics(): Registry;
  /**
   * Has every shard moved away, then deletes the registration. Resolves when its listener and connections are closed, at the latest
   * after `leaveTimeoutMs`; `clean`: nothing is left in etcd. A second call gives the promise of the first.
   */
  leave(): Promise<{clean: boolean}>;
  /** Ends at once without a word to the store, as a crash would; for tests. `ended` rejects with EVICTED. Resolves when all connections are closed. */
  abandon(): Promise<void>;
}
