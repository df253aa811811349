/** What a plan changes is listed in tie-break order, however many shards that are. */
import {expect, test} from 'vitest';
import {changesOf} from '../../src/planner/moves.ts';
import {tabulate} from '../../src/planner/table.ts';
import {coldSnapshot} from '../bench/planner/snapshots.ts';

test.each([0, 1, 5, 6, 400])('%i of 5,000 shards', (count) => {
  const cold = coldSnapshot(5_000, 3);
  const shards = cold.shards.map((shard) => ({...shard, current: 'c0'}));
  const table = tabulate({...cold, shards});
  const current = table.current.slice();
  const target = current.slice();
  for (let change = 0; change < count; change += 1) {
    const shard = (change * 997) % table.n;
    if (change % 3 === 0) current[shard] = -1;
    else target[shard] = change % 3 === 1 ? 1 : -1;
  }
  const isChanged = (shard: number): boolean => {
    const to = target[shard] ?? -1;
    return to < 0 || to !== current[shard];
  };
  const inOrder = [...table.shardOrder].filter(isChanged);
  expect(inOrder).toHaveLength(count);
  const isAdded = (shard: number): boolean => (current[shard] ?? -1) < 0;
  const {additions, others} = changesOf({...table, current}, target);
  expect([...additions]).toEqual(inOrder.filter(isAdded));
  expect([...others]).toEqual(inOrder.filter((shard) => !isAdded(shard)));
});
