import {expect, it} from 'vitest';
import {OwnWrites} from '../../src/container/own-writes.ts';
import {translateError} from '../../src/etcd/foreign-errors.ts';

/** Runs as a clock does, until it is set. */
class SetClock {
  monotonicMs = 0;
  setForwardMs = 0;
  readonly nowMs = (): number => this.monotonicMs;
  readonly ownerMs = (): number => this.monotonicMs + this.setForwardMs;
  readonly wallMs = (): number => 1_000 + this.ownerMs();
}

const FULL = translateError(new Error('etcdserver: mvcc: database space exceeded'));
const SILENT = translateError(new Error('4 DEADLINE_EXCEEDED: no answer within 400 ms'));

it('what the store said outlives a try that it left without an answer, and both are named', () => {
  const clock = new SetClock();
  const writes = new OwnWrites(clock);
  writes.committed();
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
  const clock = new SetClock();
  const writes = new OwnWrites(clock);
  writes.committed();
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
  clock.monotonicMs += 1_000;
  writes.committed();
  expect(writes.state(true)).toEqual({kind: 'committing'});
});

it('a write that commits makes all of it past', () => {
  const clock = new SetClock();
  const writes = new OwnWrites(clock);
  writes.failed(FULL);
  clock.monotonicMs += 1_000;
  writes.committed();
  expect(writes.state(true)).toEqual({kind: 'committing'});
  expect(writes.state(false)).toEqual({kind: 'none', sinceMs: 2_000, reason: '', fix: ''});
});

it('a clock that was set forward is the reason, but not of an outage that went on for longer', () => {
  const clock = new SetClock();
  const writes = new OwnWrites(clock);
  writes.committed();
  clock.setForwardMs += 9_000;
  clock.monotonicMs += 100;
  expect(writes.state(false)).toMatchObject({
    reason: 'its clock was set forward, or its machine was suspended, by 9 s',
  });
  clock.monotonicMs += 10_000;
  writes.failed(SILENT);
  expect(writes.state(false)).toMatchObject({reason: SILENT.message});
});

it('an outage that follows a suspension is named beside it from the first failed write on, with its way out', () => {
  const clock = new SetClock();
  const writes = new OwnWrites(clock);
  writes.committed();
  clock.setForwardMs += 7_200_000;
  clock.monotonicMs += 600_000;
  writes.failed(SILENT);
  expect(writes.state(false)).toMatchObject({
    reason: `its clock was set forward, or its machine was suspended, by 7200 s; now ${SILENT.message}`,
    fix: SILENT.hint,
  });
});
