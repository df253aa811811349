import {describe, expect, it} from 'vitest';
import {Keys} from '../../../src/etcd/keys.ts';
import {rawNames} from '../../../src/server/governing/raw-names.ts';

const keys = new Keys('/sm', 'sm');
const PREFIX = keys.shardSpecPrefix('app');

function entry(
  name: string,
  task = 't',
  mod = 7,
): {
  key: string;
  value: string;
  mod: number;
  create: number;
} {
  const value = `{"id":"","service":"app","task":"${task}","updateTime":1,"lease":null}`;
  return {key: PREFIX + name, value, mod, create: mod};
}

describe('shards under the names of the Go project', () => {
  it('get the key that they have here, only while nothing has changed', () => {
    const raw = entry('a.b');
    expect(rawNames(keys, 'app', [raw, entry('plain')])).toEqual({
      renames: [
        {
          compares: [
            {key: raw.key, target: 'mod', op: '=', value: 7},
            {key: `${PREFIX}a%2Eb`, target: 'mod', op: '=', value: 0},
          ],
          then: [
            {op: 'delete', key: raw.key},
            {op: 'put', key: `${PREFIX}a%2Eb`, value: raw.value},
          ],
          otherwise: [],
        },
      ],
      conflicts: [],
      refused: [],
    });
  });

  it('that stand under both lose the raw one, if both say the same', () => {
    const [raw, own] = [entry('x y'), entry('x%20y', 't', 9)];
    const {renames, conflicts} = rawNames(keys, 'app', [raw, own]);
    expect(renames.map(({then}) => then)).toEqual([[{op: 'delete', key: raw.key}]]);
    expect(conflicts).toEqual([]);
  });

  it('that stand under both and differ are left and named', () => {
    const {renames, conflicts} = rawNames(keys, 'app', [entry('ü'), entry('%C3%BC', 'other')]);
    expect(renames).toEqual([]);
    expect(conflicts).toEqual(['ü']);
  });

  it.each([
    ['a/b', 'slash'],
    ['a\u202Eb', 'invisible'],
    ['x'.repeat(201), 'longer'],
  ])('%s cannot be a shard and is left, with the reason', (name, reason) => {
    const {renames, refused} = rawNames(keys, 'app', [entry(name)]);
    expect(renames).toEqual([]);
    expect(refused).toEqual([{key: PREFIX + name, reason: expect.stringContaining(reason)}]);
  });
});
