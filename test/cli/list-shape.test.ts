import {describe, expect, it} from 'vitest';
import {shaped} from '../../src/cli/list-shape.ts';

const rows = [
  {id: 'bad', shards: 1},
  {id: 'a', shards: 12},
  {id: 'b', shards: 3},
];
const list = {
  kind: 'List',
  items: rows,
  name: ({id}: (typeof rows)[number]) => id,
  columns: [
    {header: 'ID', value: ({id}: (typeof rows)[number]) => id},
    {header: 'MAX SHARDS', value: ({shards}: (typeof rows)[number]) => shards},
  ],
};

function ids(shape: Parameters<typeof shaped>[1]): string[] {
  return shaped(list, shape).items.map(({id}) => id);
}

describe('a list that is cut', () => {
  it('keeps what stands first in the order in which it is shown: the trouble', () => {
    expect(ids({limit: 1})).toEqual(['bad']);
    expect(ids({sortBy: 'max-shards', limit: 2})).toEqual(['bad', 'b']);
    expect(ids({sortBy: '-max-shards', limit: 1})).toEqual(['a']);
  });

  it('says so, with how many there are, of those that the daemon has left out, too', () => {
    expect(shaped(list, {limit: 2})).toMatchObject({note: 'showing 2 of 3', fields: {matched: 3}});
    const of9 = {...list, fields: {matched: 9}};
    expect(shaped(of9, {})).toMatchObject({note: 'showing 3 of 9'});
    expect(shaped(list, {}).note).toBeUndefined();
  });

  it('is refused by a column that it lacks, with the nearest', () => {
    expect(() => ids({sortBy: 'max-shard'})).toThrow(
      expect.objectContaining({hint: 'did you mean max-shards?'}),
    );
  });
});
