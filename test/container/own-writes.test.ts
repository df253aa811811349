import {expect, it} from 'vitest';
import {OwnWrites} from '../../src/container/own-writes.ts';
import {translateError} from '../../src/etcd/foreign-errors.ts';

const FULL = translateError(new Error('etcdserver: mvcc: database space exceeded'));
const SILENT = translateError(new Error('4 DEADLINE_EXCEEDED: no answer within 400 ms'));

it('what the store said outlives a try that it left without an answer, and both are named', () => {
  const writes = new OwnWrites();
  writes.committed(1_000);
  writes.failed(SILENT);
  expect(writes.state(false)).toMatchObject({reason: SILENT.message, fix: SILENT.hint});
  writes.failed(FULL);
  expect(writes.state(false)).toMatchObject({reason: FULL.message, fix: FULL.hint});
  writes.failed(SILENT);
  expect(writes.state(false)).toEqual({
    kind: 'none',
    sinceMs: 1_000,
    reason: `${FULL.message}; now ${SILENT.message}`,
    fix: FULL.hint,
  });
  writes.failed(FULL);
  expect(writes.state(false)).toMatchObject({reason: FULL.message});
});

it('an outage that is over is not named any more once the store has answered and is doubted', () => {
  const writes = new OwnWrites();
  writes.committed(1_000);
  writes.failed(SILENT);
  writes.doubted({kind: 'wentBack', found: 1, known: 148});
  const none = {
    kind: 'none',
    sinceMs: 1_000,
    reason: 'etcd has gone back from revision 148 to 1: nothing is written until that is accepted',
    fix: 'if that was meant: sm store accept-restore',
  };
  expect(writes.state(false)).toEqual(none);
  // What was last written says nothing, though its T is not over.
  expect(writes.state(true)).toEqual(none);
  writes.committed(2_000);
  expect(writes.state(true)).toEqual({kind: 'committing'});
});

it('a write that commits makes all of it past', () => {
  const writes = new OwnWrites();
  writes.failed(FULL);
  writes.committed(2_000);
  expect(writes.state(true)).toEqual({kind: 'committing'});
  expect(writes.state(false)).toEqual({kind: 'none', sinceMs: 2_000, reason: '', fix: ''});
});
