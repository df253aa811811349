/**
 * Whether the store is still the one, and at least as far, as it was (protocol.md, "Restore"): fencing tokens are its revisions,
 * so a store that was restored or wiped would give the same ones again. Fed with the answers to one incarnation's heartbeats,
 * which are transactions one after the other: their revisions can only grow. Passive.
 */
import type {StoreDoubt} from '../model/store-doubt.ts';

/** Who answered, and how far its history had come. */
export interface StoreMark {
  readonly clusterId: string;
  readonly revision: number;
  /** The history had come so far, by any answer, when the heartbeat was sent. */
  readonly atLeast: number;
}

/** What the cluster record says. Epoch 0, mod 0: there is none. */
export interface ClusterReading {
  readonly epoch: number;
  /** Undefined: all is well; an epoch that has stepped up is that of an accepted restore. */
  readonly doubt: StoreDoubt | undefined;
  readonly mod: number;
  /** Cluster of etcd that it was written for. Absent or '', as while an import runs: not known. */
  readonly clusterId?: string;
}

/** `doubted`: from now on; `accepted`: what was doubted is the store from now on; `stepped`: only tokens to come are of a newer epoch. */
export type TrustNews =
  | {readonly kind: 'doubted'; readonly doubt: StoreDoubt}
  | {readonly kind: 'accepted' | 'stepped'}
  | undefined;

export class StoreTrust {
  /** Of fencing tokens. */
  epoch: number;
  /** Nothing is claimed and nothing renewed. */
  isDoubted = false;
  /** Mod revision of the cluster record as last read, 0: there was none; undefined: not read yet. */
  clusterMod: number | undefined;
  private clusterId: string | undefined;
  private newest = 0;
  /** The epoch has stepped up and no heartbeat was answered since: what is found to be another history was accepted with it. */
  private isExplained = false;
  /** Where the epoch has stepped up last; undefined: not known. */
  private acceptedId: string | undefined;

  /** `clusterId`: where the epoch was read, since what was read along with it counts that cluster's revisions; undefined: the first to answer. */
  constructor(epoch: number, clusterId?: string) {
    this.epoch = epoch;
    this.clusterId = knownId(clusterId);
  }

  /** A heartbeat was answered. `lag`: by how many revisions the version found is older than the one known to be written. */
  answered(mark: StoreMark, lag: number): TrustNews {
    this.clusterId ??= mark.clusterId;
    const doubt = this.objection(mark, lag);
    if (doubt !== undefined) return this.explains(mark) ? this.accept() : this.begin(doubt);
    this.newest = mark.revision;
    this.isExplained = false;
    return undefined;
  }

  /** The cluster record was read. */
  clusterRead({epoch, doubt, mod, clusterId}: ClusterReading): TrustNews {
    this.clusterMod = mod;
    // What is said of an epoch before was accepted with the present one: an old reading, which nothing to come would take back.
    if (doubt !== undefined) return epoch < this.epoch ? undefined : this.begin(doubt);
    if (epoch <= this.epoch) return undefined;
    this.epoch = epoch;
    this.acceptedId = knownId(clusterId);
    this.isExplained = !this.isDoubted;
    return this.isExplained ? {kind: 'stepped'} : this.accept();
  }

  /** Why the answer cannot be one of the history that is known; undefined when it can. */
  private objection(
    {clusterId, revision, atLeast}: StoreMark,
    lag: number,
  ): StoreDoubt | undefined {
    if (clusterId !== this.clusterId)
      return {kind: 'anotherCluster', found: clusterId, known: this.clusterId ?? ''};
    const known = Math.max(this.newest, atLeast);
    if (revision < known) return {kind: 'wentBack', found: revision, known};
    return lag > 0 ? {kind: 'oldHeartbeat', lag} : undefined;
  }

  /** A restore after the one that was accepted is not accepted with it. */
  private explains({clusterId}: StoreMark): boolean {
    return this.isExplained && (this.acceptedId ?? clusterId) === clusterId;
  }

  private accept(): TrustNews {
    this.isDoubted = false;
    this.clusterId = this.acceptedId;
    this.newest = 0;
    this.isExplained = false;
    return {kind: 'accepted'};
  }

  private begin(doubt: StoreDoubt): TrustNews {
    if (this.isDoubted) return undefined;
    this.isDoubted = true;
    return {kind: 'doubted', doubt};
  }
}

function knownId(clusterId: string | undefined): string | undefined {
  return clusterId === '' ? undefined : clusterId;
}
