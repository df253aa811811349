import {connect} from './connections.ts';
import {JoinedContainer} from './joined-container.ts';
import type {ShardHooks} from './session-driver.ts';
import {checkJoinOptions} from './options.ts';
import type {JoinOptions} from './options.ts';
import type {HintHandler} from './receiver.ts';
import type {Shard} from './shard.ts';

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
  /** Resolves when the container has ended by `leave()`; rejects with SmError when it ended otherwise (APP_DELETED, CLONED, EVICTED, ID_TAKEN). */
  readonly ended: Promise<void>;
  /** For `attach: true`: mount it on your server; false means the path is not ours. */
  readonly handler: HintHandler;
  /** Has every shard moved away, then deletes the registration. Resolves at the latest after `leaveTimeoutMs`; `clean`: nothing is left in etcd. */
  leave(): Promise<{clean: boolean}>;
  /** Ends at once without telling the store, as a crash would; tests use it. */
  abandon(): Promise<void>;
}

/**
 * Joins an app: registers this process as a container and calls `add` and `drop` as shards come and go. Survives etcd
 * outages; after one longer than T all shards are dropped, and added again when their records are still this container's.
 *
 * @example
 * import {joinApp} from 'sm-shard-manager';
 *
 * const container = await joinApp(
 *   {app: 'orders', endpoints: ['127.0.0.1:2379'], id: 'orders-1', signals: true},
 *   {
 *     async add(shard) {
 *       console.log('serving', shard.id, shard.token);
 *     },
 *     async drop(shard) {
 *       console.log('stopped', shard.id);
 *     },
 *   },
 * );
 * await container.ended;
 *
 * @throws SmError APP_NOT_FOUND, INVALID_INPUT, INVALID_NAME, PORT_TAKEN, STORE_UNAVAILABLE, STORE_AUTH.
 */
export async function joinApp(options: JoinOptions, hooks: ShardHooks): Promise<Container> {
  const joining = checkJoinOptions(options);
  const joined = new JoinedContainer(joining, connect(joining), hooks);
  await joined.open();
  return joined;
}
