/** What `sm container can-stop` tells people to do after a no. */
import {expect, it} from 'vitest';
import {stopLines} from '../../src/cli/stop-lines.ts';
import type {CanStopAnswer} from '../../src/protocol/admin.ts';

const no = (maxUnavailable: number): CanStopAnswer => ({
  result: 'unchanged',
  ...{changed: false, revision: '1', dryRun: false},
  ...{allowed: false, permissions: []},
  objections: [{rule: 'unavailable', text: 'too many would be', count: 2, limit: 1, objects: []}],
  ...{unavailable: [], maxUnavailable},
});

it.each([
  [1, ['c1'], 'wait with --wait; or allow more'],
  [1, ['c1', 'c2'], 'ask for 1 at a time, or allow more'],
  [2, ['c1', 'c2'], 'wait with --wait; or allow more'],
  [0, ['c1'], 'allow more: placement.maxUnavailable'],
])('of at most %i, for %j: %s', (most, containers, fix) => {
  const [, , line] = stopLines(containers, no(most));
  expect(line?.trim().startsWith(`fix: ${fix}`)).toBe(true);
});
