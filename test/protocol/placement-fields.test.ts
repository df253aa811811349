import {describe, expect, it} from 'vitest';
import {
  decodeAppSpec,
  decodeHeartbeat,
  decodeShardSpec,
  encodeRecord,
} from '../../src/protocol/records.ts';

const HEARTBEAT = {v: 1, container: 'c1', nonce: 'n', state: 'ready', ttlMs: 10_000};

function reread(value: object, decode: (text: string) => object): object {
  return decode(encodeRecord(value));
}

describe('placement in records', () => {
  it('keeps what is good, and what a newer sm writes', () => {
    const placement = {
      quietTime: 45,
      metrics: [{name: 'qps', upper: 1.3, shape: 'new'}],
      moving: {zone: 2, rack: 7},
      later: {x: 1},
    };
    expect(reread({service: 'a', placement}, decodeAppSpec)).toMatchObject({value: {placement}});
  });

  it('leaves out fields that cannot be read, and no others', () => {
    const placement = {quietTime: -1, drainOrder: 'sideways', slowStart: 5, metrics: 'qps'};
    expect(reread({service: 'a', placement}, decodeAppSpec)).toMatchObject({
      value: {placement: {slowStart: 5}},
    });
    expect(decodeAppSpec('{"service":"a","placement":7}')).toEqual({
      ok: true,
      value: expect.not.objectContaining({placement: 7}) as unknown,
    });
  });

  it('makes weights, capacities, limits and loads harmless', () => {
    const share = {weight: -2, capacity: 1.5, limits: {qps: 10, bytes: 'many', cpu: -1}};
    const decoded = decodeHeartbeat(encodeRecord({...HEARTBEAT, ...share}));
    expect(decoded).toMatchObject({ok: true, value: {limits: {qps: 10}}});
    if (decoded.ok)
      for (const name of ['weight', 'capacity']) expect(decoded.value[name]).toBeUndefined();
    const shard = {id: 's', load: {qps: 1e300, bytes: 3}, spreadKey: 7, priority: 0.5};
    expect(decodeShardSpec(encodeRecord(shard), 's')).toMatchObject({value: {load: {bytes: 3}}});
  });

  it('keeps a weight of zero', () => {
    expect(decodeHeartbeat(encodeRecord({...HEARTBEAT, weight: 0}))).toMatchObject({
      value: {weight: 0},
    });
  });
});
