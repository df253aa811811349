import {expect, it} from 'vitest';
import {silenceMs} from '../../src/model/container.ts';
import {GovernorBed, TTL_MS} from './governor-bed.ts';

it('an eviction is said to be ordered where an operator has ordered it, and only there', () => {
  const bed = new GovernorBed(['s1', 's2']);
  for (const container of ['c1', 'c2', 'c3', 'c4']) bed.join(container);
  bed.beat('c1');
  bed.beat('c2', 'evicting');
  bed.pass(silenceMs(TTL_MS) + 400, ['c3', 'c4']);
  const ordered = bed.evictions.map(({container, isOrdered}) => `${container} ${isOrdered}`);
  expect(new Set(ordered)).toEqual(new Set(['c1 undefined', 'c2 true']));
});
