/** What a daemon writes to become the leader, to remove one and to resign, while somebody else is faster. */
import {afterEach, describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {encodeRecord} from '../../../src/protocol/records.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {LeadershipShell} from '../../../src/server/governing/leadership-shell.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import type {Operation, Transaction, TransactionOutcome} from '../../../src/store/port.ts';
import {TTL_MIN_MS} from '../../../src/model/limits.ts';
import {LONG_MS, until} from '../../support/until.ts';

const keys = new Keys('/sm', 'sm');

/** Somebody writes right before the first transaction of another. */
class RacingStore extends MemoryStore {
  readonly outcomes: TransactionOutcome['kind'][] = [];
  faster: Operation[] = [];

  override async transact(transaction: Transaction): Promise<TransactionOutcome> {
    await this.write(this.faster.splice(0));
    const outcome = await super.transact(transaction);
    this.outcomes.push(outcome.kind);
    return outcome;
  }

  async write(then: readonly Operation[]): Promise<void> {
    for (const operation of then) await super.transact({compares: [], then: [operation]});
  }
}

class Bed {
  readonly store = new RacingStore();
  elected = 0;
  readonly lost: string[] = [];
  /** Smallest T, each time that it may have changed. */
  readonly leastTtlMs: number[] = [];
  readonly shell: LeadershipShell = new LeadershipShell({
    keys,
    store: this.store,
    clock: systemClock(),
    logger: silentLogger,
    me: () => ({container: 'd1', incarnation: 'me'}),
    eligible: () => true,
    standby: () => true,
    onElected: () => (this.elected += 1),
    onLostLeadership: () => undefined,
    onProbeInterval: () => this.leastTtlMs.push(this.shell.smallestTtlMs()),
    onLeaderLost: ({container, incarnation}) => this.lost.push(`${container} ${incarnation}`),
  });

  get leader(): string | undefined {
    const value = this.store.kv.get(keys.leader())?.value;
    return value && (JSON.parse(value) as {incarnation: string}).incarnation;
  }

  /** The daemon has tried so many times, and has taken the answers in. */
  async tried(times: number): Promise<void> {
    const {outcomes} = this.store;
    await until(() => outcomes.length >= times, LONG_MS, `${times} attempts`);
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  }
}

function leaderKey(incarnation: string): Operation {
  const value = encodeRecord({v: 1, containerId: 'd', incarnation, createTime: 1});
  return {op: 'put', key: keys.leader(), value};
}

function heartbeat(incarnation: string, ttlMs = 60_000, state = 'ready'): Operation {
  const value = encodeRecord({
    ...{v: 1, container: incarnation, ttlMs, endpoint: '', host: '', pid: 1, bootId: ''},
    ...{zone: '', labels: {}, version: '', sdk: '', seq: 1, nonce: '', state},
  });
  return {op: 'put', key: keys.heartbeat(keys.service, incarnation), value};
}

describe('a daemon', () => {
  let bed: Bed;
  afterEach(() => bed.shell.stop());

  it('becomes the leader where there is none', async () => {
    bed = new Bed();
    await bed.store.write([heartbeat('me')]);
    bed.shell.start();
    await until(() => bed.elected === 1, LONG_MS, 'it is elected');
    expect(bed.leader).toBe('me');
    expect(bed.shell.leads).toBe(true);
  });

  it('does not become the leader over one that was faster', async () => {
    bed = new Bed();
    await bed.store.write([heartbeat('me')]);
    bed.store.faster = [heartbeat('other'), leaderKey('other')];
    bed.shell.start();
    await bed.tried(1);
    expect([bed.leader, bed.elected, bed.shell.leads]).toEqual(['other', 0, false]);
  });

  it('does not become the leader without a heartbeat: nobody could take its key away again', async () => {
    bed = new Bed();
    bed.shell.start();
    for (const times of [1, 2]) {
      await bed.tried(times);
      expect([bed.leader, bed.elected]).toEqual([undefined, 0]);
    }
  });

  it('takes the place of a leader that left in order, and says nothing of a loss', async () => {
    bed = new Bed();
    await bed.store.write([heartbeat('me'), leaderKey('left')]);
    bed.shell.start();
    await until(() => bed.elected === 1, LONG_MS, 'it is elected');
    expect(bed.leader).toBe('me');
    expect(bed.lost).toEqual([]);
  });

  it('names a leader that was silent as lost: nobody else can say which daemon it was', async () => {
    bed = new Bed();
    await bed.store.write([heartbeat('me'), heartbeat('dead', TTL_MIN_MS), leaderKey('dead')]);
    bed.shell.start();
    const isLeading = (): boolean => {
      bed.shell.probeCommitted();
      return bed.elected === 1;
    };
    await until(isLeading, LONG_MS, 'it is elected');
    expect([bed.leader, bed.lost]).toEqual(['me', ['d dead']]);
  });

  it('leaves the heartbeat of a silent leader that an operator evicts to the governor of sm', async () => {
    bed = new Bed();
    const evicting = heartbeat('dead', TTL_MIN_MS, 'evicting');
    await bed.store.write([heartbeat('me'), evicting, leaderKey('dead')]);
    bed.shell.start();
    const isLeading = (): boolean => {
      bed.shell.probeCommitted();
      return bed.elected === 1;
    };
    await until(isLeading, LONG_MS, 'it is elected');
    expect(bed.store.kv.get(keys.heartbeat(keys.service, 'dead'))).toBeDefined();
    expect([bed.leader, bed.lost]).toEqual(['me', []]);
  });

  it('does not remove a leader that was elected meanwhile', async () => {
    bed = new Bed();
    await bed.store.write([heartbeat('me'), leaderKey('dead')]);
    const again: Operation = {op: 'delete', key: keys.leader()};
    bed.store.faster = [heartbeat('other'), again, leaderKey('other')];
    bed.shell.start();
    await bed.tried(1);
    expect([bed.leader, bed.elected]).toEqual(['other', 0]);
    expect(bed.lost).toEqual([]);
  });

  it('names no leader as lost that it has not removed', async () => {
    bed = new Bed();
    await bed.store.write([heartbeat('me'), heartbeat('dead', TTL_MIN_MS), leaderKey('dead')]);
    const again: Operation = {op: 'delete', key: keys.leader()};
    bed.store.faster = [heartbeat('other'), again, leaderKey('other')];
    bed.shell.start();
    const hasTried = (): boolean => {
      bed.shell.probeCommitted();
      return bed.store.outcomes.length > 0;
    };
    await until(hasTried, LONG_MS, 'it has tried to remove the silent leader');
    await bed.tried(1);
    expect([bed.leader, bed.elected, bed.lost]).toEqual(['other', 0, []]);
  });

  it('does not remove a leader that has beaten meanwhile', async () => {
    bed = new Bed();
    await bed.store.write([heartbeat('me'), leaderKey('late')]);
    bed.store.faster = [heartbeat('late')];
    bed.shell.start();
    await bed.tried(1);
    expect([bed.leader, bed.elected]).toEqual(['late', 0]);
    expect(bed.store.kv.get(keys.heartbeat(keys.service, 'late'))).toBeDefined();
  });

  it('that resigns takes away its own key, and not that of the next leader', async () => {
    bed = new Bed();
    await bed.store.write([heartbeat('me')]);
    bed.shell.start();
    await until(() => bed.elected === 1, LONG_MS, 'it is elected');
    bed.store.faster = [{op: 'delete', key: keys.leader()}, leaderKey('next')];
    await bed.shell.resign();
    expect(bed.leader).toBe('next');
    expect(bed.store.outcomes.at(-1)).toBe('refused');
  });
});

describe('a daemon that watches others', () => {
  it('says that the smallest T may have changed when a daemon comes: it has to probe more often from then on', async () => {
    const bed = new Bed();
    await bed.store.write([heartbeat('me')]);
    bed.shell.start();
    await until(() => bed.leastTtlMs.at(-1) === 60_000, LONG_MS, 'it knows itself');
    await bed.store.write([heartbeat('other', TTL_MIN_MS)]);
    await until(() => bed.leastTtlMs.at(-1) === TTL_MIN_MS, LONG_MS, 'it knows the other one');
    bed.shell.stop();
  });
});
