/** What people read of a failure that a daemon has answered with. */
import {expect, it} from 'vitest';
import {RemoteError} from '../../src/admin/remote-error.ts';
import {failureOf} from '../../src/cli/failure-report.ts';

const FAILURE = {
  ...{code: 'INVALID_INPUT', exit: 2, why: '', fix: [], retryable: false, requestId: 'r1'},
  message: 'body.weight: too small',
};

it('names the field that is wrong, and not the part of the call that it was in', () => {
  expect(failureOf(new RemoteError(FAILURE)).message).toBe('weight: too small');
  const query = {...FAILURE, message: 'query.limit: too large'};
  expect(failureOf(new RemoteError(query)).message).toBe('limit: too large');
  const conflict = {...FAILURE, exit: 4, message: 'body. of a shard'};
  expect(failureOf(new RemoteError(conflict)).message).toBe('body. of a shard');
});
