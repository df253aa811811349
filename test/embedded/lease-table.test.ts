import {describe, expect, it} from 'vitest';
import {LeaseTable} from '../../src/embedded/lease-table.ts';

function table(): {leases: LeaseTable; pass(ms: number): void} {
  let now = 0;
  return {leases: new LeaseTable(() => now), pass: (ms) => (now += ms)};
}

describe('a lease table', () => {
  it('grants two seconds at least, each id once', () => {
    const {leases} = table();
    expect(leases.grant('1', 0)).toBe(2);
    expect(leases.grant('2', 60)).toBe(60);
    expect(() => leases.grant('1', 5)).toThrow('lease already exists');
    expect(() => leases.grant('3', 9_000_000_001)).toThrow('too large lease TTL');
  });

  it('lets a lease go when its time is over, once, and not before', () => {
    const {leases, pass} = table();
    leases.grant('1', 5);
    pass(4_999);
    expect(leases.takeExpired(10)).toEqual([]);
    pass(1);
    expect(leases.takeExpired(10)).toEqual(['1']);
    expect(leases.takeExpired(10)).toEqual([]);
    expect(leases.renew('1')).toBe(0);
  });

  it('counts anew from a renewal', () => {
    const {leases, pass} = table();
    leases.grant('1', 5);
    pass(4_000);
    expect(leases.renew('1')).toBe(5);
    pass(4_000);
    expect(leases.takeExpired(10)).toEqual([]);
    pass(1_000);
    expect(leases.takeExpired(10)).toEqual(['1']);
  });

  it('does not renew what is over, though nobody has taken it yet', () => {
    const {leases, pass} = table();
    leases.grant('1', 2);
    pass(2_000);
    expect(leases.renew('1')).toBe(0);
    expect(leases.renew('unknown')).toBe(0);
  });

  it('takes the earliest first and a few at a time', () => {
    const {leases, pass} = table();
    for (const [id, ttl] of [
      ['a', 9],
      ['b', 3],
      ['c', 6],
      ['d', 2],
    ] as const)
      leases.grant(id, ttl);
    pass(10_000);
    expect(leases.takeExpired(3)).toEqual(['d', 'b', 'c']);
    expect(leases.takeExpired(3)).toEqual(['a']);
  });

  it('does not mistake a lease for an earlier one of the same id', () => {
    const {leases, pass} = table();
    leases.grant('1', 2);
    leases.revoke('1');
    leases.grant('1', 100);
    pass(50_000);
    expect(leases.takeExpired(10)).toEqual([]);
    pass(50_000);
    expect(leases.takeExpired(10)).toEqual(['1']);
  });

  it('brings a lease up again whose revocation failed', () => {
    const {leases, pass} = table();
    leases.grant('1', 2);
    pass(2_000);
    expect(leases.takeExpired(10)).toEqual(['1']);
    leases.postpone('1', 1_000);
    pass(999);
    expect(leases.takeExpired(10)).toEqual([]);
    pass(1);
    expect(leases.takeExpired(10)).toEqual(['1']);
  });

  it('names its keys in order when it is revoked', () => {
    const {leases} = table();
    leases.grant('1', 5);
    for (const key of ['b', 'c', 'a']) leases.attach('1', key);
    leases.detach('1', 'c');
    expect(leases.revoke('1')).toEqual(['a', 'b']);
    expect(() => leases.revoke('1')).toThrow('requested lease not found');
  });

  it('gives every lease its whole time again at a restart', () => {
    const {leases, pass} = table();
    leases.grant('1', 5);
    pass(4_000);
    leases.restart();
    pass(4_999);
    expect(leases.takeExpired(10)).toEqual([]);
    pass(1);
    expect(leases.takeExpired(10)).toEqual(['1']);
  });
});
