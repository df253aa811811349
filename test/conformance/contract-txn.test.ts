/** Transactions: one revision or none, what they see of themselves, what they refuse. */
import {expect, it} from 'vitest';
import {bytes, contract} from './bed.ts';
import type {Bed} from './bed.ts';

const DUPLICATE = {code: 3, error: 'etcdserver: duplicate key given in txn request'};
const TOO_MANY = {code: 3, error: 'etcdserver: too many operations in txn request'};
const NO_KEY = {code: 3, error: 'etcdserver: key is not provided'};
const KEY_NOT_FOUND = {code: 3, error: 'etcdserver: key not found'};
const NO_LEASE = {code: 5, error: 'etcdserver: requested lease not found'};
const FUTURE = {code: 11, error: 'etcdserver: mvcc: required revision is a future revision'};
const COMPACTED = {code: 11, error: 'etcdserver: mvcc: required revision has been compacted'};

contract('transaction: revisions', {}, (bed) => {
  it('takes one revision for all its writes, and answers each operation in order', async () => {
    const {putOp, getOp, delOp} = ops(bed());
    await bed().put('old', '1');
    const reply = await bed().txn([
      putOp('a', '1'),
      getOp('a'),
      delOp('old', {prev_kv: true}),
      getOp('old'),
      putOp('b', '1'),
    ]);
    const old = {key: 'old', create_revision: 1, mod_revision: 1, version: 1, value: '1'};
    const a = {key: 'a', create_revision: 2, mod_revision: 2, version: 1, value: '1'};
    expect(reply).toEqual({
      revision: 2,
      succeeded: true,
      responses: [
        {response_put: {revision: 2}},
        {response_range: {revision: 2, count: 1, kvs: [a]}},
        {response_delete_range: {revision: 2, deleted: 1, prev_kvs: [old]}},
        {response_range: {revision: 2}},
        {response_put: {revision: 2}},
      ],
    });
    expect(await bed().now()).toBe(2);
  });

  it('takes none when it changes nothing', async () => {
    const {getOp, delOp} = ops(bed());
    expect(await bed().txn([])).toEqual({succeeded: true, revision: 0});
    expect(await bed().txn([getOp('a')])).toMatchObject({revision: 0});
    expect(await bed().txn([delOp('a')])).toEqual({
      revision: 0,
      succeeded: true,
      responses: [{response_delete_range: {revision: 0}}],
    });
    expect(await bed().put('a')).toEqual({revision: 1});
  });

  it('counts the headers of its answers as the writes go on', async () => {
    const {putOp, getOp, delOp} = ops(bed());
    const reply = await bed().txn([delOp('none'), getOp('a'), putOp('a'), getOp('a')]);
    expect(reply).toMatchObject({
      revision: 1,
      responses: [
        {response_delete_range: {revision: 0}},
        {response_range: {revision: 0}},
        {response_put: {revision: 1}},
        {response_range: {revision: 1}},
      ],
    });
  });

  it('reads the past inside, as it was', async () => {
    const {putOp, getOp} = ops(bed());
    await bed().put('a', '1');
    const past = getOp('a', {revision: bed().at(1)});
    expect(await bed().txn([putOp('a', '2'), past, getOp('a')])).toMatchObject({
      responses: [
        {},
        {response_range: {kvs: [{value: '1'}]}},
        {response_range: {kvs: [{value: '2', version: 2}]}},
      ],
    });
  });
});

contract('transaction: comparisons', {}, (bed) => {
  const holds = async (compare: object): Promise<unknown> => {
    const reply = (await bed().txn([], [], [compare])) as {succeeded?: boolean; error?: string};
    return reply.error ?? reply.succeeded ?? false;
  };
  const that = (name: string, target: string, result: string, value: object, more: object = {}) =>
    holds({key: bed().key(name), target, result, ...value, ...more});

  it('compares each target each way', async () => {
    await bed().put('a', '5');
    await bed().put('a', '5');
    const targets: [string, (by: number) => object][] = [
      ['Version', (by) => ({version: 2 + by})],
      ['Create', (by) => ({create_revision: bed().at(1 + by)})],
      ['Mod', (by) => ({mod_revision: bed().at(2 + by)})],
      ['Value', (by) => ({value: bytes(String(5 + by))})],
      ['Lease', (by) => ({lease: by})],
    ];
    for (const [target, value] of targets) {
      const results = [];
      for (const by of [-1, 0, 1])
        for (const result of ['Equal', 'Greater', 'Less', 'NotEqual'])
          results.push(await that('a', target, result, value(by)));
      expect([target, results]).toEqual([
        target,
        [false, true, false, true, true, false, false, false, false, false, true, true],
      ]);
    }
  });

  it('takes an absent key for zeros, but no value of it equals anything', async () => {
    expect(await that('a', 'Version', 'Equal', {version: 0})).toBe(true);
    expect(await that('a', 'Create', 'Equal', {create_revision: 0})).toBe(true);
    expect(await that('a', 'Mod', 'Less', {mod_revision: 1})).toBe(true);
    expect(await that('a', 'Lease', 'Equal', {lease: 0})).toBe(true);
    expect(await that('a', 'Value', 'Equal', {value: bytes('')})).toBe(false);
    expect(await that('a', 'Value', 'NotEqual', {value: bytes('x')})).toBe(false);
  });

  it('compares all keys of a range; an empty one as one absent key', async () => {
    await bed().put('a1', 'x');
    await bed().put('a2', 'x');
    await bed().put('a2', 'x');
    const range_end = bed().key('b');
    expect(await that('a', 'Value', 'Equal', {value: bytes('x')}, {range_end})).toBe(true);
    expect(await that('a', 'Version', 'Equal', {version: 1}, {range_end})).toBe(false);
    expect(await that('a', 'Version', 'Less', {version: 3}, {range_end})).toBe(true);
    expect(await that('c', 'Version', 'Equal', {version: 0}, {range_end: bed().key('d')})).toBe(
      true,
    );
    expect(await that('c', 'Version', 'Equal', {version: 0}, {range_end: bytes('\0')})).toBe(true);
  });

  it('is false when the target and the value given are of two kinds; refuses no key', async () => {
    expect(await holds({key: bed().key('a'), target: 'Version'})).toBe(true);
    expect(await holds({key: bed().key('a')})).toBe(true);
    await bed().put('a', '1');
    expect(await holds({key: bed().key('a'), target: 'Version', mod_revision: bed().at(1)})).toBe(
      false,
    );
    expect(await holds({})).toBe(NO_KEY.error);
  });

  it('sees nothing of what the transaction will do', async () => {
    const {putOp, txnOp} = ops(bed());
    const absent = {key: bed().key('a'), target: 'Create', result: 'Equal', create_revision: 0};
    const inner = txnOp([putOp('b')], [putOp('c')], [absent]);
    expect(await bed().txn([putOp('a'), inner])).toMatchObject({
      responses: [{}, {response_txn: {succeeded: true}}],
    });
    expect(await bed().names()).toEqual(['a', 'b']);
  });
});

contract('transaction: nested', {}, (bed) => {
  it('answers in the shape of the request, at one revision', async () => {
    const {putOp, getOp, txnOp} = ops(bed());
    const deep = txnOp([putOp('c', '1'), txnOp([getOp('c'), putOp('d')])]);
    expect(await bed().txn([putOp('a'), txnOp([]), deep, getOp('d')])).toMatchObject({
      revision: 1,
      responses: [
        {response_put: {revision: 1}},
        {response_txn: {succeeded: true}},
        {
          response_txn: {
            succeeded: true,
            responses: [
              {response_put: {revision: 1}},
              {
                response_txn: {
                  responses: [
                    {response_range: {count: 1, kvs: [{value: '1'}]}},
                    {response_put: {revision: 1}},
                  ],
                },
              },
            ],
          },
        },
        {response_range: {count: 1}},
      ],
    });
    expect(await bed().now()).toBe(1);
  });
});

contract('transaction: what it refuses', {}, (bed) => {
  it('two writes of one key in one branch, whichever way', async () => {
    const {putOp, delOp, txnOp} = ops(bed());
    const twice = (...list: object[]) => bed().txn(list);
    const range = delOp('a', {range_end: bed().key('c')});
    expect(await twice(putOp('a'), putOp('a'))).toEqual(DUPLICATE);
    expect(await twice(putOp('a'), delOp('a'))).toEqual(DUPLICATE);
    expect(await twice(delOp('a'), putOp('a'))).toEqual(DUPLICATE);
    expect(await twice(range, putOp('b'))).toEqual(DUPLICATE);
    expect(await twice(putOp('a'), txnOp([putOp('a')]))).toEqual(DUPLICATE);
    expect(await twice(txnOp([putOp('a')]), txnOp([putOp('a')]))).toEqual(DUPLICATE);
    expect(await twice(range, txnOp([], [putOp('b')]))).toEqual(DUPLICATE);
    expect(await bed().txn([], [putOp('a'), putOp('a')])).toEqual(DUPLICATE);
    expect(await bed().now()).toBe(0);
  });

  it('not two deletions, nor one key in two branches, nor two keys', async () => {
    const {putOp, delOp, txnOp} = ops(bed());
    expect(await bed().txn([delOp('a'), delOp('a')])).toMatchObject({succeeded: true});
    expect(await bed().txn([putOp('a')], [putOp('a')])).toMatchObject({revision: 1});
    expect(await bed().txn([txnOp([putOp('a')], [putOp('a')])])).toMatchObject({revision: 2});
    expect(await bed().txn([delOp('a', {range_end: bed().key('b')}), putOp('b')])).toMatchObject({
      revision: 3,
    });
  });

  it('more than 128 operations or comparisons in any one list', async () => {
    const {getOp, txnOp} = ops(bed());
    const many = (count: number) => Array.from({length: count}, () => getOp('a'));
    const compares = Array.from({length: 129}, () => ({key: bed().key('a'), version: 0}));
    expect(await bed().txn(many(128), many(128))).toMatchObject({succeeded: true});
    expect(await bed().txn(many(129))).toEqual(TOO_MANY);
    expect(await bed().txn([], many(129))).toEqual(TOO_MANY);
    expect(await bed().txn([], [], compares)).toEqual(TOO_MANY);
    // The longest list of a transaction counts against what its inner ones may hold.
    expect(await bed().txn([txnOp(many(127))])).toMatchObject({succeeded: true});
    expect(await bed().txn([txnOp(many(128))])).toEqual(TOO_MANY);
    expect(await bed().txn([...many(126), txnOp(many(1))])).toMatchObject({succeeded: true});
    expect(await bed().txn([...many(127), txnOp(many(1))])).toEqual(TOO_MANY);
    expect(await bed().txn([...many(127), txnOp([])])).toMatchObject({succeeded: true});
    expect(await bed().txn([txnOp(many(1))], many(127))).toMatchObject({succeeded: true});
    expect(await bed().txn([txnOp(many(1))], many(128))).toEqual(TOO_MANY);
  });

  it('what the operations alone would be refused, and then does nothing', async () => {
    const {putOp, getOp, delOp, txnOp} = ops(bed());
    await bed().put('x');
    expect(await bed().txn([putOp('a'), {request_put: {}}])).toEqual(NO_KEY);
    expect(await bed().txn([putOp('a'), {request_range: {}}])).toEqual(NO_KEY);
    expect(await bed().txn([putOp('a'), {request_delete_range: {}}])).toEqual(NO_KEY);
    expect(await bed().txn([putOp('a')], [txnOp([{request_put: {}}])])).toEqual(NO_KEY);
    expect(await bed().txn([putOp('a'), {}])).toEqual(KEY_NOT_FOUND);
    expect(await bed().txn([putOp('a'), putOp('b', '', {lease: 5})])).toEqual(NO_LEASE);
    expect(await bed().txn([putOp('a'), putOp('b', '', {ignore_value: true})])).toEqual(
      KEY_NOT_FOUND,
    );
    expect(await bed().txn([putOp('a'), getOp('a', {revision: bed().at(2)})])).toEqual(FUTURE);
    expect(await bed().txn([], [getOp('a', {revision: bed().at(2)})])).toMatchObject({
      succeeded: true,
    });
    await bed().put('x');
    await bed().call('KV.Compact', {revision: bed().at(2), physical: true});
    expect(await bed().txn([delOp('x'), getOp('x', {revision: bed().at(1)})])).toEqual(COMPACTED);
    expect(await bed().names()).toEqual(['x']);
    expect(await bed().now()).toBe(2);
  });

  it('an ignored value of a key that the same transaction has not made yet', async () => {
    const {putOp, delOp, txnOp} = ops(bed());
    await bed().put('a', '1');
    expect(await bed().txn([putOp('a', '', {ignore_value: true})])).toMatchObject({revision: 2});
    expect(await bed().txn([txnOp([putOp('b', '', {ignore_value: true})])])).toEqual(KEY_NOT_FOUND);
    expect(await bed().txn([delOp('c'), putOp('d', '', {ignore_lease: true})])).toEqual(
      KEY_NOT_FOUND,
    );
  });
});

function ops(bed: Bed) {
  return {
    putOp: bed.putOp.bind(bed),
    getOp: bed.getOp.bind(bed),
    delOp: bed.delOp.bind(bed),
    txnOp: bed.txnOp.bind(bed),
  };
}
