/** A container's session alone: time is a number, and the test says what becomes of each heartbeat. */
import type {Heartbeat} from '../../src/model/container.ts';
import type {OwnershipRecord, OwnershipState, Versioned} from '../../src/model/ownership.ts';
import type {ShardSpec} from '../../src/model/specs.ts';
import type {HeartbeatAnswer, HeartbeatWrite} from '../../src/ownership/heartbeat.ts';
import {ContainerSession} from '../../src/ownership/session.ts';
import type {SessionAction, SessionOptions} from '../../src/ownership/session-actions.ts';
import type {ShardContext} from '../../src/ownership/shard-actions.ts';

export const TTL_MS = 10_000;

export type ActionOf<T extends SessionAction['type']> = Extract<SessionAction, {type: T}>;

export class SessionBed {
  nowMs = 1_000;
  revision = 100;
  /** Everything the session has asked for, oldest first. */
  readonly actions: SessionAction[] = [];
  readonly session: ContainerSession;
  private ids = 0;
  private read = 0;

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new ContainerSession({
      identity: {
        ...{v: 1, container: 'c1', ttlMs: TTL_MS, endpoint: '', host: '', pid: 1, bootId: ''},
        ...{zone: '', labels: {}, version: '', sdk: ''},
      },
      epoch: 1,
      nextId: () => `id${(this.ids += 1)}`,
      random: () => 0.5,
      addTimeoutMs: 60_000,
      dropTimeoutMs: 30_000,
      ...options,
    });
  }

  /** So much later, what the session asks for now. */
  turn(afterMs = 0): SessionAction[] {
    this.nowMs += afterMs;
    const asked = this.session.advance(this.nowMs);
    this.actions.push(...asked);
    return asked;
  }

  /** What it has asked for of one kind since the last look. */
  asked<T extends SessionAction['type']>(type: T): ActionOf<T>[] {
    return this.actions
      .slice(this.read)
      .filter((action): action is ActionOf<T> => action.type === type);
  }

  look(): void {
    this.read = this.actions.length;
  }

  /** The next heartbeat it asks for, so much later or as soon as one is due. */
  beat(afterMs = 0): HeartbeatWrite {
    const waitMs = Math.max(afterMs, this.session.heartbeat.wakeAtMs() - this.nowMs);
    const [action] = this.turn(waitMs).filter(
      (one): one is ActionOf<'heartbeat'> => one.type === 'heartbeat',
    );
    if (action === undefined) throw new Error('no heartbeat is due');
    return action.write;
  }

  answer(write: HeartbeatWrite, answer: HeartbeatAnswer): void {
    this.session.heartbeatAnswered(write, answer, this.nowMs);
    this.turn();
  }

  commit(write: HeartbeatWrite): void {
    this.answer(write, {kind: 'committed', revision: this.next()});
  }

  /** A read of the record shows the value of this attempt. */
  found(write: HeartbeatWrite, value: Heartbeat): void {
    this.answer(write, {kind: 'found', value, mod: this.next(), create: 101});
  }

  /** Registered and named: ready for shards. */
  ready(first: HeartbeatWrite = this.beat()): this {
    this.commit(first);
    const {incarnation} = this.session;
    this.session.idAnswered(incarnation, {kind: 'taken', idMod: this.next()}, this.nowMs);
    this.commit(this.beat());
    this.look();
    return this;
  }

  /** It is told of the shard, and finds this record. */
  tell(shard: string, ...record: Parameters<SessionBed['record']>): void {
    const own = this.record(...record);
    this.session.hint(this.session.incarnation, shard, own.mod);
    this.turn();
    this.answerRead(shard, own);
  }

  /** Claims the shard, runs `add`, makes it ready. */
  owns(shard: string): this {
    this.tell(shard, 'assigned');
    this.answerWrite(shard);
    this.addSettled(shard);
    this.answerWrite(shard);
    this.look();
    return this;
  }

  record(state: OwnershipState, fields: Partial<OwnershipRecord> = {}): Versioned<OwnershipRecord> {
    const mod = this.next();
    const {incarnation} = this.session;
    const value: OwnershipRecord = {
      ...{v: 1, state, container: 'c1', incarnation, token: '', ready: false, move: null},
      ...{failures: 0, lastError: ''},
      ...fields,
    };
    return {value, mod, create: mod};
  }

  answerRead(
    shard: string,
    own: Versioned<OwnershipRecord> | undefined,
    atRevision?: number,
  ): void {
    const {op} = this.latest('read', shard);
    const revision = atRevision ?? this.revision;
    this.session.readAnswered(shard, op, {revision, own, spec: specOf(shard)}, this.nowMs);
    this.turn();
  }

  /** The record is read, and there is no spec of the shard. */
  readWithoutSpec(shard: string, own: Versioned<OwnershipRecord>): void {
    const {op} = this.latest('read', shard);
    this.session.readAnswered(
      shard,
      op,
      {revision: this.revision, own, spec: undefined},
      this.nowMs,
    );
    this.turn();
  }

  readFails(shard: string): void {
    this.session.readAnswered(shard, this.latest('read', shard).op, undefined, this.nowMs);
    this.turn();
  }

  answerWrite(shard: string, kind: 'committed' | 'refused' | 'unknown' = 'committed'): void {
    const {op} = this.latest('write', shard);
    const answer = kind === 'committed' ? {kind, revision: this.next()} : {kind};
    this.session.writeAnswered(shard, op, answer, this.nowMs);
    this.turn();
  }

  addSettled(shard: string, error?: string): void {
    this.session.addSettled(shard, this.latest('add', shard).handle, error, this.nowMs);
    this.turn();
  }

  dropSettled(shard: string, error?: string): void {
    this.session.dropSettled(shard, this.latest('drop', shard).handle, error, this.nowMs);
    this.turn();
  }

  /** The newest action of the kind for the shard. */
  latest<T extends 'read' | 'write' | 'add' | 'drop'>(type: T, shard: string): ActionOf<T> {
    const found = this.actions.findLast(
      (action): action is ActionOf<T> => action.type === type && action.shard === shard,
    );
    if (found === undefined) throw new Error(`no ${type} of ${shard}`);
    return found;
  }

  next(): number {
    this.revision += 1;
    return this.revision;
  }
}

export function specOf(id: string): ShardSpec {
  return {
    ...{id, service: 'app', task: '', updateTime: 1},
    ...{manualContainerId: '', group: '', workerGroup: ''},
  };
}

/** A container that is ready and acts, for a ShardMachine alone. */
export const SHARD_CONTEXT: ShardContext = {
  me: {container: 'c1', incarnation: 'i1', create: 5},
  ...{
    epoch: 1,
    acting: true,
    halted: false,
    claiming: true,
    askedBack: 'moved' as const,
    releasing: undefined,
  },
  ...{clusterMod: 7, readyAtClaim: false, addTimeoutMs: 60_000, dropTimeoutMs: 30_000},
};
