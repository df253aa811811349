import {describe, expect, it} from 'vitest';
import {
  decodeGuardLease,
  decodePushSession,
  encodeGuardLease,
  leaseIdOfHex,
  pushAddBody,
  pushDropBody,
} from '../../src/protocol/push.ts';

const BEYOND_DOUBLE = '9007199254740993';
const LARGEST = '9223372036854775807';

describe('lease ids', () => {
  it('keep every digit beyond 2^53, as bare numbers', () => {
    for (const id of ['1', BEYOND_DOUBLE, LARGEST]) {
      const text = encodeGuardLease(id);
      expect(text).toBe(`{"id":${id},"expire":9223372036854775777}`);
      expect(decodeGuardLease(text)).toBe(id);
    }
    expect(leaseIdOfHex('7fffffffffffffff')).toBe(LARGEST);
    expect(leaseIdOfHex('20000000000001')).toBe(BEYOND_DOUBLE);
    // etcd could not be asked about these: they are nobody's lease.
    for (const hex of ['8000000000000000', 'ffffffffffffffff', '0'])
      expect(leaseIdOfHex(hex)).toBeUndefined();
  });

  it('are refused when they are none', () => {
    for (const text of [
      '',
      '{}',
      '[]',
      '{"id":"7"}',
      '{"id":0}',
      '{"id":-4}',
      '{"id":1.5}',
      'x',
      '{"id":9223372036854775808}',
    ])
      expect(decodeGuardLease(text)).toBeUndefined();
  });
});

describe('bodies', () => {
  const spec = {
    id: 's/1',
    service: '',
    task: '{"a":1}',
    updateTime: 0,
    manualContainerId: '',
    group: 'g',
    workerGroup: '',
    extra: 12_345_678_901_234_567_890n,
  };

  it('of an add carry the full spec, what the origin demands, and the guard lease digit by digit', () => {
    const body = pushAddBody('orders', spec, BEYOND_DOUBLE);
    expect(body).toContain(`"lease":{"id":${BEYOND_DOUBLE},"expire":9223372036854775777}`);
    expect(body).toContain('"extra":12345678901234567890');
    expect(JSON.parse(body)).toMatchObject({
      id: 's/1',
      spec: {id: 's/1', service: 'orders', task: '{"a":1}', updateTime: 1, group: 'g'},
    });
  });

  it('of a drop name the shard', () => {
    expect(JSON.parse(pushDropBody('s"1'))).toEqual({id: 's"1'});
  });
});

describe('session values', () => {
  it('list shards with their states, whatever else they hold', () => {
    const value = decodePushSession(
      `{"timestamp":1700000000,"cpuUsedPercent":25,"virtualMemoryStat":{"total":9,"used":8000000000},"shards":[
        {"spec":{"id":"a","lease":{"id":${LARGEST}}},"disp":true,"drop":false},
        {"spec":{"id":"b"},"disp":false,"drop":true}]}`,
    );
    expect(value).toEqual({
      kind: 'heartbeat',
      heartbeat: {
        shards: new Map([
          ['a', {disp: true, drop: false, leaseId: LARGEST}],
          ['b', {disp: false, drop: true, leaseId: ''}],
        ]),
        own: {cpu: 0.25, memoryBytes: 8e9},
      },
    });
  });

  it('without shards list none: the origin writes null', () => {
    const heartbeat = {shards: new Map(), own: {}};
    expect(decodePushSession('{"timestamp":5,"shards":null}')).toEqual({
      kind: 'heartbeat',
      heartbeat,
    });
    expect(decodePushSession('{"timestamp":5}')).toEqual({kind: 'heartbeat', heartbeat});
  });

  it('that are empty wait; that hide a shard are unreadable', () => {
    expect(decodePushSession('')).toEqual({kind: 'waiting'});
    for (const text of [
      '{',
      '7',
      '{"shards":7}',
      '{"shards":[{}]}',
      '{"shards":[{"spec":{"id":4}}]}',
      '{"shards":[{"spec":{"id":"a\\u0000b"}}]}',
      `{"shards":[{"spec":{"id":"${'x'.repeat(201)}"}}]}`,
      JSON.stringify({shards: Array.from({length: 100_001}, () => ({spec: {id: 's'}}))}),
    ])
      expect(decodePushSession(text).kind).toBe('unreadable');
  });
});
