/** A container without shards that has joined by the SDK, on a store in memory. */
import {JoinedContainer} from '../../src/container/joined-container.ts';
import {checkJoinOptions} from '../../src/container/options.ts';
import type {JoinOptions} from '../../src/container/options.ts';
import {Keys} from '../../src/etcd/keys.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {TransactionBatcher} from '../../src/store/batcher.ts';
import type {EtcdStore} from '../../src/store/etcd-store.ts';
import {awakeClock} from '../support/awake-clock.ts';
import {MemoryStore} from '../support/memory-store.ts';

export const APP = 'app';
export const CONTAINER = 'c1';
export const KEYS = new Keys('/sm', 'sm');

export interface JoinedBed {
  readonly container: JoinedContainer;
  readonly store: MemoryStore & {clusterId: string};
}

/** `options`: what is other than usual. `release`: closes its connections. */
export async function joined(
  options: Partial<JoinOptions> = {},
  release = (): Promise<void> => Promise.resolve(),
): Promise<JoinedBed> {
  const store = Object.assign(new MemoryStore(), {clusterId: 'one', newestRevision: 0});
  const spec = {v: 1, service: APP, createTime: 0, maxShardCount: 0, maxRecoveryTime: 0};
  await store.transact({
    compares: [],
    then: [
      {op: 'put', key: KEYS.appSpec(APP), value: JSON.stringify(spec)},
      {op: 'put', key: KEYS.governedBy(APP), value: 'sm'},
    ],
  });
  const connection = store as unknown as EtcdStore;
  const container = new JoinedContainer(
    checkJoinOptions({
      ...{app: APP, endpoints: ['memory:1'], id: CONTAINER, ttlMs: 3_000, logger: silentLogger},
      ...{attach: true, port: 1},
      ...options,
    }),
    {
      ...{store: connection, heartbeatStore: connection},
      batcher: new TransactionBatcher(store),
      release,
    },
    {add: () => undefined, drop: () => undefined},
    awakeClock(),
  );
  await container.open();
  await container.ready;
  return {container, store};
}
