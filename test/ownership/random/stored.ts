/** The store of a random session: what it holds, and what each transaction of a container does to it. */
import type {Heartbeat} from '../../../src/model/container.ts';
import type {OwnershipRecord, Versioned} from '../../../src/model/ownership.ts';
import type {StoreDoubt} from '../../../src/model/store-doubt.ts';
import type {RecordGuard, Transition} from '../../../src/model/transition.ts';
import type {HeartbeatAnswer, HeartbeatWrite} from '../../../src/ownership/heartbeat.ts';
import type {IdAnswer} from '../../../src/ownership/session-actions.ts';
import type {ShardReading, WriteAnswer} from '../../../src/ownership/shard-actions.ts';
import {specOf} from '../session-bed.ts';
import type {ActionOf} from '../session-bed.ts';

interface StoredHeartbeat extends Versioned<Heartbeat> {
  readonly changedAtMs: number;
}

/** A reading of a shard, and of the cluster record with it. */
export interface StoreReading extends ShardReading {
  readonly cluster: ClusterRecord;
}

interface ClusterRecord {
  readonly epoch: number;
  readonly doubt: StoreDoubt | undefined;
  readonly mod: number;
}

export class Stored {
  readonly heartbeats = new Map<string, StoredHeartbeat>();
  readonly records = new Map<string, Versioned<OwnershipRecord>>();
  /** `holder` '': nobody. `evicted`: by an operator. */
  id:
    | {readonly mod: number; readonly holder: string; readonly evicted: string | undefined}
    | undefined;
  cluster: ClusterRecord = {epoch: 1, doubt: undefined, mod: 5};
  /** Incarnations whose heartbeat is gone. */
  private readonly gone = new Set<string>();
  private readonly next: () => number;

  /** `next`: the next revision. */
  constructor(next: () => number) {
    this.next = next;
  }

  putHeartbeat(incarnation: string, value: Heartbeat, nowMs: number): StoredHeartbeat {
    const mod = this.next();
    const create = this.heartbeats.get(incarnation)?.create ?? mod;
    const stored = {value, mod, create, changedAtMs: nowMs};
    this.heartbeats.set(incarnation, stored);
    return stored;
  }

  /** With the id that it holds. */
  removeHeartbeat(incarnation: string): void {
    const mod = this.next();
    const isOrdered = this.heartbeats.get(incarnation)?.value.state === 'evicting';
    this.forget(incarnation);
    if (this.id?.holder !== incarnation) return;
    this.id = isOrdered ? {mod, holder: '', evicted: incarnation} : undefined;
  }

  beat({incarnation, expectedMod, value}: HeartbeatWrite, nowMs: number): HeartbeatAnswer {
    const found = this.heartbeats.get(incarnation);
    // A registration that lands so late would stand until it has been silent for W: a governor's business.
    if (this.gone.has(incarnation)) return {kind: 'absent'};
    if ((found?.mod ?? 0) === expectedMod)
      return {kind: 'committed', revision: this.putHeartbeat(incarnation, value, nowMs).mod};
    return found === undefined ? {kind: 'absent'} : {kind: 'found', ...found};
  }

  takeId({incarnation, create, idMod, holder, evicted}: ActionOf<'takeId'>): IdAnswer {
    const isRegistered = this.created(incarnation) === create;
    const isHolderGone = holder === '' || !this.heartbeats.has(holder);
    if (isRegistered && isHolderGone && (this.id?.mod ?? 0) === idMod)
      this.id = {mod: this.next(), holder: incarnation, evicted};
    const {id} = this;
    if (id === undefined) return {kind: 'free', idMod: 0, holder: ''};
    if (id.holder === incarnation) return {kind: 'taken', idMod: id.mod};
    const noted = id.evicted === undefined ? {} : {evicted: id.evicted};
    if (this.heartbeats.has(id.holder)) return {kind: 'occupied', holder: id.holder, ...noted};
    return {kind: 'free', idMod: id.mod, holder: id.holder, ...noted};
  }

  deregister({incarnation, create, idMod}: ActionOf<'deregister'>): WriteAnswer {
    if (!this.heartbeats.has(incarnation) || this.created(incarnation) !== create)
      return {kind: 'refused'};
    if (idMod !== 0 && this.id?.mod !== idMod) return {kind: 'refused'};
    this.forget(incarnation);
    if (idMod !== 0) this.id = undefined;
    return {kind: 'committed', revision: this.next()};
  }

  read(shard: string): StoreReading {
    const own = this.records.get(shard);
    const revision = this.next();
    return {revision, own: own && {...own}, spec: specOf(shard), cluster: this.cluster};
  }

  write({shard, record, guards}: Transition): WriteAnswer {
    if (!guards.every((guard) => this.holds(guard))) return {kind: 'refused'};
    const mod = this.next();
    const create = this.records.get(shard)?.create ?? mod;
    if (record === null) this.records.delete(shard);
    else this.records.set(shard, {value: record, mod, create});
    return {kind: 'committed', revision: mod, spec: specOf(shard)};
  }

  /** Somebody reports that the store was restored. */
  doubt(): void {
    const doubt = {kind: 'reported', text: 'an older state'} as const;
    this.cluster = {...this.cluster, doubt, mod: this.next()};
  }

  accept(): void {
    this.cluster = {epoch: this.cluster.epoch + 1, doubt: undefined, mod: this.next()};
  }

  private forget(incarnation: string): void {
    this.heartbeats.delete(incarnation);
    this.gone.add(incarnation);
  }

  private created(incarnation: string): number {
    return this.heartbeats.get(incarnation)?.create ?? 0;
  }

  private holds(guard: RecordGuard): boolean {
    switch (guard.kind) {
      case 'own':
        return (this.records.get(guard.shard)?.mod ?? 0) === guard.mod;
      case 'ownIs':
        return (
          JSON.stringify(this.records.get(guard.shard)?.value) === JSON.stringify(guard.record)
        );
      case 'heartbeatCreated':
        return this.created(guard.incarnation) === guard.create;
      case 'clusterMod':
        return this.cluster.mod === guard.mod;
      case 'specExists':
        return true;
      default:
        throw new Error(`no container compares ${guard.kind}`);
    }
  }
}
