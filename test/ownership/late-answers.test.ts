import {describe, expect, it} from 'vitest';
import type {OwnershipRecord} from '../../src/model/ownership.ts';
import {parseToken} from '../../src/model/token.ts';
import type {HeartbeatAnswer} from '../../src/ownership/heartbeat.ts';
import {ContainerSession} from '../../src/ownership/session.ts';
import type {SessionAction} from '../../src/ownership/session-actions.ts';

const TTL_MS = 10_000;
const SPEC = {
  ...{id: 's', service: 'app', task: '', updateTime: 1},
  ...{manualContainerId: '', group: '', workerGroup: ''},
};

describe('answers that come late', () => {
  it('to a claim of an incarnation before are not taken for those of the present claim', () => {
    const bed = new SessionBed();
    bed.register(10);
    const before = bed.claimOf('s', 20);
    bed.beat({kind: 'absent'});
    bed.register(40);
    const now = bed.claimOf('s', 60);
    bed.session.writeAnswered('s', before.op, {kind: 'committed', revision: 21}, bed.nowMs);
    expect(bed.take('add')).toBeUndefined();

    bed.session.writeAnswered('s', now.op, {kind: 'committed', revision: 61}, bed.nowMs);
    expect(parseToken(bed.take('add')?.token ?? '')?.revision).toBe(61);
  });

  it('to a read of an incarnation before are not taken for news', () => {
    const bed = new SessionBed();
    bed.register(10);
    const before = bed.readOf('s', 20);
    bed.beat({kind: 'absent'});
    bed.register(40);
    const now = bed.readOf('s', 60);
    const nothing = {revision: 20, own: undefined, spec: SPEC};
    bed.session.readAnswered('s', before.op, nothing, bed.nowMs);
    expect(bed.take('write')).toBeUndefined();

    bed.session.readAnswered('s', now.op, bed.assigned(60), bed.nowMs);
    expect(bed.take('write')?.transition.kind).toBe('claim');
  });
});

/** A session alone: the test is its store. */
class SessionBed {
  nowMs = 0;
  readonly session: ContainerSession;
  private ids = 0;
  private actions: SessionAction[] = [];

  constructor() {
    this.session = new ContainerSession({
      identity: {
        ...{v: 1, container: 'c', ttlMs: TTL_MS, endpoint: '', host: '', pid: 1, bootId: ''},
        ...{zone: '', labels: {}, version: '', sdk: ''},
      },
      epoch: 1,
      nextId: () => `id${(this.ids += 1)}`,
      random: () => 0.5,
      addTimeoutMs: 60_000,
      dropTimeoutMs: 30_000,
    });
  }

  /** The first action of this type that was not taken yet. */
  take<T extends SessionAction['type']>(type: T): Extract<SessionAction, {type: T}> | undefined {
    this.actions.push(...this.session.advance(this.nowMs));
    const at = this.actions.findIndex((action) => action.type === type);
    if (at < 0) return undefined;
    const [found] = this.actions.splice(at, 1);
    return found as Extract<SessionAction, {type: T}>;
  }

  register(revision: number): void {
    this.beat({kind: 'committed', revision});
    const {incarnation} = this.must('takeId');
    this.session.idAnswered(incarnation, {kind: 'taken', idMod: revision + 1}, this.nowMs);
    this.must('ready');
    this.beat({kind: 'committed', revision: revision + 2});
  }

  /** Answers the next heartbeat. */
  beat(answer: HeartbeatAnswer): void {
    this.nowMs += TTL_MS / 5;
    this.session.heartbeatAnswered(this.must('heartbeat').write, answer, this.nowMs);
  }

  readOf(shard: string, revision: number): {op: number} {
    this.session.hint(this.session.incarnation, shard, revision);
    return this.must('read');
  }

  claimOf(shard: string, revision: number): {op: number} {
    const {op} = this.readOf(shard, revision);
    this.session.readAnswered(shard, op, this.assigned(revision), this.nowMs);
    return this.must('write');
  }

  assigned(mod: number): Parameters<ContainerSession['readAnswered']>[2] {
    const value: OwnershipRecord = {
      ...{v: 1, container: 'c', incarnation: this.session.incarnation, token: '', ready: false},
      ...{state: 'assigned', move: null, failures: 0, lastError: ''},
    };
    return {revision: mod, own: {value, mod, create: mod}, spec: SPEC};
  }

  private must<T extends SessionAction['type']>(type: T): Extract<SessionAction, {type: T}> {
    const action = this.take(type);
    if (action === undefined) throw new Error(`no ${type}`);
    return action;
  }
}
