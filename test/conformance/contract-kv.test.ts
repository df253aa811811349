/** Keys and values: what a write takes, what a read gives, at any revision that is left. */
import {beforeEach, expect, it} from 'vitest';
import {bytes, contract} from './bed.ts';
import type {Bed} from './bed.ts';

const NO_KEY = {code: 3, error: 'etcdserver: key is not provided'};
const KEY_NOT_FOUND = {code: 3, error: 'etcdserver: key not found'};
const NO_LEASE = {code: 5, error: 'etcdserver: requested lease not found'};
const FUTURE = {code: 11, error: 'etcdserver: mvcc: required revision is a future revision'};
const COMPACTED = {code: 11, error: 'etcdserver: mvcc: required revision has been compacted'};

/** The values of a reply's keys, in order. */
async function values(reply: Promise<unknown>): Promise<unknown[]> {
  const {kvs = []} = (await reply) as {kvs?: {value?: string}[]};
  return kvs.map(({value}) => value);
}

contract('put', {}, (bed) => {
  it('counts revisions and versions, and gives what was there before', async () => {
    const {put, get, del} = verbs(bed());
    expect(await put('a', '1')).toEqual({revision: 1});
    const first = {key: 'a', create_revision: 1, mod_revision: 1, version: 1, value: '1'};
    expect(await put('a', '2', {prev_kv: true})).toEqual({revision: 2, prev_kv: first});
    const second = {...first, mod_revision: 2, version: 2, value: '2'};
    expect(await get('a')).toEqual({revision: 2, count: 1, kvs: [second]});
    expect(await del('a', {prev_kv: true})).toEqual({
      revision: 3,
      deleted: 1,
      prev_kvs: [second],
    });
    expect(await put('a', '3', {prev_kv: true})).toEqual({revision: 4});
    expect(await get('a')).toMatchObject({
      kvs: [{create_revision: 4, mod_revision: 4, version: 1}],
    });
  });

  it('keeps the value or the lease when asked, and refuses both at once', async () => {
    const {put, get} = verbs(bed());
    await bed().call('Lease.LeaseGrant', {TTL: 600, ID: '7587000000000000001'});
    await put('a', '1', {lease: '7587000000000000001'});
    expect(await put('a', '', {ignore_value: true})).toEqual({revision: 2});
    expect(await get('a')).toMatchObject({kvs: [{value: '1', version: 2}]});
    await put('a', '1', {lease: '7587000000000000001'});
    expect(await put('a', '2', {ignore_lease: true})).toEqual({revision: 4});
    expect(await get('a')).toMatchObject({kvs: [{value: '2', lease: '7587000000000000001'}]});
    const both = {ignore_lease: true, ignore_value: true, prev_kv: true};
    expect(await put('a', '', both)).toMatchObject({revision: 5, prev_kv: {value: '2'}});
    expect(await put('a', 'x', {ignore_value: true})).toEqual({
      code: 3,
      error: 'etcdserver: value is provided',
    });
    expect(await put('a', '', {ignore_lease: true, lease: 5})).toEqual({
      code: 3,
      error: 'etcdserver: lease is provided',
    });
    expect(await put('absent', '', {ignore_value: true})).toEqual(KEY_NOT_FOUND);
    expect(await put('absent', '', {ignore_lease: true})).toEqual(KEY_NOT_FOUND);
  });

  it('refuses no key and an unknown lease, and takes any bytes', async () => {
    expect(await bed().call('KV.Put', {value: bytes('x')})).toEqual(NO_KEY);
    expect(await bed().put('a', '', {lease: 5})).toEqual(NO_LEASE);
    const odd = `\0\xff\xfe${'k'.repeat(3_000)}`;
    expect(await bed().put(odd, odd)).toEqual({revision: 1});
    expect(await bed().get(odd)).toMatchObject({count: 1, kvs: [{key: odd, value: odd}]});
  });
});

contract('range', {}, (bed) => {
  const NAMES = ['a', 'a\0', 'a\0\0', 'aa', 'ab', 'b', 'b\xff', 'b\xff\xff', 'c'];
  beforeEach(async () => {
    for (const name of [...NAMES].reverse()) await bed().put(name, String(9 - NAMES.indexOf(name)));
    await bed().put('b', 'again');
  });

  it('takes keys by bytes: one, half-open, from a key on, from an end that is before', async () => {
    const range = (from: string, to: string) =>
      bed().call('KV.Range', {key: bed().key(from), range_end: bed().key(to)});
    expect(await bed().names()).toEqual(NAMES);
    expect(await range('a\0', 'ab')).toMatchObject({
      count: 3,
      kvs: [{key: 'a\0'}, {key: 'a\0\0'}, {key: 'aa'}],
    });
    expect(await range('b', 'a')).toEqual({revision: 10});
    expect(await range('b', 'b')).toEqual({revision: 10});
    const on = await bed().call('KV.Range', {
      key: bed().key('b\xff\xff'),
      range_end: bytes('\0'),
    });
    expect(on).toMatchObject({kvs: [{key: 'b\xff\xff'}, {key: 'c'}]});
    expect(await bed().call('KV.Range', {range_end: bytes('\0')})).toEqual(NO_KEY);
    const all = (await bed().call('KV.Range', {
      key: bytes('\0'),
      range_end: bytes('\0'),
    })) as {count: number};
    expect(all.count).toBeGreaterThanOrEqual(NAMES.length);
  });

  it('limits, counts, leaves values out', async () => {
    expect(await bed().all({limit: 2})).toMatchObject({
      more: true,
      count: 9,
      kvs: [{key: 'a'}, {key: 'a\0'}],
    });
    expect(await bed().all({limit: 9})).not.toHaveProperty('more');
    expect(await bed().names({limit: 0})).toEqual(NAMES);
    expect(await bed().names({limit: -1})).toEqual(NAMES);
    expect(await bed().all({count_only: true})).toEqual({revision: 10, count: 9});
    expect(await bed().all({count_only: true, limit: 3})).toEqual({revision: 10, count: 9});
    expect(await bed().get('c', {keys_only: true})).toEqual({
      revision: 10,
      count: 1,
      kvs: [{key: 'c', create_revision: 1, mod_revision: 1, version: 1}],
    });
    expect(await bed().all({serializable: true})).toMatchObject({revision: 10, count: 9});
  });

  it('sorts by each target, both ways, and before the limit', async () => {
    const sorted = (sort_target: string, sort_order: string, more: object = {}) =>
      bed().names({sort_target, sort_order, ...more});
    const backwards = [...NAMES].reverse();
    const later = ['ab', 'aa', 'a\0\0', 'a\0', 'a', 'b'];
    expect(await sorted('Key', 'Ascend')).toEqual(NAMES);
    expect(await sorted('Key', 'Descend')).toEqual(backwards);
    expect(await sorted('Create', 'Ascend')).toEqual(backwards);
    expect(await sorted('Create', 'Descend')).toEqual(NAMES);
    expect((await sorted('Mod', 'Descend', {limit: 2})) as string[]).toEqual(['b', 'a']);
    expect(await sorted('Version', 'Descend', {limit: 1})).toEqual(['b']);
    expect(await sorted('Value', 'Ascend', {limit: 1})).toEqual(['c']);
    expect(await sorted('Value', 'Descend', {limit: 1})).toEqual(['b']);
    // A target without an order sorts upwards, but only what the limit and one more key let through.
    expect(await sorted('Mod', 'None')).toEqual(['c', 'b\xff\xff', 'b\xff', ...later]);
    expect(await sorted('Mod', 'None', {limit: 1})).toEqual(['a\0']);
  });

  it('filters by create and mod revision; the count does not know of it', async () => {
    const {at} = verbs(bed());
    expect(await bed().all({min_mod_revision: at(9)})).toMatchObject({
      count: 9,
      kvs: [{key: 'a'}, {key: 'b'}],
    });
    expect(await bed().names({max_mod_revision: at(2)})).toEqual(['b\xff\xff', 'c']);
    expect(await bed().names({min_create_revision: at(9)})).toEqual(['a']);
    expect(await bed().names({max_create_revision: at(1)})).toEqual(['c']);
    expect(await bed().names({min_create_revision: at(8), limit: 1})).toEqual(['a']);
  });

  it('reads the past, and refuses the future and what is compacted', async () => {
    const {at} = verbs(bed());
    expect(await bed().names({revision: at(3)})).toEqual(['b\xff', 'b\xff\xff', 'c']);
    await bed().del('c');
    expect(await bed().names({revision: at(10), limit: 1, sort_order: 'Descend'})).toEqual(['c']);
    expect(await bed().get('c', {revision: at(12)})).toEqual(FUTURE);
    expect(await bed().get('c', {revision: -7})).toEqual({revision: 11});
    expect(await bed().call('KV.Compact', {revision: at(5), physical: true})).toEqual({
      revision: 11,
    });
    expect(await bed().get('c', {revision: at(4)})).toEqual(COMPACTED);
    expect(await values(bed().get('c', {revision: at(5)}))).toEqual(['1']);
  });
});

contract('delete', {}, (bed) => {
  it('takes one revision for a range, none when nothing was there', async () => {
    for (const name of ['a', 'b', 'c']) await bed().put(name, name);
    expect(await bed().del('absent')).toEqual({revision: 3});
    expect(await bed().del('a', {range_end: bed().key('c'), prev_kv: true})).toMatchObject({
      revision: 4,
      deleted: 2,
      prev_kvs: [
        {key: 'a', value: 'a'},
        {key: 'b', value: 'b'},
      ],
    });
    expect(await bed().names()).toEqual(['c']);
    expect(await bed().del('z', {range_end: bed().key('a')})).toEqual({revision: 4});
    expect(await bed().call('KV.DeleteRange')).toEqual(NO_KEY);
    expect(await bed().call('KV.DeleteRange', {range_end: bytes('\0')})).toEqual(NO_KEY);
  });
});

contract('compaction', {}, (bed) => {
  it('refuses the future and the past, and leaves what stands at the revision', async () => {
    const {put, at} = verbs(bed());
    const compact = (revision: string, physical = true) =>
      bed().call('KV.Compact', {revision, physical});
    await put('a', '1');
    await put('a', '2');
    await put('b', '1');
    await bed().del('b');
    expect(await compact(at(5))).toEqual(FUTURE);
    expect(await compact(at(2))).toEqual({revision: 4});
    expect(await compact(at(2))).toEqual(COMPACTED);
    expect(await compact(at(1), false)).toEqual(COMPACTED);
    expect(await compact('-1')).toEqual(COMPACTED);
    expect(await values(bed().get('a', {revision: at(2)}))).toEqual(['2']);
    expect(await values(bed().get('b', {revision: at(3)}))).toEqual(['1']);
    expect(await compact(at(4), false)).toEqual({revision: 4});
    expect(await bed().get('b', {revision: at(4)})).toEqual({revision: 4});
    expect(await values(bed().get('a'))).toEqual(['2']);
    expect(await put('b', '2')).toEqual({revision: 5});
    expect(await bed().get('b')).toMatchObject({kvs: [{create_revision: 5, version: 1}]});
  });
});

/** The bed's verbs unbound. */
function verbs(bed: Bed) {
  return {
    put: bed.put.bind(bed),
    get: bed.get.bind(bed),
    del: bed.del.bind(bed),
    at: bed.at.bind(bed),
  };
}
