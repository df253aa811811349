/** A guard lease that is lost: nothing is given to push containers until it is whole again. */
import {describe, expect, it, vi} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {PushSession} from '../../../src/ownership/push-session.ts';
import {encodeGuardLease} from '../../../src/protocol/push.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {silentLogger} from '../../../src/runtime/logger.ts';
import {replaceGuard} from '../../../src/server/push/guard-handover.ts';
import {LeaseRenewer} from '../../../src/server/push/guard-lease.ts';
import {GUARD_TTL_S} from '../../../src/server/push/limits.ts';
import {PushWork} from '../../../src/server/push/push-work.ts';
import type {OpenSession, PushWorkOptions} from '../../../src/server/push/push-work.ts';
import {MemoryStore} from '../../support/memory-store.ts';
import type {Transaction} from '../../../src/store/port.ts';
import {GovernorBed} from '../../governor/governor-bed.ts';
import {LONG_MS, until} from '../../support/until.ts';

const keys = new Keys('/sm', 'sm');
const CONTAINER = '10.0.0.1:80';
const FIRST_PLAN_MS = 3_000;
const SOME_ROUNDS = 20;

const SPEC = {op: 'put', key: keys.appSpec('app'), value: '{"service":"app"}'} as const;
const REMOVED = {...SPEC, value: '{"service":"app","deleting":true}'} as const;

describe('the machine of the guard', () => {
  it('tells the id only while the lease lives', async () => {
    const store = new MemoryStore();
    const put = {op: 'put', key: keys.leaseGuard('app'), value: encodeGuardLease('7')} as const;
    await store.transact({compares: [], then: [put, SPEC]});
    let alive = true;
    const unused = (): Promise<never> => Promise.reject(new Error('not asked for'));
    const machine = new LeaseRenewer({
      ...{app: 'app', keys, store, clock: systemClock(), logger: silentLogger, checkEveryMs: 1},
      leases: {
        ...{grant: unused, revoke: unused, close: () => undefined},
        keepAliveOnce: () => Promise.resolve(alive),
        grantedSeconds: () => Promise.resolve(alive ? GUARD_TTL_S : undefined),
      },
      ...{proofs: [], isWatched: () => true, leaseInUse: () => '7'},
    });
    machine.start();
    await until(() => machine.leaseId === '7', LONG_MS, 'the id');
    alive = false;
    await until(() => machine.alarm !== undefined, LONG_MS, 'the alarm');
    expect(machine.leaseId).toBeUndefined();
    alive = true;
    await until(() => machine.leaseId === '7', LONG_MS, 'the id again');
    machine.stop();
  });

  it('misses the guard within 30 s, also where the first container has just come', async () => {
    vi.useFakeTimers();
    try {
      const store = new MemoryStore();
      const put = {op: 'put', key: keys.leaseGuard('app'), value: encodeGuardLease('7')} as const;
      await store.transact({compares: [], then: [put, SPEC]});
      let [watched, looks] = [false, 0];
      const unused = (): Promise<never> => Promise.reject(new Error('not asked for'));
      const machine = new LeaseRenewer({
        ...{app: 'app', keys, store, clock: systemClock(), logger: silentLogger},
        leases: {
          ...{grant: () => Promise.resolve('8'), revoke: unused, close: () => undefined},
          keepAliveOnce: () => Promise.resolve(true),
          grantedSeconds: () => {
            looks += 1;
            return Promise.resolve(GUARD_TTL_S);
          },
        },
        ...{proofs: [], isWatched: () => watched, leaseInUse: () => '7'},
      });
      machine.start();
      await vi.advanceTimersByTimeAsync(60_000);
      // Without containers nobody is harmed: once in ten minutes is enough.
      expect(looks).toBe(1);
      watched = true;
      await store.transact({
        ...{compares: []},
        then: [{op: 'delete', key: keys.leaseGuard('app')}],
      });
      await vi.advanceTimersByTimeAsync(30_000);
      expect(machine.alarm?.code).toBe('PUSH_GUARD_LOST');
      machine.stop();
    } finally {
      vi.useRealTimers();
    }
  });
});

/** The removal of the app begins when the bridge is on its way. */
class RemovedAtLast extends MemoryStore {
  override async transact(transaction: Transaction): ReturnType<MemoryStore['transact']> {
    if (transaction.then.some(({key}) => key === keys.leaseBridge('app')))
      await super.transact({compares: [], then: [REMOVED]});
    return super.transact(transaction);
  }
}

describe('the guard of an app that is being removed', () => {
  const unused = (): Promise<never> => Promise.reject(new Error('not asked for'));
  const leases = {
    ...{revoke: unused, close: () => undefined, keepAliveOnce: () => Promise.resolve(false)},
    grantedSeconds: () => Promise.resolve(undefined),
  };

  it('is not replaced: its lease is ended on purpose', async () => {
    const store = new MemoryStore();
    const guard = {op: 'put', key: keys.leaseGuard('app'), value: encodeGuardLease('7')} as const;
    await store.transact({compares: [], then: [guard, REMOVED]});
    let rounds = 0;
    const get = store.get.bind(store);
    store.get = (key) => {
      rounds += 1;
      return get(key);
    };
    const machine = new LeaseRenewer({
      ...{app: 'app', keys, store, clock: systemClock(), logger: silentLogger, checkEveryMs: 1},
      leases: {...leases, grant: () => Promise.resolve('9')},
      ...{proofs: [], isWatched: () => true, leaseInUse: () => '7'},
    });
    machine.start();
    await until(() => rounds > SOME_ROUNDS, LONG_MS, 'it has looked again and again');
    machine.stop();
    expect(machine.alarm).toBeUndefined();
    expect((await store.get(keys.leaseBridge('app'))).entry).toBeUndefined();
  });

  it('is not replaced where the removal begins in the middle of it: no key may come after its listing', async () => {
    const store = new RemovedAtLast();
    await store.transact({compares: [], then: [SPEC]});
    const grant = (): Promise<string> => Promise.resolve('9');
    const scope = {app: 'app', keys, store, clock: systemClock(), proofs: []};
    await expect(replaceGuard({...scope, leases: {...leases, grant}}, '7')).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect((await store.get(keys.leaseBridge('app'))).entry).toBeUndefined();
  });
});

describe('work for a push container', () => {
  it('claims what is assigned only with a guard lease to give', () => {
    const bed = new GovernorBed(['s']);
    bed.join(CONTAINER);
    bed.pass(FIRST_PLAN_MS, [CONTAINER]);
    expect(bed.unclaimed(CONTAINER)).toEqual(['s']);
    const {governor} = bed;
    const incarnation = bed.own.get('s')?.value.incarnation ?? '';
    const me = {container: CONTAINER, incarnation};
    const guard: {leaseId?: string} = {};
    const sent: Transaction[] = [];
    const batcher = {
      submit: (transaction: Transaction) => (sent.push(transaction), new Promise(() => undefined)),
    };
    const fencingKey = {key: 'fencingKey', target: 'mod', value: 1};
    const options = {app: 'app', keys, fencingKey, batcher, governor, clock: systemClock()};
    const work = new PushWork({
      ...options,
      guardLeaseId: () => guard.leaseId,
      background: () => undefined,
    } as unknown as PushWorkOptions);
    const nowMs = options.clock.nowMs();
    const session: OpenSession = {
      ...{...me, lease: 'ab', key: '', create: 7, calls: 0, backlog: new Set(), ended: false},
      ...{talk: new PushSession(me, nowMs), reachedAtMs: Number.POSITIVE_INFINITY, probing: false},
    };
    work.one(session, 's');
    expect(sent).toEqual([]);
    guard.leaseId = '7';
    work.one(session, 's');
    expect(sent).toHaveLength(1);
  });
});
