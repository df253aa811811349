/** What a container may not give up, and may not forget, while it does not know what a record says of it. */
import {describe, expect, it} from 'vitest';
import {heartbeatIntervalMs} from '../../src/model/container.ts';
import type {HeartbeatWrite} from '../../src/ownership/heartbeat.ts';
import {SessionBed, TTL_MS} from './session-bed.ts';
import {RECONCILE_INTERVAL_MS} from '../../src/ownership/limits.ts';

const EVERY_MS = heartbeatIntervalMs(TTL_MS);

/** A container that has been told to leave while the outcome of its claim of `s` is unknown; `leaving` is stored. */
function leavesWithUnknownClaim(): SessionBed {
  const bed = new SessionBed().ready();
  bed.tell('s', 'assigned');
  bed.answerWrite('s', 'unknown');
  bed.session.leave();
  bed.commit(bed.beat());
  return bed;
}

describe('leaving with something unresolved', () => {
  it('waits for the outcome of a claim: one that has landed is served until the shard is moved', () => {
    const bed = leavesWithUnknownClaim();
    bed.turn(100);
    bed.readFails('s');
    bed.turn(200);
    expect(bed.asked('deregister')).toEqual([]);
    bed.answerRead('s', bed.record('owned'));
    bed.turn();
    expect(bed.asked('add')).toHaveLength(1);
    expect(bed.asked('deregister')).toEqual([]);
  });

  it('goes once the claim is known not to have landed', () => {
    const bed = leavesWithUnknownClaim();
    bed.turn(100);
    expect(bed.asked('deregister')).toEqual([]);
    bed.answerRead('s', bed.record('assigned'));
    bed.turn();
    expect(bed.asked('deregister')).toHaveLength(1);
    expect(bed.asked('write')).toHaveLength(1);
  });

  it('waits for the answer to a claim or a read that is under way', () => {
    const bed = new SessionBed().ready();
    bed.tell('s', 'assigned');
    bed.session.hint(bed.session.incarnation, 't', bed.revision + 1);
    bed.session.leave();
    bed.commit(bed.beat());
    bed.turn();
    expect(bed.asked('deregister')).toEqual([]);
    bed.answerWrite('s', 'refused');
    bed.turn();
    bed.answerRead('s', undefined);
    expect(bed.asked('deregister')).toEqual([]);
    bed.answerRead('t', undefined);
    bed.turn();
    expect(bed.asked('deregister')).toHaveLength(1);
  });
});

/** A container whose deregister is sent while one of its heartbeats has no answer yet. */
function deregisters(): {bed: SessionBed; underWay: HeartbeatWrite} {
  const bed = new SessionBed().ready();
  bed.session.leave();
  const leaving = bed.beat();
  bed.session.hint(bed.session.incarnation, 's', bed.revision + 1);
  bed.turn();
  bed.commit(leaving);
  const underWay = bed.beat(EVERY_MS);
  bed.answerRead('s', undefined);
  bed.turn();
  expect(bed.asked('deregister')).toHaveLength(1);
  bed.look();
  return {bed, underWay};
}

describe('once a deregister is sent', () => {
  it('the right to act is over, whatever the answer to it or to a heartbeat under way', () => {
    const {bed, underWay} = deregisters();
    expect(bed.session.acting).toBe(false);
    bed.commit(underWay);
    expect(bed.session.acting).toBe(false);
    bed.session.deregisterAnswered(bed.session.incarnation, {kind: 'unknown'}, bed.nowMs);
    bed.turn(EVERY_MS);
    expect(bed.asked('deregister')).toHaveLength(1);
    expect(bed.session.acting).toBe(false);
  });

  it('a hint is neither read nor claimed', () => {
    const {bed} = deregisters();
    const own = bed.record('owned');
    bed.session.hint(bed.session.incarnation, 's', own.mod, () => own.value);
    bed.turn(EVERY_MS);
    expect([...bed.asked('read'), ...bed.asked('write'), ...bed.asked('add')]).toEqual([]);
  });

  it('an operator who evicts it then changes nothing: it goes', () => {
    const {bed, underWay} = deregisters();
    bed.found(underWay, {...underWay.value, nonce: 'x', state: 'evicting'});
    expect(bed.session.acting).toBe(false);
    bed.session.deregisterAnswered(bed.session.incarnation, {kind: 'refused'}, bed.nowMs);
    bed.turn();
    expect(bed.session.ended).toBe(true);
  });

  it('a heartbeat that is found to be gone ends it: nobody has evicted it', () => {
    const {bed, underWay} = deregisters();
    bed.answer(underWay, {kind: 'absent'});
    expect(bed.asked('ended')).toEqual([{type: 'ended', how: 'left'}]);
    expect(bed.asked('evicted')).toEqual([]);
  });
});

describe('finding what is recorded as its own', () => {
  it('a daemon lists the records with every reconciliation, others do not', () => {
    for (const readyAtClaim of [true, false]) {
      const bed = new SessionBed({readyAtClaim}).ready();
      const {incarnation} = bed.session;
      bed.turn(RECONCILE_INTERVAL_MS);
      bed.turn(RECONCILE_INTERVAL_MS);
      const wanted = {type: 'findRecords', incarnation};
      expect(bed.asked('findRecords')).toEqual(readyAtClaim ? [wanted, wanted] : []);
    }
  });

  it('a record that names it and that it does not know is adopted', () => {
    const bed = new SessionBed({readyAtClaim: true}).ready();
    const own = bed.record('owned', {ready: true});
    bed.session.hint(bed.session.incarnation, 's', own.mod);
    bed.turn();
    bed.answerRead('s', own);
    expect(bed.asked('add')).toHaveLength(1);
  });
});
