/** Whatever operators order, in whatever order: an undo restores what was there or refuses, every change has its entry of the audit, and nothing else happens. */
import {expect, it} from 'vitest';
import {OrdersWalk} from './orders-walk.ts';

const SEEDS = 25;
const STEPS = 100;
/** Of orders that succeed; fewer would show little. */
const LEAST_UNDONE = 100;

it('orders at random keep the rules', async () => {
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const walk = new OrdersWalk(seed);
    await walk.run(STEPS).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${String(error)}`, {cause: error});
    });
    for (const [name, times] of walk.outcomes)
      outcomes.set(name, (outcomes.get(name) ?? 0) + times);
  }
  expect(outcomes.get('undo true')).toBeGreaterThanOrEqual(LEAST_UNDONE);
  // Among them are orders in vain.
  expect([...outcomes.keys()]).toEqual(
    expect.arrayContaining(['undo CONFLICT', 'cordon CONTAINER_NOT_FOUND', 'canStop false']),
  );
});
