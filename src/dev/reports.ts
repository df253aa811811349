/** What a demo container and its parent tell each other over the channel between them. */
import type {JoinOptions} from '../container/index.ts';

/** Secrets are named by their files: the channel carries text. */
export type StoreOfContainers = Pick<JoinOptions, 'endpoints' | 'etcdPrefix' | 'service' | 'etcd'>;

/** Parent to container: join now. */
export interface JoinOrder {
  readonly type: 'join';
  readonly options: Pick<JoinOptions, 'app' | 'id' | 'ttlMs'> & StoreOfContainers;
}

/** Parent to container: leave in order. */
export interface LeaveOrder {
  readonly type: 'leave';
}

/** A guard that let an effect pass: shard, fencing token, and when it was asked, µs of the machine's monotonic clock. */
export type GuardPass = readonly [shard: string, token: string, atUs: number];

export type ContainerReport =
  | {readonly type: 'ready'; readonly endpoint: string}
  | {readonly type: 'effects'; readonly passes: readonly GuardPass[]; readonly refusals: number}
  /** It ended by itself; `code` is '' when it left in order. `why`: the error in words, and its fix. */
  | {readonly type: 'ended'; readonly code: string; readonly why: string};
