/** Rows of shards, against a plain map: whoever asks gets the row that the shard has now, whatever was asked before. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {NO_ROW, ShardRows} from '../../src/appstate/shard-rows.ts';

type Step = readonly [what: 'take' | 'release' | 'ask', shard: string];

const steps = fc.array(
  fc.tuple(fc.constantFrom<Step[0]>('take', 'release', 'ask'), fc.constantFrom('', 'a', 'b', 'c')),
  {maxLength: 60},
);

/** What each step has answered. */
function rowsOf(taken: readonly Step[]): number[] {
  const rows = new ShardRows();
  return taken.map(([what, shard]) => {
    if (what === 'take') return rows.take(shard);
    if (what === 'release') rows.release(rows.rowOf(shard));
    return rows.rowOf(shard);
  });
}

/** The same by a map, and a list of rows that are free. */
function expectedOf(taken: readonly Step[]): number[] {
  const [known, free] = [new Map<string, number>(), [] as number[]];
  let end = 0;
  return taken.map(([what, shard]) => {
    const row = known.get(shard);
    if (what === 'release' && row !== undefined) {
      known.delete(shard);
      free.push(row);
    }
    if (what === 'take' && row === undefined) known.set(shard, free.pop() ?? end++);
    return known.get(shard) ?? NO_ROW;
  });
}

describe('rows of shards', () => {
  it('are what the last change has made them, also for the shard that was asked for last', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        expect(rowsOf(taken)).toEqual(expectedOf(taken));
      }),
    );
  });
});
