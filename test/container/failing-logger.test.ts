/** A logger of the application that fails, as one whose worker thread has ended, disturbs no container. */
import {afterEach, expect, it, vi} from 'vitest';
import {LONG_MS, until} from '../support/until.ts';
import type {Logger} from '../../src/runtime/log-port.ts';
import {joined, KEYS} from './joined-bed.ts';

afterEach(() => void vi.restoreAllMocks());

const ENDED = 'the worker has exited';
const fail = (): never => {
  throw new Error(ENDED);
};
const throwing: Logger = {
  ...{debug: fail, info: fail, warn: fail, error: fail},
  child: () => throwing,
};
// As an async function, which types take for one that gives nothing.
const rejects = (): void => Promise.reject(new Error(ENDED)) as unknown as undefined;
const rejecting: Logger = {
  ...{debug: rejects, info: rejects, warn: rejects, error: rejects},
  child: () => rejecting,
};

it.each([
  ['throws', throwing],
  ['gives promises that are rejected', rejecting],
  ['throws when it is to make a child', {...throwing, child: fail}],
  ['makes no child', {...throwing, child: () => undefined as unknown as Logger}],
])('one that %s: the container goes on, and the line is on stderr', async (_what, logger) => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const {container, store} = await joined({logger});
  // A container that is evicted says so, and registers anew.
  const {incarnation} = container;
  await store.transact({
    compares: [],
    then: [{op: 'delete', key: KEYS.heartbeat(container.app, incarnation)}],
  });
  await until(
    async () => container.incarnation !== incarnation || undefined,
    LONG_MS,
    'it has registered anew',
  );
  expect(said.mock.calls.flat().join('\n')).toMatch(
    /sm WARN evicted: registering again app="app" container="c1"/,
  );
  expect(await container.leave()).toEqual({clean: true});
});
