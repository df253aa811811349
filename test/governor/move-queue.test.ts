import {describe, expect, it} from 'vitest';
import {ShardRows} from '../../src/appstate/shard-rows.ts';
import {MoveQueue} from '../../src/governor/move-queue.ts';
import {CAUSES} from '../../src/planner/row-plan.ts';

const CONTAINERS = ['c0', 'c1', 'c2'];

/** Moves of s0, s1, ...: container by place it leaves, and why. */
function queueOf(moves: readonly (readonly [number, (typeof CAUSES)[number]])[]): MoveQueue {
  const rows = new ShardRows();
  const queue = new MoveQueue(rows);
  const flat = moves.flatMap(([from, cause], at) => [
    rows.take(`s${at}`),
    from,
    (from + 1) % CONTAINERS.length,
    CAUSES.indexOf(cause),
  ]);
  queue.fill({moves: Int32Array.from(flat), containers: CONTAINERS}, rows.born);
  return queue;
}

describe('the queue of moves', () => {
  it('knows which containers it is to empty, as long as a move of theirs has not begun', () => {
    const queue = queueOf([
      [0, 'drain'],
      [1, 'balance'],
      [2, 'drain'],
      [2, 'drain'],
    ]);
    expect(queue.draining).toEqual(['c0', 'c2']);
    queue.takeOut(({shard}) => shard === 's0' || shard === 's3', 0);
    expect(queue.draining).toEqual(['c2']);
    queue.takeOut(() => true, 0);
    expect(queue.draining).toEqual([]);
  });

  it('knows nothing any more of the moves of an older plan', () => {
    const queue = queueOf([[0, 'drain']]);
    queue.fill({moves: Int32Array.of(), containers: CONTAINERS}, 1);
    expect(queue.draining).toEqual([]);
  });
});
