import {counted} from './counted.ts';

/** Why etcd is taken for another one, or for an older state, than the records were written to (protocol.md, "Restore"). */
export type StoreDoubt =
  | {readonly kind: 'anotherCluster'; readonly found: string; readonly known: string}
  | {readonly kind: 'wentBack'; readonly found: number; readonly known: number}
  /** A heartbeat was found by so many revisions older than the one that was written. */
  | {readonly kind: 'oldHeartbeat'; readonly lag: number}
  | {readonly kind: 'noClusterRecord'}
  /** The cluster record says that somebody has seen it; his text. */
  | {readonly kind: 'reported'; readonly text: string};

/** What leads out of a doubt. */
export const ACCEPT_FIX = 'if that was meant: sm store accept-restore';

/** `restored` of a cluster record; undefined or '': nobody has reported anything. */
export function reportedDoubt(restored: string | undefined): StoreDoubt | undefined {
  return restored === undefined || restored === '' ? undefined : {kind: 'reported', text: restored};
}

/** What people read, and what the cluster record keeps. */
export function doubtText(doubt: StoreDoubt): string {
  switch (doubt.kind) {
    case 'anotherCluster':
      return `etcd is another cluster: ${doubt.found} instead of ${doubt.known}`;
    case 'wentBack':
      return `etcd has gone back from revision ${doubt.known} to ${doubt.found}`;
    case 'oldHeartbeat':
      return `etcd holds a version of this heartbeat that is ${counted(doubt.lag, 'revision')} old`;
    case 'noClusterRecord':
      return 'etcd holds no cluster record';
    case 'reported':
      return doubt.text;
  }
}
