import {connect} from './connections.ts';
import type {Container} from './container.ts';
import {JoinedContainer} from './joined-container.ts';
import type {ShardHooks} from './shard.ts';
import {checkHooks, checkJoinOptions} from './options.ts';
import type {JoinOptions} from './options.ts';

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
 * @throws SmError APP_NOT_FOUND, APP_DELETING, QUOTA, INVALID_INPUT, INVALID_CONFIG, INVALID_NAME, PORT_TAKEN, ID_TAKEN (without `id`, where another container of this process has that address), STORE_UNAVAILABLE, STORE_AUTH, STORE_RESTORED, STORE_CORRUPT.
 */
export async function joinApp(options: JoinOptions, hooks: ShardHooks): Promise<Container> {
  const joining = checkJoinOptions(options);
  checkHooks(hooks);
  const joined = new JoinedContainer(joining, await connect(joining), hooks);
  await joined.open();
  return joined;
}
