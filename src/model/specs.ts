import type {OperatorNote} from './operator-note.ts';
import type {PlacementPolicy} from './placement-policy.ts';
import type {AppQuota} from './quota.ts';

/** A governed service, as written by the admin API. Unknown fields survive a rewrite. */
export interface AppSpec {
  /** The app's name (the origin's word). */
  service: string;
  /** Unix seconds. */
  createTime: number;
  /** Maximum number of shards on one container; 0: no limit. */
  maxShardCount: number;
  /** Seconds, counted from its last heartbeat, that a lost container's shards wait for it. */
  maxRecoveryTime: number;
  /** Most shards that planned moves (balance, drains, pins, changed tasks) take out of service at once; 0 or absent: `movingLimit`. */
  maxMoving?: number;
  /** How shards are placed and moved; absent: by default. */
  placement?: PlacementPolicy;
  /** What an administrator has set; what is absent is as by default. */
  quota?: AppQuota;
  /** The app is being removed: containers drop everything and end. */
  deleting?: boolean;
  /** Voluntary moves are stopped; recovery is not. */
  paused?: boolean;
  /** Who paused it, why, and until when; absent where it is not paused, or was paused by a file. */
  pause?: OperatorNote;
  [unknown: string]: unknown;
}

/** An operator does not want this move; it holds while the shard would move between these two processes. */
export interface CancelledMove {
  from: string;
  to: string;
  fromIncarnation: string;
  toIncarnation: string;
  by: string;
  /** RFC 3339. */
  at: string;
}

/** One unit that moves, as written by the admin API. Unknown fields survive a rewrite. */
export interface ShardSpec {
  id: string;
  service: string;
  /** Opaque payload, given to `add`. */
  task: string;
  /** Unix seconds. */
  updateTime: number;
  /** The container this shard is pinned to; '' for none. */
  manualContainerId: string;
  /** Shards of one group are balanced among themselves. */
  group: string;
  /** Pool the shard demands; '' for any container. */
  workerGroup: string;
  /** Steps up with every change of the task: the owner drops and adds the shard anew. Default 0. */
  taskVersion?: number;
  /** Load by metric, for apps that report none: what is reported counts instead. */
  load?: Record<string, number>;
  /** Two shards of one key are never on one container; absent or '': no such bond. */
  spreadKey?: string;
  /** Where room is short the highest are placed first. Default 0. */
  priority?: number;
  cancelledMove?: CancelledMove;
  /** Who pinned it, why, and until when; absent where it was added with its pin. */
  pinned?: OperatorNote;
  [unknown: string]: unknown;
}

/** The shard once its pin has ended: any container may have it, and a move that was cancelled before is another question. */
export function unpinned(spec: ShardSpec, wallMs: number): ShardSpec {
  const {pinned: _pinned, cancelledMove: _cancelled, ...rest} = spec;
  return {...rest, manualContainerId: '', updateTime: Math.floor(wallMs / 1_000)};
}

/** The operator's word on a container. */
export interface ContainerOrder {
  order: 'cordon' | 'drain';
  reason: string;
  by: string;
  /** RFC 3339. */
  at: string;
  /** A drain ends with this incarnation unless `keep`; '' for any. */
  incarnation: string;
  keep: boolean;
  /** Of a drain: shards the container had when it was ordered. */
  shards?: number;
  /** Of a drain: most shards that leave at once, beside the app's limit; absent: no limit of its own. */
  maxMoving?: number;
  [unknown: string]: unknown;
}

/** What counts in the place of an order that cannot be read: nothing new goes there, and nothing that runs is moved. */
export const UNREADABLE_ORDER: ContainerOrder = {
  order: 'cordon',
  reason: 'the order cannot be read',
  by: '',
  at: '',
  incarnation: '',
  keep: true,
};
