import {describe, expect, it} from 'vitest';
import {drainProgress} from '../../src/model/drain-progress.ts';
import {movingLimit} from '../../src/model/moving-limit.ts';

describe('the progress of a drain', () => {
  const order = {order: 'drain', shards: 30};

  it('is what is left of what there was, and what is on its way', () => {
    const row = {state: 'draining', shards: {total: 12, dropping: 3}, order};
    expect(drainProgress(row)).toBe('18 of 30 moved, 3 moving');
    expect(drainProgress({...row, order: {...order, shards: 0}})).toBe('12 to move, 3 moving');
    expect(drainProgress({...row, shards: {total: 0, dropping: 0}})).toBe('empty');
  });

  it('is shown of drains only', () => {
    const row = {state: 'ready', shards: {total: 12, dropping: 3}, order: null};
    expect(drainProgress(row)).toBe('');
    expect(drainProgress({...row, state: 'cordoned', order: {...order, order: 'cordon'}})).toBe('');
  });
});

describe('how many shards move at once', () => {
  it.each([
    [undefined, 1, 4],
    [0, 30, 4],
    [0, 41, 5],
    [0, 1_000, 100],
    [0, 100_000, 100],
    [1, 100_000, 1],
    [500, 10, 500],
  ])('%s of an app of %i shards: %i', (maxMoving, shards, most) => {
    expect(movingLimit(maxMoving, shards)).toBe(most);
  });
});
