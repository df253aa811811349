import {expect, it} from 'vitest';
import {placementSteps} from '../../src/governor/placement.ts';
import {runToEnd} from '../../src/model/steps.ts';
import {GovernorBed} from './governor-bed.ts';

it('the planner is told by revisions which shards have not moved for longest', () => {
  const bed = new GovernorBed(['s1', 's2', 's3']);
  bed.join('c1');
  bed.pass(3_000, ['c1']);
  bed.claim(['s2']);
  bed.claim(['s1']);
  bed.claim(['s3']);
  bed.addShard('new');
  const {shards} = runToEnd(placementSteps(bed.governor.view, new Map()));
  const order = [...shards].sort((a, b) => (a.movedAt ?? 0) - (b.movedAt ?? 0));
  expect(order.map(({id}) => id)).toEqual(['new', 's2', 's1', 's3']);
  expect(order[0]?.movedAt).toBe(0);
});
