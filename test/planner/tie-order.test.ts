/** The order of ties that is kept: the one that a sort of all would give, whatever comes and goes in between. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {compareText} from '../../src/model/compare-text.ts';
import {hashOf} from '../../src/planner/hash.ts';
import {TieOrder} from '../../src/planner/tie-order.ts';

describe('the order of ties', () => {
  it('is the one of a sort of all, whatever comes and goes', () => {
    const step = fc.record({isAdded: fc.boolean(), at: fc.nat(), isAsked: fc.boolean()});
    fc.assert(
      fc.property(fc.array(step, {maxLength: 60}), (steps) => {
        const ids: string[] = [];
        const order = new TieOrder((index) => ids[index] ?? '');
        let made = 0;
        for (const {isAdded, at, isAsked} of steps) {
          if (isAdded) order.add(ids.push(`s${(made += 1)}`) - 1);
          else if (ids.length > 0) {
            // As the table does: the last one moves to the place that has become free.
            const index = at % ids.length;
            order.remove(index, ids[index] ?? '');
            const last = ids.pop() ?? '';
            if (index < ids.length) {
              ids[index] = last;
              order.rename(ids.length, index);
            }
          }
          if (!isAsked) continue;
          const sorted = ids.toSorted((a, b) => hashOf(a) - hashOf(b) || compareText(a, b));
          expect(Array.from(order.indexes(), (one) => ids[one])).toEqual(sorted);
        }
      }),
    );
  });

  it('throws for a shard that is not in it: to look for it without an end would stop the daemon', () => {
    const ids = ['a', 'b'];
    const order = new TieOrder((index) => ids[index] ?? '');
    order.add(0);
    expect(order.indexes()).toHaveLength(1);
    expect(() => order.remove(1, 'b')).toThrow('shard b is not in the order of ties');
  });
});
