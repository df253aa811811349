import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {Keys} from '../../src/etcd/keys.ts';
import {openEtcdLeases} from '../../src/etcd/leases.ts';
import type {Leases} from '../../src/etcd/leases.ts';
import {decodeGuardLease} from '../../src/protocol/push.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {silentLogger} from '../../src/runtime/logger.ts';
import {replaceGuard} from '../../src/server/push/guard-handover.ts';
import {LeaseRenewer, ensureGuard} from '../../src/server/push/guard-lease.ts';
import {openEtcdStore} from '../../src/store/etcd-store.ts';
import type {Store} from '../../src/store/port.ts';
import {PushBed} from './push-bed.ts';
import {GUARD_TTL_S} from '../../src/server/push/limits.ts';

let bed: PushBed;
let store: Store;
let leases: Leases;
const keys = new Keys('/sm', 'sm.test');
const machines: LeaseRenewer[] = [];
beforeAll(async () => {
  bed = await PushBed.start();
  store = openEtcdStore({endpoints: [bed.etcd.endpoint]});
  leases = openEtcdLeases({endpoints: [bed.etcd.endpoint]});
});
afterEach(() => {
  for (const machine of machines.splice(0)) machine.stop();
});
afterAll(async () => {
  leases.close();
  await store.close();
  await bed.stop();
});

async function guardOf(app: string): Promise<string> {
  const text = await bed.raw.get(keys.leaseGuard(app)).string();
  return decodeGuardLease(text ?? '') ?? '';
}

/** An app that no daemon governs: only one process keeps a guard. */
async function ungoverned(app: string): Promise<void> {
  await bed.raw.put(keys.appSpec(app)).value(`{"service":"${app}"}`);
}

async function ttlOf(leaseId: string): Promise<number> {
  return Number((await bed.raw.leaseClient.leaseTimeToLive({ID: leaseId})).TTL);
}

/** A machine of its own beside the daemon's, which looks often. */
function machine(app: string, leaseInUse?: string): LeaseRenewer {
  const made = new LeaseRenewer({
    ...{app, keys, store, leases, clock: systemClock(), logger: silentLogger},
    ...{proofs: [], isWatched: () => true, leaseInUse: () => leaseInUse, checkEveryMs: 50},
  });
  machines.push(made);
  made.start();
  return made;
}

describe('the guard lease', () => {
  it('is there when the app is, once, for ten years', async () => {
    await bed.post('add-spec', {service: 'new'});
    const id = await guardOf('new');
    expect(id).toMatch(/^\d+$/);
    expect(await ttlOf(id)).toBeGreaterThan(GUARD_TTL_S - 3_600);
  });

  it('is made by one of many', async () => {
    // A spec without a guard, as an older version would have left it; no daemon governs it.
    await bed.raw.put(keys.appSpec('raced')).value('{"service":"raced"}');
    const before = (await bed.raw.leaseClient.leaseLeases()).leases.length;
    const made = await Promise.all(
      Array.from({length: 5}, () => ensureGuard({app: 'raced', keys, store, leases})),
    );
    const id = await guardOf('raced');
    for (const leaseId of made) expect(leaseId).toBe(id);
    expect((await bed.raw.leaseClient.leaseLeases()).leases).toHaveLength(before + 1);
  });

  it('is not made for an app that does not exist', async () => {
    await ensureGuard({app: 'nobody', keys, store, leases});
    expect(await guardOf('nobody')).toBe('');
  });

  /** What the machine raises, and what stands in the store when it is done. */
  async function replaced(app: string, watching: LeaseRenewer): Promise<string> {
    await bed.until('the alarm', () => watching.alarm?.code === 'PUSH_GUARD_LOST');
    expect(watching.leaseId).toBeUndefined();
    await bed.until('a new guard', () => watching.leaseId !== undefined);
    const id = await guardOf(app);
    expect(watching.leaseId).toBe(id);
    expect(await ttlOf(id)).toBeGreaterThan(GUARD_TTL_S - 3_600);
    expect(watching.alarm?.text).toContain('a new one has taken its place');
    expect(await bed.raw.getAll().prefix(`/sm/app/${app}/lease/`).keys()).toEqual([
      keys.leaseGuard(app),
    ]);
    return id;
  }

  it('raises an alarm when its lease has ended, and is replaced', async () => {
    await ungoverned('ended');
    const watching = machine('ended');
    await bed.until('the id', () => watching.leaseId !== undefined);
    const id = await guardOf('ended');
    expect(watching.leaseId).toBe(id);
    expect(watching.alarm).toBeUndefined();
    await leases.revoke(id);
    await bed.until('the alarm', () => watching.alarm?.text.includes(id) === true);
    expect(await replaced('ended', watching)).not.toBe(id);
  });

  it('raises an alarm when its key is gone, and is replaced', async () => {
    await ungoverned('gone');
    const watching = machine('gone');
    await bed.until('the id', () => watching.leaseId !== undefined);
    await bed.raw.delete().key(keys.leaseGuard('gone'));
    await bed.until('the alarm', () => watching.alarm?.text.includes('absent') === true);
    await replaced('gone', watching);
  });

  it('that containers run under and that is gone is replaced by the steps they follow', async () => {
    await ungoverned('held');
    const watching = machine('held', '7');
    await bed.until('the bridge', async () => {
      const bridge = await bed.raw.get(keys.leaseBridge('held')).string();
      return bridge?.includes('"guardLeaseID":7,') === true;
    });
    await replaced('held', watching);
  });

  it('is replaced only by who governs', async () => {
    await ungoverned('other');
    const proof = {key: keys.governedBy('other'), target: 'mod', op: '=', value: 1} as const;
    const scope = {app: 'other', keys, store, leases, clock: systemClock(), proofs: [proof]};
    await expect(replaceGuard(scope, '7')).rejects.toThrow('another daemon governs');
    expect(await guardOf('other')).toBe('');
  });
});

describe('removal of an app with push containers', () => {
  it('drops their shards, ends their sessions and the guard lease, and leaves not one key', async () => {
    const app = 'removed';
    await bed.createApp(app, ['r-0', 'r-1', 'r-2']);
    const container = await bed.container({app});
    await bed.untilSpread(app, new Map([[container, 3]]));
    const guard = await guardOf(app);
    await expect(bed.post('del-spec', {service: app})).rejects.toThrow(/APP_IN_USE/);
    await bed.post('del-spec', {service: app, force: true});
    const left = async (): Promise<string[]> => {
      const [runtime, specs] = await Promise.all([
        bed.raw.getAll().prefix(`/sm/app/${app}/`).keys(),
        bed.raw.getAll().prefix(`/sm/app/sm.test/service/${app}/`).keys(),
      ]);
      return [...runtime, ...specs];
    };
    await bed.until('no key left', async () => (await left()).length === 0);
    expect(
      container.received
        .filter(({op}) => op === 'drop')
        .map(({id}) => id)
        .sort(),
    ).toEqual(['r-0', 'r-1', 'r-2']);
    await bed.until('the container has stopped', () => container.isDead);
    expect(await left()).toEqual([]);
    expect(await ttlOf(guard)).toBe(-1);
    expect(await ttlOf(container.leaseId)).toBe(-1);
  });
});
