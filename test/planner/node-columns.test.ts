/** Columns of nodes hold whatever is counted in them. */
import {expect, it} from 'vitest';
import {CLASSES, NodeColumns} from '../../src/planner/matrix/node-columns.ts';

it('stages of a node go as far as there may be classes of containers, one for each', () => {
  const containers = 65_533;
  const {stage} = new NodeColumns({nodes: 1, containers, isSoft: false});
  stage[0] = containers + CLASSES;
  expect(stage[0]).toBe(65_536);
});
