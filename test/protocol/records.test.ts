/** Values in etcd: what others wrote is kept, what cannot be trusted is refused in words. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {decodeIdHolder, encodeIdHolder} from '../../src/protocol/container-id.ts';
import {
  decodeAppSpec,
  decodeApplyMarker,
  decodeAppStatus,
  decodeCluster,
  decodeContainerOrder,
  decodeHeartbeat,
  decodeLeader,
  decodeMoveRound,
  decodeOwnership,
  decodeShardSpec,
  encodeRecord,
} from '../../src/protocol/records.ts';
import type {Decoded} from '../../src/protocol/records.ts';

type Decoder = (text: string) => Decoded<object>;

const OWNERSHIP = {
  v: 1,
  state: 'owned',
  container: 'c1',
  incarnation: 'i1',
  token: '',
  ready: true,
  move: {id: 'm', from: '', to: 'c1', why: 'first', startedAt: '2026-01-01T00:00:00Z'},
  failures: 0,
  lastError: '',
};
const HEARTBEAT = {
  v: 1,
  container: 'c1',
  seq: 1,
  nonce: 'n',
  ttlMs: 10_000,
  state: 'ready',
  endpoint: '127.0.0.1:1',
  host: 'h',
  pid: 1,
  bootId: 'b',
  zone: '',
  labels: {a: 'b'},
  version: '1',
  sdk: 'ts',
};
const APP = {service: 'a', createTime: 1, maxShardCount: 0, maxRecoveryTime: 10};
const SHARD = {
  id: 's',
  service: 'a',
  task: 't',
  updateTime: 1,
  manualContainerId: '',
  group: '',
  workerGroup: '',
};
const ORDER = {order: 'drain', reason: '', by: '', at: '', incarnation: '', keep: false};
const LEADER = {containerId: 'c', incarnation: 'i', createTime: 1};
const CLUSTER = {v: 1, epoch: 1, clusterId: '1', maxRevision: 1};
const STATUS = {
  v: 1,
  governor: 'g',
  at: '2026-01-01T00:00:00Z',
  unplaced: [],
  failed: [],
  quarantined: [],
  alarms: [],
  containers: {},
  unplacedCount: 0,
  settled: true,
};

const RECORDS: readonly [string, Decoder, object][] = [
  ['ownership', decodeOwnership, OWNERSHIP],
  ['heartbeat', decodeHeartbeat, HEARTBEAT],
  ['app spec', decodeAppSpec, APP],
  ['shard spec', shardSpecOf, SHARD],
  ['container order', decodeContainerOrder, ORDER],
  ['leader', decodeLeader, LEADER],
  ['cluster', decodeCluster, CLUSTER],
  ['status', decodeAppStatus, STATUS],
];
const VERSIONED = RECORDS.filter(([, , value]) => 'v' in value);

function shardSpecOf(text: string): ReturnType<typeof decodeShardSpec> {
  return decodeShardSpec(text, SHARD.id);
}

function decoded(decode: Decoder, text: string): Record<string, unknown> {
  const result = decode(text);
  if (!result.ok) throw new Error(`${result.problem}: ${text}`);
  return result.value as Record<string, unknown>;
}

describe.each(RECORDS)('a record of %s', (_name, decode, value) => {
  it('comes back as it was', () => {
    expect(decoded(decode, encodeRecord(value))).toEqual(value);
  });

  it('keeps fields it does not know, at any depth, over a rewrite', () => {
    const unknown = fc.dictionary(fc.stringMatching(/^x[a-z]{0,8}$/), fc.jsonValue({maxDepth: 3}), {
      maxKeys: 5,
    });
    fc.assert(
      fc.property(unknown, (extra) => {
        const written = JSON.stringify({...extra, ...value});
        const rewritten = encodeRecord({...decoded(decode, written)});
        expect(JSON.parse(rewritten)).toEqual(JSON.parse(written));
      }),
    );
  });

  it('keeps the digits of 64-bit numbers in fields it does not know', () => {
    const text = `{"lease":{"id":7587869134512345678},"list":[-9223372036854775807],${JSON.stringify(value).slice(1)}`;
    const rewritten = encodeRecord({...decoded(decode, text), own: 1});
    expect(rewritten).toContain('"id":7587869134512345678');
    expect(rewritten).toContain('-9223372036854775807');
  });

  it.each([
    '',
    ' ',
    '{',
    '[]',
    'null',
    '1',
    '"text"',
    'true',
    '{"v":1',
    "{'v':1}",
    '{"v":1,}',
    '\u0000',
    '{}{}',
    '[[[[',
    '{"a":12345678901234567890',
  ])('refuses %j in words', (text) => {
    expect(decode(text)).toMatchObject({ok: false, newer: false});
  });

  it('refuses __proto__, with and without long numbers beside it', () => {
    const inside = JSON.stringify(value).slice(1);
    for (const text of [
      `{"__proto__":{"polluted":true},${inside}`,
      `{"__proto__":{"polluted":true},"n":12345678901234567890,${inside}`,
    ]) {
      expect(decode(text), text).toMatchObject({ok: false});
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('survives any text at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const result = decode(text);
        expect(typeof result.ok).toBe('boolean');
      }),
    );
  });

  it('reads nothing from what is inherited', () => {
    const text = '{"constructor":{"prototype":{"v":9}},"toString":1}';
    expect(decode(text)).toMatchObject({ok: false});
  });
});

describe.each(VERSIONED)('the version of a record of %s', (_name, decode, value) => {
  it.each([2, 99, 1.5])('%s is of a newer sm: set aside, not read', (v) => {
    const result = decode(JSON.stringify({...value, v}));
    expect(result).toMatchObject({ok: false, newer: true});
    expect(!result.ok && result.problem).toContain(String(v));
  });

  it.each([0, -1, '1', null, true])('%j is none', (v) => {
    expect(decode(JSON.stringify({...value, v}))).toMatchObject({ok: false, newer: false});
  });

  it('may not be missing', () => {
    const {v: _v, ...without} = value as {v: number};
    expect(decode(JSON.stringify(without))).toMatchObject({ok: false, newer: false});
  });

  it('of 20 digits is newer as well', () => {
    const text = `{"v":99999999999999999999,${JSON.stringify(value).slice(1).replace('"v":1,', '')}`;
    expect(decode(text)).toMatchObject({ok: false, newer: true});
  });
});

describe('an ownership record', () => {
  it.each([
    ['state', 'stolen'],
    ['state', undefined],
    ['container', 5],
    ['incarnation', null],
    ['token', 7],
    ['ready', 'yes'],
    ['failures', -1],
    ['failures', 1.5],
    ['failures', '3'],
    ['lastError', {}],
    ['move', []],
    ['move', 'm'],
    ['move', {id: 'm'}],
    ['move', undefined],
  ])('with %s = %j is refused and says which field', (field, wrong) => {
    const result = decodeOwnership(JSON.stringify({...OWNERSHIP, [field]: wrong}));
    expect(result).toMatchObject({ok: false, newer: false});
    expect(!result.ok && result.problem).toContain(field);
  });
});

describe('a heartbeat', () => {
  it.each([undefined, null, '10000', 0, -5, 2_999, 60_001, 1e9, {}])(
    'with ttlMs %j counts as the longest: safe, only slow',
    (ttlMs) => {
      const result = decoded(decodeHeartbeat, JSON.stringify({...HEARTBEAT, ttlMs}));
      expect(result['ttlMs']).toBe(60_000);
    },
  );

  it.each([1e300, -1, 9e15, '7', null])('sent at %j says nothing of time', (at) => {
    const overdue = [{shard: 's', hook: 'add', sinceMs: at}];
    const decoded = decodeHeartbeat(encodeRecord({...HEARTBEAT, sentAtMs: at, overdue}));
    expect(decoded).toMatchObject({ok: true, value: {overdue: [{shard: 's', hook: 'add'}]}});
    expect(JSON.stringify(decoded)).not.toMatch(/sentAtMs|sinceMs/);
  });

  it('names the overdue hooks that can be read, and no more than ten', () => {
    const hooks = (overdue: unknown): unknown =>
      decoded(decodeHeartbeat, JSON.stringify({...HEARTBEAT, overdue}))['overdue'];
    const add = {shard: 'a', hook: 'add'};
    const drop = {shard: 'b', hook: 'drop'};
    expect(hooks([add, {shard: 1, hook: 'add'}, {shard: 'c', hook: 'kill'}, null, drop])).toEqual([
      add,
      drop,
    ]);
    expect(hooks(Array.from({length: 11}, () => add))).toHaveLength(10);
    expect(hooks('add')).toEqual([]);
  });

  it('is repaired where something does no harm', () => {
    const {v, container, nonce, state} = HEARTBEAT;
    const least = {v, container, nonce, state, labels: {a: 1, b: 'x'}, pid: 'p'};
    expect(decoded(decodeHeartbeat, JSON.stringify(least))).toMatchObject({
      labels: {b: 'x'},
      pid: 0,
      seq: 0,
      endpoint: '',
    });
  });

  it.each([
    ['container', ''],
    ['nonce', 1],
    ['state', 'asleep'],
  ])('with %s = %j is refused', (field, wrong) => {
    expect(decodeHeartbeat(JSON.stringify({...HEARTBEAT, [field]: wrong}))).toMatchObject({
      ok: false,
    });
  });
});

describe('specs', () => {
  it('of the origin, with less in them, get the defaults', () => {
    expect(decoded(decodeAppSpec, '{"service":"a"}')).toEqual({
      service: 'a',
      createTime: 0,
      maxShardCount: 0,
      maxRecoveryTime: 10,
    });
    expect(decoded(shardSpecOf, '{"id":"s"}')).toMatchObject({task: '', group: ''});
  });
});

describe('a status', () => {
  it.each(['governor', 'at'])('without %s is refused', (field) => {
    expect(decodeAppStatus(JSON.stringify({...STATUS, [field]: 1}))).toMatchObject({ok: false});
  });
});

describe('the marker of an apply', () => {
  const marker = {
    ...{v: 1, content: 'c', ifRevision: '', by: 'b', running: true},
    ...{since: '2026-01-01T00:00:00Z', renewedAt: '2026-01-01T00:00:00Z'},
  };

  it('comes back; one that cannot be read holds nobody up', () => {
    expect(decodeApplyMarker(JSON.stringify(marker))).toEqual(marker);
    for (const field of ['content', 'ifRevision', 'by', 'since', 'renewedAt', 'running', 'v'])
      expect(decodeApplyMarker(JSON.stringify({...marker, [field]: {}}))).toBeUndefined();
  });
});

it('the first number that a double cannot hold keeps its digits, too', () => {
  const text = '{"id":"s","x":9007199254740993}';
  expect(encodeRecord(decoded(shardSpecOf, text))).toContain('"x":9007199254740993');
});

describe('a round of moves', () => {
  it('leaves out what is not a move', () => {
    const result = decodeMoveRound('[{"shard":"a"},5,null,{"shard":1},[],{"shard":"b"}]');
    expect(result).toEqual({ok: true, value: [{shard: 'a'}, {shard: 'b'}]});
    expect(decodeMoveRound('{}')).toMatchObject({ok: false});
    expect(decodeMoveRound('[')).toMatchObject({ok: false});
  });
});

describe('the holder of an id', () => {
  it('comes back; what cannot be read is nobody', () => {
    expect(decodeIdHolder(encodeIdHolder('abc'))).toBe('abc');
    for (const text of ['', '{', 'null', '[]', '5', '{}', '{"incarnation":5}'])
      expect(decodeIdHolder(text)).toBe('');
  });
});
