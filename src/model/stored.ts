/** A stored key. Revisions are etcd revisions as numbers (checked to be safe integers at the border). */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly mod: number;
  readonly create: number;
}

export type WatchEvent =
  | {readonly type: 'put'; readonly entry: KeyValue}
  | {readonly type: 'delete'; readonly key: string; readonly mod: number};

/** All changes of one revision, or of several in order. */
export interface WatchBatch {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

/**
 * What a watcher reports. `lost` = changes may be missing (compaction, store restored): list again and watch from there;
 * the watch is over. Short disconnects are repaired inside and report nothing. After `lost` or `close()` nothing follows.
 */
export interface WatchListener {
  onBatch(batch: WatchBatch): void;
  onLost(reason: string): void;
}
