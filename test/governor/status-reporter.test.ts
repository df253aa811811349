/** When a governor says again what it has said. */
import {expect, it} from 'vitest';
import {GovernorBed} from './governor-bed.ts';

it('a summary that may not have been written is given again, though nothing has changed', () => {
  const bed = new GovernorBed(['s1']);
  bed.join('c1');
  bed.settle();
  bed.pass(10_000, ['c1']);
  bed.status = undefined;
  bed.pass(5_000, ['c1']);
  expect(bed.status).toBeUndefined();
  bed.governor.reports.status.lost();
  bed.pass(5_000, ['c1']);
  expect(bed.status).toMatchObject({governor: 'd1'});
});
