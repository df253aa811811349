import {expect, it} from 'vitest';
import {changeResult, orderResult} from '../../src/cli/changes.ts';

const answer = (result: 'created' | 'deleted' | 'unchanged') => ({
  ...{result, changed: result !== 'unchanged', revision: '7', requestId: 'r'},
});

it('an order or an override that goes is not said of the container itself', () => {
  const lines = (result: 'created' | 'deleted') =>
    orderResult('c1', 'set', answer(result), {}, false, 'override').lines;
  expect(lines('created')).toEqual(['container c1 set (override created)']);
  expect(lines('deleted')).toEqual(['container c1 set (override deleted)']);
  expect(orderResult('c1', 'uncordoned', answer('deleted'), {}, false).lines).toEqual([
    'container c1 uncordoned (order deleted)',
  ]);
  expect(orderResult('c1', 'cordoned', answer('created'), {}, true).lines).toEqual([
    'container c1 cordoned (dry run)',
  ]);
});

it('other changes are said of the object', () => {
  expect(changeResult('Shard', 's1', answer('deleted'), {}, true)).toMatchObject({
    kind: 'ShardChange',
    lines: ['shard s1 deleted (dry run)'],
    fields: {name: 's1', result: 'deleted', changed: true, dryRun: true},
  });
});
