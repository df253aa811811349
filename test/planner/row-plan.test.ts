/** A plan by rows as its readers get it: made in steps, none of which takes more than a part. */
import {describe, expect, it} from 'vitest';
import {ROWS_PER_STEP} from '../../src/planner/limits.ts';
import {PER_MOVE, PER_SHORTAGE, planOfRows} from '../../src/planner/row-plan.ts';

const PARTS = 5;
const COUNT = PARTS * ROWS_PER_STEP;

describe('a plan by rows', () => {
  it('is gone through a part at a time: its moves and its shortages', () => {
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
    const making = planOfRows(rows);
    let steps = 0;
    let made = making.next();
    for (; made.done !== true; made = making.next()) steps += 1;
    expect(steps).toBe(3 * PARTS);
    const {moves, unplaced, stranded, additions} = made.value;
    expect([moves, unplaced, stranded, additions].map(({length}) => length)).toEqual([
      ...[COUNT, COUNT, COUNT, 0],
    ]);
  });
});
