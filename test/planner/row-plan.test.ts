/** A plan by rows as its readers get it: made in steps, none of which takes more than a part. */
import {describe, expect, it} from 'vitest';
import type {PlacementShard} from '../../src/model/placement.ts';
import {ROWS_PER_STEP} from '../../src/planner/limits.ts';
import {PER_MOVE, PER_SHORTAGE, planOfRows} from '../../src/planner/row-plan.ts';

const PARTS = 5;
const COUNT = PARTS * ROWS_PER_STEP;
const SHARD: Omit<PlacementShard, 'id'> = {
  ...{pin: '', group: '', workerGroup: '', current: 'c1', prefer: '', avoid: ''},
};

describe('a plan by rows', () => {
  it('is gone through a part at a time: its shards, its moves and its shortages', () => {
    const shards = Array.from(
      {length: COUNT},
      (_, at) => ({...SHARD, id: `s${at}`}) as PlacementShard,
    );
    const lists = {
      moves: new Int32Array(COUNT * PER_MOVE),
      unplaced: new Int32Array(COUNT * PER_SHORTAGE),
      stranded: new Int32Array(COUNT * PER_SHORTAGE),
    };
    const rows = {
      containers: ['c1'],
      target: new Int32Array(COUNT),
      counts: Int32Array.of(COUNT),
      ...lists,
      trials: new Int32Array(),
    };
    const making = planOfRows(rows, {shards});
    let steps = 0;
    let made = making.next();
    for (; made.done !== true; made = making.next()) steps += 1;
    expect(steps).toBe(4 * PARTS);
    const {moves, unplaced, stranded, additions} = made.value;
    expect([moves, unplaced, stranded, additions].map(({length}) => length)).toEqual([
      ...[COUNT, COUNT, COUNT, 0],
    ]);
  });
});
