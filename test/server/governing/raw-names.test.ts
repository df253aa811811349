import {describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {rawNames} from '../../../src/server/governing/raw-names.ts';
import type {RawNames} from '../../../src/server/governing/raw-names.ts';
import type {KeyValue} from '../../../src/store/port.ts';

const keys = new Keys('/sm', 'sm');
const PREFIX = keys.shardSpecPrefix('app');

/** As the Go project writes it; as we do where it has an id. */
function entry(name: string, task = 't', {mod = 7, id = ''} = {}): KeyValue {
  const value = `{"id":"${id}","service":"app","task":"${task}","updateTime":1,"lease":null}`;
  return {key: PREFIX + name, value, mod, create: mod};
}

function found(...entries: KeyValue[]): RawNames {
  return rawNames(keys, 'app', entries, 'unknown');
}

describe('shards under the names of the Go project', () => {
  it('get the key that they have here, only while nothing has changed', () => {
    const raw = entry('a.b');
    expect(found(raw, entry('plain'))).toEqual({
      renames: [
        {
          compares: [
            {key: raw.key, target: 'mod', op: '=', value: 7},
            {key: `${PREFIX}a%2Eb`, target: 'mod', op: '=', value: 0},
          ],
          then: [
            {op: 'delete', key: raw.key},
            {op: 'put', key: `${PREFIX}a%2Eb`, value: entry('', 't', {id: 'a.b'}).value},
          ],
        },
      ],
      count: 1,
      conflicts: [],
      refused: [],
    });
  });

  it('that stand under both lose the raw one, if both say the same', () => {
    const [raw, own] = [entry('x y'), entry('x%20y', 't', {mod: 9, id: 'x y'})];
    const {renames, conflicts} = found(raw, own);
    expect(renames.map(({then}) => then)).toEqual([[{op: 'delete', key: raw.key}]]);
    expect(conflicts).toEqual([]);
  });

  it('that stand under both and differ are left and named', () => {
    const own = entry('%C3%BC', 'other', {id: 'ü'});
    const {renames, conflicts} = found(entry('ü'), own);
    expect(renames).toEqual([]);
    expect(conflicts).toEqual(['ü']);
  });

  it('that look like a name of ours are shards of their own, and go in one transaction with the one whose key they are', () => {
    const [raw, literal] = [entry('a.b'), entry('a%2Eb', 'other', {mod: 9})];
    const {renames, count, conflicts} = found(raw, literal);
    expect([count, conflicts]).toEqual([2, []]);
    expect(renames).toEqual([
      {
        compares: [
          {key: raw.key, target: 'mod', op: '=', value: 7},
          {key: literal.key, target: 'mod', op: '=', value: 9},
          {key: `${PREFIX}a%252Eb`, target: 'mod', op: '=', value: 0},
        ],
        then: [
          {op: 'delete', key: raw.key},
          {op: 'put', key: literal.key, value: entry('', 't', {id: 'a.b'}).value},
          {op: 'put', key: `${PREFIX}a%252Eb`, value: entry('', 'other', {id: 'a%2Eb'}).value},
        ],
      },
    ]);
  });

  it('are left where the one in their way is left', () => {
    const own = entry('a%252Eb', 'mine', {id: 'a%2Eb'});
    const {renames, conflicts} = found(entry('a.b'), entry('a%2Eb', 'other'), own);
    expect([renames, conflicts]).toEqual([[], ['a.b', 'a%2Eb']]);
  });

  it('that look like ours are ours in an app that is governed here, whatever the value says', () => {
    const {renames, conflicts} = rawNames(keys, 'app', [entry('a%2Eb')], 'here');
    expect([renames, conflicts]).toEqual([[], []]);
  });

  it('keep each digit of a lease', () => {
    const raw = entry('a.b');
    const value = raw.value.replace('null', '{"id":9007199254740993,"expire":1}');
    const [rename] = found({...raw, value}).renames;
    expect(JSON.stringify(rename?.then)).toContain('9007199254740993');
  });

  it.each([
    ['a/b', 'slash'],
    ['a\u202Eb', 'invisible'],
    ['x'.repeat(201), 'longer'],
  ])('%s cannot be a shard and is left, with the reason', (name, reason) => {
    const {renames, refused} = found(entry(name));
    expect(renames).toEqual([]);
    expect(refused).toEqual([{key: PREFIX + name, reason: expect.stringContaining(reason)}]);
  });
});
