import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {Etcd3} from 'etcd3';
import {openEtcdLeases} from '../../src/etcd/leases.ts';
import type {Leases} from '../../src/etcd/leases.ts';
import {startEtcd} from '../support/etcd-process.ts';
import {OPERATOR} from '../support/least-rights.ts';
import type {EtcdProcess} from '../support/etcd-process.ts';

const BEYOND_DOUBLE = '9007199254740993';

let etcd: EtcdProcess;
let raw: Etcd3;
let leases: Leases;
beforeAll(async () => {
  etcd = await startEtcd();
  raw = new Etcd3({hosts: etcd.endpoint, ...OPERATOR});
  leases = openEtcdLeases({endpoints: [etcd.endpoint]});
});
afterAll(async () => {
  leases.close();
  raw.close();
  await etcd.stop();
});

async function grantedTtl(id: string): Promise<number> {
  return Number((await raw.leaseClient.leaseTimeToLive({ID: id})).TTL);
}

describe('leases in etcd', () => {
  it('are granted for as long as asked', async () => {
    const id = await leases.grant(315_360_000);
    expect(id).toMatch(/^\d+$/);
    expect(await grantedTtl(id)).toBeGreaterThan(315_000_000);
  });

  it('are renewed by their full id', async () => {
    await raw.leaseClient.leaseGrant({ID: BEYOND_DOUBLE, TTL: 600});
    expect(await leases.keepAliveOnce(BEYOND_DOUBLE)).toBe(true);
    // The nearest double names another lease, which does not exist.
    expect(await leases.keepAliveOnce('9007199254740992')).toBe(false);
  });

  it('end when revoked; revoking what is gone is not a fault', async () => {
    const id = await leases.grant(600);
    await leases.revoke(id);
    expect(await leases.keepAliveOnce(id)).toBe(false);
    await expect(leases.revoke(id)).resolves.toBeUndefined();
  });

  it('fail in time and in our words while etcd is away', async () => {
    const nobody = openEtcdLeases({endpoints: ['127.0.0.1:1']});
    await expect(nobody.grant(60)).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
    await expect(nobody.keepAliveOnce('7')).rejects.toMatchObject({code: 'STORE_UNAVAILABLE'});
    nobody.close();
  });
});
