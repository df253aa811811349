import {describe, expect, it} from 'vitest';
import {parseToken} from '../../src/model/token.ts';
import {SessionBed} from './session-bed.ts';

/** The heartbeat is gone: the container begins anew under another incarnation. */
function beginsAnew(bed: SessionBed): void {
  bed.answer(bed.beat(), {kind: 'absent'});
  bed.ready(bed.asked('heartbeat').at(-1)?.write);
}

describe('answers that come late', () => {
  it('to a claim of an incarnation before are not taken for those of the present claim', () => {
    const bed = new SessionBed().ready();
    bed.tell('s', 'assigned');
    const before = bed.latest('write', 's');
    beginsAnew(bed);
    bed.tell('s', 'assigned');
    bed.session.writeAnswered('s', before.op, {kind: 'committed', revision: 21}, bed.nowMs);
    bed.turn();
    expect(bed.asked('add')).toEqual([]);

    bed.answerWrite('s');
    expect(parseToken(bed.latest('add', 's').token)?.revision).toBe(bed.revision);
  });

  it('to a read of an incarnation before are not taken for news', () => {
    const bed = new SessionBed().ready();
    const hinted = (): number => {
      const own = bed.record('assigned');
      bed.session.hint(bed.session.incarnation, 's', own.mod);
      bed.turn();
      return bed.latest('read', 's').op;
    };
    const before = hinted();
    beginsAnew(bed);
    hinted();
    const nothing = {revision: 20, own: undefined, spec: undefined};
    bed.session.readAnswered('s', before, nothing, bed.nowMs);
    bed.turn();
    expect(bed.asked('write')).toEqual([]);

    bed.answerRead('s', bed.record('assigned'));
    expect(bed.latest('write', 's').transition.kind).toBe('claim');
  });
});
