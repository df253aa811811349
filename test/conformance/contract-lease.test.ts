/** Leases: ids of 64 bits, keys that go with them in one revision, expiry. */
import {expect, it} from 'vitest';
import {contract} from './bed.ts';
import type {Bed} from './bed.ts';
import {LONG_MS, until} from '../support/until.ts';

const NOT_FOUND = {code: 5, error: 'etcdserver: requested lease not found'};
const EXISTS = {code: 9, error: 'etcdserver: lease already exists'};
const TOO_LARGE = {code: 11, error: 'etcdserver: too large lease TTL'};
const BIG = '7587869414713372673';
const LEASE_S = 4;
const KEEP_ALIVE_MS = 400;

function verbs(bed: () => Bed) {
  const toLive = (ID: string): Promise<unknown> =>
    bed().call('Lease.LeaseTimeToLive', {ID, keys: true});
  return {
    toLive,
    grant: (ID: string, TTL = 600): Promise<unknown> => bed().call('Lease.LeaseGrant', {ID, TTL}),
    revoke: (ID: string): Promise<unknown> => bed().call('Lease.LeaseRevoke', {ID}),
    keyNames: async (ID: string): Promise<unknown> => {
      const {keys = []} = (await toLive(ID)) as {keys?: string[]};
      return [...keys].sort();
    },
    leases: async (): Promise<string[]> => {
      const {leases = []} = (await bed().call('Lease.LeaseLeases')) as {
        leases?: {ID: string | number}[];
      };
      return leases.map(({ID}) => String(ID)).sort();
    },
  };
}

contract('leases', {}, (bed) => {
  const {grant, revoke, leases, toLive} = verbs(bed);

  it('takes any id but 0, once, and chooses one itself', async () => {
    expect(await grant(BIG)).toEqual({ID: BIG, TTL: 600, revision: 0});
    expect(await grant(BIG)).toEqual(EXISTS);
    expect(await grant('9223372036854775807')).toMatchObject({ID: '9223372036854775807'});
    expect(await grant('-9')).toEqual({ID: -9, TTL: 600, revision: 0});
    const {ID} = (await grant('0')) as {ID: string};
    expect(BigInt(ID)).toBeGreaterThan(0n);
    expect(await leases()).toEqual([BIG, '9223372036854775807', '-9', ID].map(String).sort());
    for (const id of await leases()) expect(await revoke(id)).toEqual({revision: 0});
    expect(await leases()).toEqual([]);
  });

  it('lives 2 s at least and 9,000,000,000 s at most', async () => {
    expect(await grant('11', 0)).toEqual({ID: 11, TTL: 2, revision: 0});
    expect(await grant('12', -5)).toEqual({ID: 12, TTL: 2, revision: 0});
    expect(await grant('13', 1)).toEqual({ID: 13, TTL: 2, revision: 0});
    expect(await grant('14', 9_000_000_000)).toMatchObject({TTL: 9_000_000_000});
    expect(await grant('15', 9_000_000_001)).toEqual(TOO_LARGE);
    for (const id of ['11', '12', '13', '14']) await revoke(id);
  });

  it('tells the time left and granted; of an unknown one -1', async () => {
    await grant(BIG, 300);
    expect(await toLive(BIG)).toMatchObject({ID: BIG, grantedTTL: 300, revision: 0});
    expect((await toLive(BIG)) as object).not.toHaveProperty('keys');
    const {TTL} = (await toLive(BIG)) as {TTL: number};
    expect(TTL).toBeGreaterThan(250);
    expect(TTL).toBeLessThanOrEqual(300);
    expect(await bed().call('Lease.LeaseTimeToLive', {ID: BIG})).not.toHaveProperty('keys');
    expect(await toLive('404')).toEqual({ID: 404, TTL: -1, revision: 0});
    expect(await toLive('0')).toEqual({TTL: -1, revision: 0});
    expect(await revoke('404')).toEqual(NOT_FOUND);
    expect(await revoke('0')).toEqual(NOT_FOUND);
    await revoke(BIG);
  });
});

contract('leases and time', {}, (bed) => {
  const {grant, revoke, leases} = verbs(bed);

  it('answers every keep-alive in order, an unknown one with 0', async () => {
    await grant('31', 100);
    await grant('32', 200);
    const stream = bed().stream('Lease.LeaseKeepAlive');
    for (const ID of ['31', '404', '32', '31']) stream.send({ID});
    await stream.message(3);
    expect(stream.messages.map((message) => bed().plain(message))).toEqual([
      {ID: 31, TTL: 100, revision: 0},
      {ID: 404, revision: 0},
      {ID: 32, TTL: 200, revision: 0},
      {ID: 31, TTL: 100, revision: 0},
    ]);
    stream.finish();
    await stream.when(() => stream.ended, 'the server ends the stream too');
    expect(stream.refusal).toBeUndefined();
    for (const id of ['31', '32']) await revoke(id);
  });

  /** Two leases, of which one is kept alive, until the other has gone; `gapMs`: for how long nothing was sent, or nothing answered. */
  async function oneExpires(): Promise<{gapMs: number; left: object}> {
    await bed().begin();
    // The one that is kept alive is granted first: when the other has gone, it has outlived its own time.
    await grant('42', LEASE_S);
    let gapMs = 0;
    let answers = 0;
    let lastMs = performance.now();
    const stream = bed().stream('Lease.LeaseKeepAlive');
    const timer = setInterval(() => {
      const nowMs = performance.now();
      gapMs = Math.max(gapMs, nowMs - lastMs);
      if (stream.messages.length > answers) lastMs = nowMs;
      answers = stream.messages.length;
      stream.send({ID: 42});
    }, KEEP_ALIVE_MS);
    try {
      await grant('41', LEASE_S);
      await bed().put('dead', '', {lease: 41});
      await bed().put('alive', '', {lease: 42});
      await until(async () => !(await leases()).includes('41'), LONG_MS, 'one lease expires');
      const [names, revision, ids] = [await bed().names(), await bed().now(), await leases()];
      gapMs = Math.max(gapMs, performance.now() - lastMs);
      return {gapMs, left: {names, revision, ids}};
    } finally {
      clearInterval(timer);
      await revoke('42');
    }
  }

  it('expires without keep-alives, and not with them', async () => {
    let seen = await oneExpires();
    // A starved machine sends nothing for most of a lease's time: that says nothing about the server.
    while (seen.gapMs > LEASE_S * 500) seen = await oneExpires();
    expect(seen.left).toEqual({names: ['alive'], revision: 3, ids: ['42']});
  });
});

contract('leases and keys', {}, (bed) => {
  const {grant, revoke, keyNames} = verbs(bed);

  it('takes its keys with it in one revision, in the order of their bytes', async () => {
    await grant(BIG);
    const watch = bed().stream('Watch.Watch');
    watch.send({create_request: {key: bed().key(''), range_end: bed().end_}});
    await watch.message(0);
    for (const name of ['c', 'a\xff', 'b', 'a']) await bed().put(name, name, {lease: BIG});
    await bed().put('free');
    expect(await keyNames(BIG)).toEqual(['a', 'a\xff', 'b', 'c']);
    expect(await revoke(BIG)).toEqual({revision: 6});
    expect(await bed().names()).toEqual(['free']);
    const events = () =>
      watch.messages.flatMap((message) => (bed().plain(message)['events'] ?? []) as object[]);
    await watch.when(() => events().length >= 9, 'all events');
    expect(events().slice(5)).toEqual(
      ['a', 'a\xff', 'b', 'c'].map((key) => ({type: 'Delete', kv: {key, mod_revision: 6}})),
    );
    expect(await revoke(BIG)).toEqual(NOT_FOUND);
    expect(await grant(BIG)).toMatchObject({ID: BIG});
    expect(await revoke(BIG)).toEqual({revision: 6});
  });

  it('knows its keys of now: a key has the lease of its last put', async () => {
    await grant('21');
    await grant('22');
    await bed().put('a', '', {lease: 21});
    await bed().put('b', '', {lease: 21});
    await bed().put('c', '', {lease: 21});
    await bed().put('a', '', {lease: 22});
    await bed().put('b');
    await bed().del('c');
    expect(await keyNames('21')).toEqual([]);
    expect(await keyNames('22')).toEqual(['a']);
    await bed().put('a', '', {ignore_lease: true});
    expect(await keyNames('22')).toEqual(['a']);
    expect(await revoke('21')).toEqual({revision: 7});
    expect(await revoke('22')).toEqual({revision: 8});
    expect(await bed().names()).toEqual(['b']);
  });

  it('is attached in a transaction, or the transaction is refused', async () => {
    await grant('51');
    const attached = [bed().putOp('a', '', {lease: 51}), bed().putOp('b', '', {lease: 51})];
    expect(await bed().txn(attached)).toMatchObject({revision: 1});
    expect(await keyNames('51')).toEqual(['a', 'b']);
    expect(await bed().txn([bed().delOp('a'), bed().putOp('c', '', {lease: 52})])).toEqual(
      NOT_FOUND,
    );
    expect(await keyNames('51')).toEqual(['a', 'b']);
    await revoke('51');
  });
});
